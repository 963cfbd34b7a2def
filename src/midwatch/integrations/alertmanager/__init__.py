"""Prometheus Alertmanager: its webhook, version 4, and the alerts Prometheus itself pushes."""
