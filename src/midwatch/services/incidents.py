"""What people and programs do with incidents."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from midwatch.domain.access import Actor
from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.base import Model
from midwatch.domain.incident import Entry, Incident, IncidentStatus, StoredAlert
from midwatch.domain.work import Run
from midwatch.integrations.alert_sources.normalize import (
    NAME_CHARS,
    SERVICE_CHARS,
    TITLE_CHARS,
    Said,
    alert,
    line,
    text,
)
from midwatch.kit.ids import new_id
from midwatch.services.desk import Desk
from midwatch.services.errors import Conflict, NotKnown, Refusal
from midwatch.services.incident_updates import investigate, take
from midwatch.store import alerts, audit, incidents, runs, timeline
from midwatch.store.audit import Act
from midwatch.store.incidents import Filter

NEARBY = timedelta(days=30)
RUNS = 20  # of one incident; it is investigated again only when it is opened again or somebody asks


Changed = Callable[[Incident, datetime], dict[str, Any]]


class Details(Model, frozen=True):
    """An incident with its alerts, and its investigations from the newest on."""

    incident: Incident
    alerts: tuple[StoredAlert, ...]
    investigations: tuple[Run, ...]


def create(desk: Desk, who: Actor, made: Alert) -> Incident:
    """Opens an incident for a person's own report; it may join one that is open."""
    with desk.db.write() as tx:
        decision = take(tx, made, desk.now())
        _log(tx, desk, who, "incident.create", decision.incident_id, {"title": made.title})
        incident = incidents.get(tx, decision.incident_id)
    desk.wake()
    return _found(incident, decision.incident_id)


def reported(desk: Desk, title: str, description: str, severity: AlertSeverity, service: str, source: str) -> Alert:
    """A person's report in the form of an alert; each is its own alert, even with the words of another."""
    now = desk.now()
    said = Said(
        title=_named("title", title),
        status=AlertStatus.FIRING,
        severity=severity,
        fingerprint=new_id("rep", now),
        summary=description,
        service=service,
    )
    return alert(source or "manual", said, now)


def get(desk: Desk, incident_id: str) -> Incident:
    with desk.db.read() as tx:
        return _found(incidents.get(tx, incident_id), incident_id)


def details(desk: Desk, incident_id: str) -> Details:
    with desk.db.read() as tx:
        incident = _found(incidents.get(tx, incident_id), incident_id)
        found, _ = runs.listed(tx, 1, RUNS, None, incident_id)
        return Details(
            incident=incident, alerts=tuple(alerts.of_incident(tx, incident_id)), investigations=tuple(found)
        )


def listed(desk: Desk, wanted: Filter, page: int, page_size: int) -> tuple[list[Incident], int]:
    with desk.db.read() as tx:
        return incidents.listed(tx, wanted, page, page_size)


def entries(desk: Desk, incident_id: str, after: int = 0) -> list[Entry]:
    get(desk, incident_id)
    with desk.db.read() as tx:
        return timeline.of_incident(tx, incident_id, after)


def related(desk: Desk, incident_id: str, limit: int) -> list[Incident]:
    incident = get(desk, incident_id)
    with desk.db.read() as tx:
        return incidents.nearby(tx, incident, desk.now() - NEARBY, limit)


def update(desk: Desk, who: Actor, incident_id: str, changes: dict[str, Any]) -> Incident:
    """Title, description, severity and service are a person's to change; the status has verbs of its own."""
    if not changes:
        raise Refusal("Nothing is to be changed.", "Name at least one of title, description, severity, service")
    cleaned = {name: _CLEANED[name](value) for name, value in changes.items()}
    said = "changed " + ", ".join(f"{name} to {value}" for name, value in cleaned.items())
    return _change(desk, who, incident_id, lambda _incident, _now: cleaned, "changed", said, "incident.update")


def acknowledge(desk: Desk, who: Actor, incident_id: str, user: str) -> Incident:
    name = line(user, NAME_CHARS) or who.name

    def taken(incident: Incident, now: datetime) -> dict[str, Any]:
        return _moved(incident, IncidentStatus.ACKNOWLEDGED) | {"acknowledged_at": now, "acknowledged_by": name}

    return _change(desk, who, incident_id, taken, "acknowledged", f"acknowledged by {name}", "incident.acknowledge")


