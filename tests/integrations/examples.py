"""The example payloads of a source, and what its inbox makes of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import midwatch.integrations
from midwatch.domain.alert import Alert, AlertComment, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.fake_sender import FakeSender, sender_with_token
from tests.plugged import alert_sources

ROOT = Path(midwatch.integrations.__file__).parent
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    """A moment of the examples' night."""
    return datetime.fromisoformat(f"2026-03-02T{text}+00:00")


def names(source: str) -> list[str]:
    return sorted(p.stem for p in (ROOT / source / "examples").glob("*.json"))


def body(source: str, name: str) -> bytes:
    return (ROOT / source / "examples" / f"{name}.json").read_bytes()


def fake_sender(source: str) -> FakeSender:
    """The source's own, from its folder; one with a token where it has none."""
    if not (ROOT / source / "fake_sender.py").exists():
        return sender_with_token()
    found = import_module(f"midwatch.integrations.{source}.fake_sender").FAKE_SENDER
    assert isinstance(found, FakeSender)
    return found


def hook(
    raw: bytes, headers: Mapping[str, str] | None = None, certificate: bytes = b"", token: str = "", now: datetime = NOW
) -> WebhookRequest:
    return WebhookRequest(body=raw, received_at=now, headers=headers or {}, certificate=certificate, token=token)


def delivered(
    source: str, name: str, sender: SenderSettings | None = None, headers: Mapping[str, str] | None = None
) -> Delivery:
    return alert_sources()[source].parse(hook(body(source, name), headers), sender or SenderSettings())


def only(source: str, name: str) -> Alert:
    (alert,) = delivered(source, name).alerts
    return alert


def comment(source: str, name: str) -> AlertComment:
    (one,) = delivered(source, name).comments
    return one


def row(alert: Alert) -> tuple[str, str, str, str, datetime, datetime | None]:
    return (alert.status.value, alert.severity.value, alert.title, alert.service, alert.starts_at, alert.ends_at)
