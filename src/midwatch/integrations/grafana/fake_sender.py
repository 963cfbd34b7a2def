"""Fake contact point of Grafana that signs with a timestamp."""

from midwatch.integrations.alert_sources.fake_sender import sender_with_secret, timestamp_signature

FAKE_SENDER = sender_with_secret(timestamp_signature("X-Grafana-Alerting", "", ":"))
