"""Grafana's signature, over the body, or over `<seconds>:<body>` when the contact point names a timestamp header. It
must be the one named here."""

from midwatch.domain.alert_source import WebhookRequest
from midwatch.integrations.alert_sources.authentication import by_signature
from midwatch.kit.signatures import fresh, is_signed

SIGNATURE = "X-Grafana-Alerting-Signature"
TIMESTAMP = "X-Grafana-Alerting-Timestamp"


def _good(hook: WebhookRequest, secrets: list[str]) -> bool:
    given = [hook.headers[SIGNATURE.lower()].strip()]
    stamp = hook.headers.get(TIMESTAMP.lower())
    if stamp is None:
        return is_signed(given, secrets, hook.body)
    return fresh(stamp, hook.received_at) and is_signed(given, secrets, stamp.encode(), b":", hook.body)


verify = by_signature(SIGNATURE, _good)
