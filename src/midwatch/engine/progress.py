"""Progress of an investigation: events for watchers, and entries on its incident's timeline."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from midwatch.domain.incident import TimelineEntry
from midwatch.domain.work import Investigation, RunEvent
from midwatch.store import investigations, timeline


def add_event(tx: Connection, now: datetime, run_id: str, kind: str, data: dict[str, Any]) -> None:
    investigations.append_events(tx, [RunEvent(run_id=run_id, at=now, kind=kind, data=data)])


def add_to_timeline(tx: Connection, run: Investigation, kind: str, text: str, actor: str = "midwatch") -> None:
    """Adds an entry to the incident's timeline; does nothing for an investigation without an incident."""
    if run.incident_id:
        at = run.finished_at or run.started_at or run.created_at
        timeline.append(
            tx,
            TimelineEntry(incident_id=run.incident_id, at=at, kind=kind, text=text, actor=actor, data={"run": run.id}),
        )
