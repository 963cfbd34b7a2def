"""Authentication of alert senders: a token in a header or in the URL, or a signature where the sender signs."""

from collections.abc import Callable

from midwatch.domain.alert_source import SignatureInvalid, WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.kit.signatures import credential, same_any


def secrets(sender: SenderSettings) -> list[str]:
    return [s.get_secret_value() for s in sender.secrets]


def holds_token(hook: WebhookRequest, sender: SenderSettings) -> bool:
    """Whether the request has a valid token: Bearer, password of basic authentication, X-Midwatch-Token, or ?token=."""
    given = (credential(hook.headers.get("authorization", "")), hook.headers.get("x-midwatch-token", ""), hook.token)
    return same_any(given, [t.get_secret_value() for t in sender.tokens])


def by_token(source: str) -> Callable[[WebhookRequest, SenderSettings], None]:
    """`verify` for a sender without signatures."""

    def verify(hook: WebhookRequest, sender: SenderSettings) -> None:
        if sender.open or holds_token(hook, sender):
            return
        if not sender.tokens:
            raise SignatureInvalid(
                f"{source} does not sign requests: set senders.{source}.tokens and send a token as bearer token."
            )
        raise SignatureInvalid(
            "Missing or invalid token: send it as bearer token, password, X-Midwatch-Token or ?token=."
        )

    return verify


def by_signature(
    header: str, good: Callable[[WebhookRequest, list[str]], bool]
) -> Callable[[WebhookRequest, SenderSettings], None]:
    """`verify` for a sender with signatures. A token counts as well where one is configured; either is enough."""

    def verify(hook: WebhookRequest, sender: SenderSettings) -> None:
        if sender.open or holds_token(hook, sender):
            return
        if not sender.secrets:
            raise SignatureInvalid(
                "Missing or invalid token: send it as bearer token, password, X-Midwatch-Token or ?token=."
            )
        if header.lower() not in hook.headers:
            raise SignatureInvalid(f"Header {header} is missing: configure the sender with the same secret.")
        if not good(hook, secrets(sender)):
            raise SignatureInvalid(f"Invalid signature in {header}: it does not match any configured secret.")

    return verify
