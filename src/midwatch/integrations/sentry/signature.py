"""Sentry's signature over the raw body with the integration's client secret: hex, without a prefix. The time it sends
is not signed."""

from midwatch.domain.alert_source import WebhookRequest
from midwatch.integrations.alert_sources.authentication import by_signature
from midwatch.kit.signatures import is_signed

SIGNATURE = "Sentry-Hook-Signature"


def _good(hook: WebhookRequest, secrets: list[str]) -> bool:
    return is_signed([hook.headers[SIGNATURE.lower()].strip()], secrets, hook.body)


verify = by_signature(SIGNATURE, _good)
