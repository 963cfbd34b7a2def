"""What people and programs do with incidents."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from midwatch.domain.access import AccessRole, Actor
from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.base import Model
from midwatch.domain.incident import Incident, IncidentChange, IncidentStatus, StoredAlert, TimelineEntry
from midwatch.domain.work import Investigation
from midwatch.integrations.alert_sources.normalize import (
    NAME_CHARS,
    SERVICE_CHARS,
    TITLE_CHARS,
    RawAlert,
    alert,
    one_line,
    text,
)
from midwatch.kit.ids import new_id
from midwatch.services.errors import Conflict, NotKnown, Refusal
from midwatch.services.event_log import log_decisions
from midwatch.services.incident_updates import apply_alert, investigate
from midwatch.services.server_context import ServerContext
from midwatch.services.use_case import Writing, use_case
from midwatch.store import alerts, incidents, timeline
from midwatch.store import investigations as runs
from midwatch.store.incidents import Filter

NEARBY = timedelta(days=30)
RUNS = 20  # of one incident; it is investigated again only when it is opened again or somebody asks


CHANGES = 500  # of one answer
Changed = Callable[[Incident, datetime], dict[str, Any]]


log = structlog.get_logger()


class Details(Model, frozen=True):
    """An incident with its alerts, and its investigations from the newest on."""

    incident: Incident
    alerts: tuple[StoredAlert, ...]
    investigations: tuple[Investigation, ...]


class IncidentChanges(Model, frozen=True):
    """What happened behind a cursor, in order; `cursor` is where the next request goes on, at once where there is
    `more`."""

    cursor: int
    changes: tuple[IncidentChange, ...] = ()
    more: bool = False


@use_case(needs=AccessRole.RESPONDER, audit="incident.create")
def create(
    ctx: ServerContext,
    _caller: Actor,
    writing: Writing,
    title: str,
    description: str = "",
    severity: AlertSeverity = AlertSeverity.MEDIUM,
    service: str = "",
    source: str = "",
) -> Incident:
    """Opens an incident for a person's own report; it may join one that is open."""
    made = _reported(ctx, title, description, severity, service, source)
    decision = apply_alert(writing.tx, made, ctx.now())
    writing.audit(decision.incident_id, title=made.title)
    writing.after(ctx.wake)
    writing.after(partial(log_decisions, made.source, [decision]))
    return _found(writing.tx, decision.incident_id)


def _reported(
    ctx: ServerContext, title: str, description: str, severity: AlertSeverity, service: str, source: str
) -> Alert:
    """A person's report in the form of an alert; each is its own alert, even with the words of another."""
    now = ctx.now()
    said = RawAlert(
        title=_named("title", title),
        status=AlertStatus.FIRING,
        severity=severity,
        fingerprint=new_id("rep", now),
        summary=description,
        service=service,
    )
    return alert(source or "manual", said, now)


@use_case(needs=AccessRole.VIEWER)
def get(_ctx: ServerContext, _caller: Actor, tx: Connection, incident_id: str) -> Incident:
    return _found(tx, incident_id)


@use_case(needs=AccessRole.VIEWER)
def details(_ctx: ServerContext, _caller: Actor, tx: Connection, incident_id: str) -> Details:
    incident = _found(tx, incident_id)
    found, _ = runs.list_investigations(tx, 1, RUNS, None, incident_id)
    return Details(incident=incident, alerts=tuple(alerts.of_incident(tx, incident_id)), investigations=tuple(found))


@use_case(needs=AccessRole.VIEWER)
def list_incidents(
    _ctx: ServerContext, _caller: Actor, tx: Connection, wanted: Filter, page: int = 1, page_size: int = 20
) -> tuple[list[Incident], int]:
    return incidents.list_incidents(tx, wanted, page, page_size)


@use_case(needs=AccessRole.VIEWER)
def entries(
    _ctx: ServerContext, _caller: Actor, tx: Connection, incident_id: str, after: int = 0
) -> list[TimelineEntry]:
    _found(tx, incident_id)
    return timeline.of_incident(tx, incident_id, after)


@use_case(needs=AccessRole.VIEWER)
def changes(
    _ctx: ServerContext, _caller: Actor, tx: Connection, after: int | None = None, severity: str = "", service: str = ""
) -> IncidentChanges:
    """Behind the entry `after` of all timelines; without one nothing but the cursor to begin with."""
    if after is None:
        return IncidentChanges(cursor=timeline.newest(tx))
    found = timeline.of_all(tx, after, CHANGES, severity, service)
    cursor = found[-1].entry.seq if found else after
    return IncidentChanges(cursor=cursor, changes=tuple(found), more=len(found) == CHANGES)


@use_case(needs=AccessRole.VIEWER)
def list_related(
    ctx: ServerContext, _caller: Actor, tx: Connection, incident_id: str, limit: int = 5
) -> list[Incident]:
    return incidents.related_incidents(tx, _found(tx, incident_id), ctx.now() - NEARBY, limit)


