"""Fake PagerDuty webhook during a rotation of its secret: it carries two signatures, and the first one is of
another."""

from midwatch.integrations.alert_sources.fake_sender import SECRET, sender_with_secret
from midwatch.integrations.pagerduty.signature import SIGNATURE
from midwatch.kit.signatures import sign

FAKE_SENDER = sender_with_secret(lambda body, _: {SIGNATURE: f"v1={'0' * 64},v1={sign(SECRET, body)}"})