def resolve(desk: Desk, who: Actor, incident_id: str, user: str, resolution: str) -> Incident:
    name, resolution = line(user, NAME_CHARS) or who.name, text(resolution)

    def over(incident: Incident, now: datetime) -> dict[str, Any]:
        moved = _moved(incident, IncidentStatus.RESOLVED)
        return moved | {"resolved_at": now, "resolved_by": name, "resolution": resolution}

    said = f"resolved by {name}" + (f": {resolution}" if resolution else "")
    return _change(desk, who, incident_id, over, "resolved", said, "incident.resolve")


def reopen(desk: Desk, who: Actor, incident_id: str) -> Incident:
    def back(incident: Incident, _now: datetime) -> dict[str, Any]:
        opened = {
            "acknowledged_at": None,
            "acknowledged_by": "",
            "resolved_at": None,
            "resolved_by": "",
            "resolution": "",
        }
        return _moved(incident, IncidentStatus.TRIGGERED) | opened | {"cycle": incident.cycle + 1}

    return _change(desk, who, incident_id, back, "reopened", f"reopened by {who.name}", "incident.reopen")


def note(desk: Desk, who: Actor, incident_id: str, words: str) -> Incident:
    written = text(words).strip()
    if not written:
        raise Refusal("The note is empty.", "Write it into `text`")
    return _change(desk, who, incident_id, lambda _incident, _now: {}, "note", written, "incident.note")


def look_again(desk: Desk, who: Actor, incident_id: str) -> Run:
    """Investigates once more, with the newest of its alerts in hand."""
    with desk.db.write() as tx:
        incident = _found(incidents.get(tx, incident_id), incident_id)
        known = alerts.of_incident(tx, incident_id)
        run = investigate(tx, incident, known[-1].alert if known else None, desk.now(), who.name)
        _log(tx, desk, who, "incident.investigate", incident_id, {"run": run.id})
    desk.wake()
    return run


def act(desk: Desk, who: Actor, incident_id: str, action: str, words: str) -> Incident:
    """The actions that can be named in one request."""
    match action:
        case "acknowledge":
            return acknowledge(desk, who, incident_id, "")
        case "resolve":
            return resolve(desk, who, incident_id, "", words)
        case "reopen":
            return reopen(desk, who, incident_id)
        case "note":
            return note(desk, who, incident_id, words)
        case "investigate":
            look_again(desk, who, incident_id)
            return get(desk, incident_id)
        case _:
            raise Refusal(f"There is no action {action!r}.", "One of acknowledge, resolve, reopen, note, investigate")


def _moved(incident: Incident, status: IncidentStatus) -> dict[str, Any]:
    if not incident.status.may_become(status):
        raise Conflict(f"Incident {incident.number} is {incident.status} and cannot become {status}.")
    return {"status": status}


def _change(desk: Desk, who: Actor, incident_id: str, changed: Changed, kind: str, said: str, action: str) -> Incident:
    """Reads, decides, writes with a line on the timeline and one in the audit log; raises Conflict when somebody was
    quicker."""
    now = desk.now()
    with desk.db.write() as tx:
        before = _found(incidents.get(tx, incident_id), incident_id)
        changes = changed(before, now)
        later = max(now, before.updated_at + timedelta(microseconds=1))
        after = before.model_copy(update={**changes, "updated_at": later})
        if not incidents.change(tx, before, after):
            raise Conflict(f"Incident {before.number} was changed by somebody else.", "Read it again and decide again")
        timeline.append(tx, Entry(incident_id=incident_id, at=now, kind=kind, text=said, actor=who.name))
        _log(tx, desk, who, action, incident_id, {"said": said})
    return after


def _log(tx: Connection, desk: Desk, who: Actor, action: str, thing: str, detail: dict[str, Any]) -> None:
    audit.append(tx, Act(at=desk.now(), actor=who.name, action=action, object=thing, detail=detail))


def _named(field: str, words: str) -> str:
    cleaned = line(words, TITLE_CHARS)
    if not cleaned:
        raise Refusal(f"The {field} holds nothing that can be read.")
    return cleaned


_CLEANED: dict[str, Callable[[Any], Any]] = {
    "title": lambda value: _named("title", value),
    "description": text,
    "severity": lambda value: value,
    "service": lambda value: line(value, SERVICE_CHARS),
}


def _found(incident: Incident | None, incident_id: str) -> Incident:
    if incident is None:
        raise NotKnown(f"There is no incident {incident_id!r}.")
    return incident
