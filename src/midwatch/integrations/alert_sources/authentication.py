"""What every sender may prove itself with: a token in a header or in the address, or a signature where it can make
one."""

from collections.abc import Callable

from midwatch.domain.alert_source import SignatureInvalid, WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.kit.signatures import credential, same_any


def secrets(sender: SenderSettings) -> list[str]:
    return [s.get_secret_value() for s in sender.secrets]


def holds_token(hook: WebhookRequest, sender: SenderSettings) -> bool:
    """Bearer, password of basic authentication, X-Midwatch-Token, or ?token=."""
    given = (credential(hook.headers.get("authorization", "")), hook.headers.get("x-midwatch-token", ""), hook.token)
    return same_any(given, [t.get_secret_value() for t in sender.tokens])


def by_token(source: str) -> Callable[[WebhookRequest, SenderSettings], None]:
    """`verify` of a sender that cannot sign."""

    def verify(hook: WebhookRequest, sender: SenderSettings) -> None:
        if sender.open or holds_token(hook, sender):
            return
        if not sender.tokens:
            raise SignatureInvalid(
                f"{source} does not sign what it sends: set senders.{source}.tokens and send one as a bearer token."
            )
        raise SignatureInvalid(
            "The token is missing or wrong: send it as a bearer token, a password, X-Midwatch-Token or ?token=."
        )

    return verify


def by_signature(
    header: str, good: Callable[[WebhookRequest, list[str]], bool]
) -> Callable[[WebhookRequest, SenderSettings], None]:
    """`verify` of a sender that signs. A token counts as well where one is configured; either is enough."""

    def verify(hook: WebhookRequest, sender: SenderSettings) -> None:
        if sender.open or holds_token(hook, sender):
            return
        if not sender.secrets:
            raise SignatureInvalid(
                "The token is missing or wrong: send it as a bearer token, a password, X-Midwatch-Token or ?token=."
            )
        if header.lower() not in hook.headers:
            raise SignatureInvalid(
                f"The header {header} is missing: give the sender the secret that is configured here."
            )
        if not good(hook, secrets(sender)):
            raise SignatureInvalid(f"The signature in {header} does not fit the body and any configured secret.")

    return verify
