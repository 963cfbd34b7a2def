"""Fake monitoring system for tests and demonstrations: it sends a body with valid authentication.

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
    """One sent request. `token` goes into the address."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    token: str = ""


@dataclass(frozen=True)
class FakeSender:
    """A fake sender. `settings` is its section in Midwatch's settings; `send` makes the request of a body at a time;
    `certificates` are served at these addresses."""

    settings: SenderSettings
    send: Callable[[bytes, datetime], SentWebhook]
    certificates: Mapping[str, bytes] = field(default_factory=dict[str, bytes])


def sender_with_token() -> FakeSender:
    """A sender without signatures."""

    def send(body: bytes, _now: datetime) -> SentWebhook:
        return SentWebhook(body, {"Authorization": f"Bearer {TOKEN}"})

    return FakeSender(SenderSettings(tokens=(SecretStr(TOKEN),)), send)


def sender_with_secret(headers: Callable[[bytes, datetime], Mapping[str, str]]) -> FakeSender:
    """A sender that signs with SECRET, the newer of two configured ones."""

    def send(body: bytes, now: datetime) -> SentWebhook:
        return SentWebhook(body, headers(body, now))

    return FakeSender(SenderSettings(secrets=(SecretStr("old-harbour-secret"), SecretStr(SECRET))), send)


def timestamp_signature(prefix: str, mark: str, separator: str) -> Callable[[bytes, datetime], Mapping[str, str]]:
    """Headers `<prefix>-Timestamp` and `<prefix>-Signature`: the time, and the signature over both."""

    def headers(body: bytes, now: datetime) -> Mapping[str, str]:
        stamp = str(int(now.timestamp()))
        signature = sign(SECRET, f"{stamp}{separator}".encode(), body)
        return {f"{prefix}-Timestamp": stamp, f"{prefix}-Signature": f"{mark}{signature}"}

    return headers
