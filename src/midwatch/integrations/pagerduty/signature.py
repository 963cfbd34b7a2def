"""PagerDuty's signature over the raw body: `v1=<hex>`, several of them while a secret is rotated. It contains no
time."""

from midwatch.domain.alert_source import WebhookRequest
from midwatch.integrations.alert_sources.authentication import by_signature
from midwatch.kit.signatures import is_signed

SIGNATURE = "X-PagerDuty-Signature"


def _good(hook: WebhookRequest, secrets: list[str]) -> bool:
    entries = [e.strip() for e in hook.headers[SIGNATURE.lower()].split(",")[:10]]
    return is_signed([e.removeprefix("v1=") for e in entries if e.startswith("v1=")], secrets, hook.body)


verify = by_signature(SIGNATURE, _good)
