"""An internal integration of Sentry."""

from midwatch.integrations.alert_sources.fake_sender import SECRET, sender_with_secret
from midwatch.integrations.sentry.signature import SIGNATURE
from midwatch.kit.signatures import sign

FAKE_SENDER = sender_with_secret(lambda body, _: {SIGNATURE: sign(SECRET, body)})
