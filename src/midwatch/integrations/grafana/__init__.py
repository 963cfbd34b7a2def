"""Grafana Alerting: the webhook contact point."""
