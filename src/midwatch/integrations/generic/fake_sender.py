"""Fake sender with the signature described in docs/alert-sources.md."""

from midwatch.integrations.alert_sources.fake_sender import sender_with_secret, timestamp_signature

FAKE_SENDER = sender_with_secret(timestamp_signature("X-Midwatch", "sha256=", "."))
