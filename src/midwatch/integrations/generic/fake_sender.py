"""A program that signs as docs/alert-sources.md says."""

from midwatch.integrations.alert_sources.fake_sender import sender_with_secret, timestamp_signature

FAKE_SENDER = sender_with_secret(timestamp_signature("X-Midwatch", "sha256=", "."))
