"""The gauges as an integration: a tool, an alert source and a notifier."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus, Delivery
from midwatch.domain.alert_source import AlertSource, SignatureInvalid, WebhookRequest
from midwatch.domain.base import SettingsSection
from midwatch.domain.capabilities import Health, Integration, Selection, SystemConnection
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.notifier import Notifier, Story
from midwatch.domain.observation import Resources
from midwatch.domain.sender import SenderSettings
from midwatch.domain.tool import Tool, ToolResult
from midwatch.domain.work import Notification


class TidesSettings(SettingsSection):
    """Tide gauges, and where their harbour master reads."""

    levels: Mapping[str, float] = Field(default_factory=dict, description="metres above normal, by harbour")
    board: Path | None = Field(default=None, description="file to which answers are appended")


async def tides_level(
    settings: TidesSettings, harbour: Annotated[str, Field(description="name of the harbour")]
) -> ToolResult:
    """Reads the gauge of one harbour."""
    level = settings.levels.get(harbour, 0.0)
    body = json.dumps([{"metadata": {"name": harbour}, "level": level}]).encode()
    return ToolResult(Resources(resource="tides", body=body, count=1), f"gauge {harbour}")


def _connect(settings: TidesSettings, _selection: Selection, _used: Mapping[str, SystemConnection]) -> SystemConnection:
    async def check(_asks: Sequence[ToolRequest]) -> tuple[Health, ...]:
        return tuple(Health(name, "ok", f"{level:g} m") for name, level in settings.levels.items())

    async def deliver(notification: Notification) -> str:
        if settings.board is not None:
            with settings.board.open("a") as board:
                board.write(f"{notification.key} {notification.payload['headline']}\n")
        return "written"

    notifier = Notifier("tides", "board", _targets, _render, deliver)
    return SystemConnection(tools=(Tool.of(tides_level, settings),), health=check, notifier=notifier)


def _targets(_story: Story) -> Sequence[str]:
    return ("",)


def _render(story: Story, _target: str) -> Mapping[str, str]:
    return {"headline": story.answer.headline}


def _verify(request: WebhookRequest, sender: SenderSettings) -> None:
    """The gauges send a token of `senders.tides.tokens` in a header. Compared in constant time, and nothing of it is in
    the message. Called only where something is configured; without that a sender needs an API key."""
    given = request.headers.get("x-tides-token", "").encode()
    if not any(hmac.compare_digest(given, token.get_secret_value().encode()) for token in sender.tokens):
        raise SignatureInvalid("The token in X-Tides-Token is missing or none of senders.tides.tokens.")


def _parse(request: WebhookRequest, _sender: SenderSettings) -> Delivery:
    """Never raises: what is no alarm is kept with the reason. examples/alarm.json is what the gauges send."""
    try:
        told = json.loads(request.body)
    except ValueError:
        return Delivery(unknown="not JSON")
    if not isinstance(told, dict) or not isinstance(told.get("gauge_alarm"), str):
        return Delivery(unknown="a message of the gauges without gauge_alarm")
    harbour = told["gauge_alarm"]
    alert = Alert(
        source="tides",
        fingerprint=harbour,
        status=AlertStatus.FIRING,
        severity=AlertSeverity.CRITICAL,
        title=f"Gauge alarm at {harbour}",
        labels={"harbour": harbour},
        starts_at=_began(told, request.received_at),
    )
    return Delivery(alerts=(alert,))


def _began(told: Mapping[str, Any], otherwise: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(str(told["raised_at"]))
    except (KeyError, ValueError):
        return otherwise
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _alert_source() -> AlertSource:
    return AlertSource("tides", "Tide gauges", _verify, _parse, recognises=_recognises)


def _recognises(body: object) -> bool:
    return isinstance(body, Mapping) and "gauge_alarm" in body


INTEGRATION = Integration(
    name="tides",
    title="Tide gauges",
    settings=TidesSettings,
    configured=lambda settings: bool(settings.levels),
    connect=_connect,
    alert_source=_alert_source,
    notifies=True,
)
