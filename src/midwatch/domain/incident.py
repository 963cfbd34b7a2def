"""Incidents: one problem, from the first alert to the resolve."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from midwatch.domain.alert import Alert, AlertSeverity
from midwatch.domain.base import Model


class IncidentStatus(StrEnum):
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"

    def may_become(self, other: "IncidentStatus") -> bool:
        """Allowed status changes: an acknowledgement can be withdrawn and a resolved incident reopened; a resolved one
        cannot be acknowledged."""
        return self is not other and (self, other) != (IncidentStatus.RESOLVED, IncidentStatus.ACKNOWLEDGED)


class Incident(Model, frozen=True):
    """One incident. `number` is for people, counted from 1. `keys` are shared with related alerts (engine/grouping).

    `cycle` counts how often it was opened: a reopened incident is investigated again.
    """

    id: str
    number: int
    title: str
    description: str = ""
    severity: AlertSeverity
    status: IncidentStatus = IncidentStatus.TRIGGERED
    service: str = ""
    source: str
    keys: tuple[str, ...] = ()
    cycle: int = 1
    created_at: datetime
    updated_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = ""
    resolution: str = ""


class StoredAlert(Model, frozen=True):
    """An alert as stored: its latest text, its `count` (within this cycle), and the incident it belongs to."""

    id: str
    incident_id: str
    alert: Alert
    count: int = 1
    cycle: int = 1
    first_seen: datetime
    last_seen: datetime


class TimelineEntry(Model, frozen=True):
    """One entry of an incident's timeline; `seq` grows. `actor` is the author: a person's name, a source, or
    midwatch."""

    seq: int = 0
    incident_id: str
    at: datetime
    kind: str
    text: str
    actor: str = "midwatch"
    data: dict[str, Any] = {}


class IncidentChange(Model, frozen=True):
    """A timeline entry together with the current state of its incident."""

    entry: TimelineEntry
    incident: Incident
