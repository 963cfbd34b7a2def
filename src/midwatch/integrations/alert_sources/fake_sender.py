"""How a monitoring system sends, for tests and demonstrations: a body goes out with what authenticates it.

A source that signs has a `fake_sender.py` with `FAKE_SENDER` beside its `integration.py`; all others send a token.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr

from midwatch.domain.sender import SenderSettings
from midwatch.kit.signatures import sign

SECRET, TOKEN = "harbour-secret", "harbour-token"


@dataclass(frozen=True)
class SentWebhook:
    """One request. `token` goes into the address."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    token: str = ""


@dataclass(frozen=True)
class FakeSender:
    """`settings` is what Midwatch has to know of it; `send` makes the request of a body at a time; `certificates` lie
    at these addresses."""

    settings: SenderSettings
    send: Callable[[bytes, datetime], SentWebhook]
    certificates: Mapping[str, bytes] = field(default_factory=dict[str, bytes])


def sender_with_token() -> FakeSender:
    """For a source that cannot sign."""

    def send(body: bytes, _now: datetime) -> SentWebhook:
        return SentWebhook(body, {"Authorization": f"Bearer {TOKEN}"})

    return FakeSender(SenderSettings(tokens=(SecretStr(TOKEN),)), send)


def sender_with_secret(headers: Callable[[bytes, datetime], Mapping[str, str]]) -> FakeSender:
    """For one that signs with SECRET, the newer of two that are configured."""

    def send(body: bytes, now: datetime) -> SentWebhook:
        return SentWebhook(body, headers(body, now))

    return FakeSender(SenderSettings(secrets=(SecretStr("old-harbour-secret"), SecretStr(SECRET))), send)


def timestamp_signature(prefix: str, mark: str, separator: str) -> Callable[[bytes, datetime], Mapping[str, str]]:
    """Headers `<prefix>-Timestamp` and `<prefix>-Signature`: the mark, and the signature over both."""

    def headers(body: bytes, now: datetime) -> Mapping[str, str]:
        stamp = str(int(now.timestamp()))
        signature = sign(SECRET, f"{stamp}{separator}".encode(), body)
        return {f"{prefix}-Timestamp": stamp, f"{prefix}-Signature": f"{mark}{signature}"}

    return headers
