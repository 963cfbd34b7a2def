"""Midwatch's own signature: `X-Midwatch-Signature: sha256=<hex>` over `<seconds>.<body>`, the seconds in
X-Midwatch-Timestamp."""

from midwatch.domain.alert_source import WebhookRequest
from midwatch.integrations.alert_sources.authentication import by_signature
from midwatch.kit.signatures import fresh, is_signed

SIGNATURE = "X-Midwatch-Signature"
TIMESTAMP = "X-Midwatch-Timestamp"


def _good(hook: WebhookRequest, secrets: list[str]) -> bool:
    stamp = hook.headers.get(TIMESTAMP.lower(), "").strip()
    given = hook.headers[SIGNATURE.lower()].strip()
    if not (given.startswith("sha256=") and fresh(stamp, hook.received_at)):
        return False
    return is_signed([given.removeprefix("sha256=")], secrets, stamp.encode(), b".", hook.body)


verify = by_signature(SIGNATURE, _good)
