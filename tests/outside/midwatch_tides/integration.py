"""The gauges as an integration: a tool, an alert source and a notifier."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus, Delivery
from midwatch.domain.alert_source import AlertSource, WebhookRequest
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


def _verify(_request: WebhookRequest, _sender: SenderSettings) -> None:
    """Whoever may deliver at all."""


def _parse(request: WebhookRequest, _sender: SenderSettings) -> Delivery:
    harbour = str(json.loads(request.body)["gauge_alarm"])
    alert = Alert(
        source="tides",
        fingerprint=harbour,
        status=AlertStatus.FIRING,
        severity=AlertSeverity.CRITICAL,
        title=f"Gauge alarm at {harbour}",
        labels={"harbour": harbour},
        starts_at=datetime(2026, 11, 21, 2, tzinfo=UTC),
    )
    return Delivery(alerts=(alert,))


def _alert_source() -> AlertSource:
    return AlertSource("tides", "Tide gauges", _verify, _parse, recognises=lambda body: "gauge_alarm" in str(body))


INTEGRATION = Integration(
    name="tides",
    title="Tide gauges",
    settings=TidesSettings,
    configured=lambda settings: bool(settings.levels),
    connect=_connect,
    alert_source=_alert_source,
    notifies=True,
)