@use_case(needs=AccessRole.RESPONDER, audit="incident.update")
def update(ctx: ServerContext, caller: Actor, writing: Writing, incident_id: str, changes: dict[str, Any]) -> Incident:
    """Title, description, severity and service are a person's to change; the status has verbs of its own."""
    if not changes:
        raise Refusal("Nothing is to be changed.", "Name at least one of title, description, severity, service")
    cleaned = {name: _CLEANED[name](value) for name, value in changes.items()}
    said = "changed " + ", ".join(f"{name} to {value}" for name, value in cleaned.items())
    return _change(ctx, caller, writing, incident_id, lambda _incident, _now: cleaned, "changed", said)


@use_case(needs=AccessRole.RESPONDER, audit="incident.acknowledge")
def acknowledge(ctx: ServerContext, caller: Actor, writing: Writing, incident_id: str, user: str = "") -> Incident:
    name = one_line(user, NAME_CHARS) or caller.name

    def taken(incident: Incident, now: datetime) -> dict[str, Any]:
        return _moved(incident, IncidentStatus.ACKNOWLEDGED) | {"acknowledged_at": now, "acknowledged_by": name}

    return _change(ctx, caller, writing, incident_id, taken, "acknowledged", f"acknowledged by {name}")


@use_case(needs=AccessRole.RESPONDER, audit="incident.resolve")
def resolve(
    ctx: ServerContext, caller: Actor, writing: Writing, incident_id: str, user: str = "", resolution: str = ""
) -> Incident:
    name, resolution = one_line(user, NAME_CHARS) or caller.name, text(resolution)

    def over(incident: Incident, now: datetime) -> dict[str, Any]:
        moved = _moved(incident, IncidentStatus.RESOLVED)
        return moved | {"resolved_at": now, "resolved_by": name, "resolution": resolution}

    said = f"resolved by {name}" + (f": {resolution}" if resolution else "")
    writing.after(partial(log.info, "incident resolved", incident=incident_id, by=caller.name))
    return _change(ctx, caller, writing, incident_id, over, "resolved", said)


@use_case(needs=AccessRole.RESPONDER, audit="incident.reopen")
def reopen(ctx: ServerContext, caller: Actor, writing: Writing, incident_id: str) -> Incident:
    def back(incident: Incident, _now: datetime) -> dict[str, Any]:
        opened = {
            "acknowledged_at": None,
            "acknowledged_by": "",
            "resolved_at": None,
            "resolved_by": "",
            "resolution": "",
        }
        return _moved(incident, IncidentStatus.TRIGGERED) | opened | {"cycle": incident.cycle + 1}

    writing.after(partial(log.info, "incident reopened", incident=incident_id, by=caller.name))
    return _change(ctx, caller, writing, incident_id, back, "reopened", f"reopened by {caller.name}")


@use_case(needs=AccessRole.RESPONDER, audit="incident.note")
def note(ctx: ServerContext, caller: Actor, writing: Writing, incident_id: str, words: str) -> Incident:
    written = text(words).strip()
    if not written:
        raise Refusal("The note is empty.", "Write it into `text`")
    return _change(ctx, caller, writing, incident_id, lambda _incident, _now: {}, "note", written)


@use_case(needs=AccessRole.RESPONDER, audit="incident.investigate")
def look_again(ctx: ServerContext, caller: Actor, writing: Writing, incident_id: str) -> Incident:
    """Investigates once more, with the newest of its alerts in hand."""
    incident = _found(writing.tx, incident_id)
    known = alerts.of_incident(writing.tx, incident_id)
    run = investigate(writing.tx, incident, known[-1].alert if known else None, ctx.now(), caller.name)
    writing.audit(incident_id, run=run.id)
    writing.after(ctx.wake)
    return _found(writing.tx, incident_id)


def _moved(incident: Incident, status: IncidentStatus) -> dict[str, Any]:
    if not incident.status.may_become(status):
        raise Conflict(f"Incident {incident.number} is {incident.status} and cannot become {status}.")
    return {"status": status}


def _change(
    ctx: ServerContext, caller: Actor, writing: Writing, incident_id: str, changed: Changed, kind: str, said: str
) -> Incident:
    """Reads, decides, writes with a line on the timeline; raises Conflict when it was modified concurrently."""
    now = ctx.now()
    before = _found(writing.tx, incident_id)
    changes = changed(before, now)
    later = max(now, before.updated_at + timedelta(microseconds=1))
    after = before.model_copy(update={**changes, "updated_at": later})
    if not incidents.change(writing.tx, before, after):
        raise Conflict(f"Incident {before.number} was modified concurrently.", "Read it again, then repeat the request")
    timeline.append(writing.tx, TimelineEntry(incident_id=incident_id, at=now, kind=kind, text=said, actor=caller.name))
    writing.audit(incident_id, said=said)
    return after


def _named(field: str, words: str) -> str:
    cleaned = one_line(words, TITLE_CHARS)
    if not cleaned:
        raise Refusal(f"The {field} holds nothing that can be read.")
    return cleaned


_CLEANED: dict[str, Callable[[Any], Any]] = {
    "title": lambda value: _named("title", value),
    "description": text,
    "severity": lambda value: value,
    "service": lambda value: one_line(value, SERVICE_CHARS),
}


def _found(tx: Connection, incident_id: str) -> Incident:
    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise NotKnown(f"There is no incident {incident_id!r}.")
    return incident
