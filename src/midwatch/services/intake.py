"""What an alert does to the incidents: everything in the caller's transaction, so that an alert is stored with its consequences."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from midwatch.domain.alert import Alert, AlertStatus, Remark
from midwatch.domain.incident import Entry, Incident, IncidentStatus, StoredAlert
from midwatch.domain.investigation import Request
from midwatch.domain.work import Run, RunState
from midwatch.engine.grouping import FLAP_WINDOW, Decision, Keys, Move, decide, keys
from midwatch.kit.ids import new_id
from midwatch.store import alerts, incidents, locks, runs, timeline

OPENED = ("opened", "reopened")
GROWN = (Move.OPEN, Move.JOIN, Move.REOPEN)
KIND = 32  # characters; a sender's name for what happened may be longer
_REOPENED: dict[str, object] = {
    "status": IncidentStatus.TRIGGERED,
    "acknowledged_at": None,
    "acknowledged_by": "",
    "resolved_at": None,
    "resolved_by": "",
    "resolution": "",
}


async def take(tx: AsyncConnection, alert: Alert, now: datetime) -> Decision:
    """Decides about one alert and stores what follows from it."""
    await locks.alone(tx, "intake")
    known = await alerts.find(tx, alert.source, alert.fingerprint)
    incident = await incidents.get(tx, known.incident_id, held=True) if known else None
    shared = keys(alert)
    # An alert of an open incident stays there: of a storm most are such, and these two questions are the dear ones.
    settled = incident is not None and incident.status is not IncidentStatus.RESOLVED
    related = [] if settled else await incidents.by_keys(tx, shared.joins, held=True)
    openings = 0 if incident is None or settled else await _openings(tx, incident, now)
    decision = decide(alert, known, incident, related, openings, now)
    if decision.move is Move.NOTHING and known is None:
        return decision
    if decision.move is Move.OPEN:
        incident = await _open(tx, alert, shared, now)
    elif decision.incident_id and (incident is None or incident.id != decision.incident_id):
        incident = next(i for i in related if i.id == decision.incident_id)
    await alerts.put(tx, _stored(alert, known, incident, decision, now))
    if incident is not None and decision.move not in (Move.OPEN, Move.NOTHING):
        incident = await _change(tx, incident, alert, shared, decision, now)
    if incident is not None and decision.investigate:
        await _investigate_once(tx, incident, alert, now)
    return decision.model_copy(update={"incident_id": incident.id if incident else ""})


async def _openings(tx: AsyncConnection, incident: Incident, now: datetime) -> int:
    return sum([await timeline.count(tx, incident.id, kind, now - FLAP_WINDOW) for kind in OPENED])


async def remark(tx: AsyncConnection, source: str, said: Remark, now: datetime) -> None:
    """What happened to an alert over there, onto its incident's timeline; about an alert nobody knows it is dropped."""
    known = (
        await alerts.find(tx, source, said.fingerprint) if said.fingerprint else await alerts.find_external(tx, source, said.external_id)
    )
    if known and known.incident_id:
        entry = Entry(incident_id=known.incident_id, at=now, kind=said.kind[:KIND], text=said.text, actor=said.actor or source)
        await timeline.append(tx, entry)


async def left_out(tx: AsyncConnection, source: str, decisions: Sequence[Decision], omitted: int, now: datetime) -> None:
    """Says on the timeline of each incident that is new or has grown that there was more than it shows."""
    text = f"{source}: {omitted} more alerts of this delivery were not taken"
    for incident_id in dict.fromkeys(d.incident_id for d in decisions if d.incident_id and d.move in GROWN):
        await timeline.append(tx, Entry(incident_id=incident_id, at=now, kind="omitted", text=text, actor=source))


async def investigate(tx: AsyncConnection, incident: Incident, alert: Alert | None, now: datetime, asked_by: str = "midwatch") -> Run:
    """Queues an investigation with the incident: whoever commits this has promised it."""
    request = Request(
        question="" if alert is None else f"{alert.title} {alert.service}".strip(),
        namespace=alert.labels.get("namespace", "") if alert else "",
        alert=alert,
    )
    run = Run(
        id=new_id("inv", now), incident_id=incident.id, request=request, severity=incident.severity, asked_by=asked_by, created_at=now
    )
    await runs.add(tx, run)
    await timeline.append(
        tx, Entry(incident_id=incident.id, at=now, kind="queued", text="investigation queued", actor=asked_by, data={"run": run.id})
    )
    return run


async def _investigate_once(tx: AsyncConnection, incident: Incident, alert: Alert, now: datetime) -> None:
    """A run that still waits will see what is wrong now; a second one would say the same."""
    _, waiting = await runs.listed(tx, 1, 1, RunState.QUEUED, incident.id)
    if not waiting:
        await investigate(tx, incident, alert, now)


async def _open(tx: AsyncConnection, alert: Alert, shared: Keys, now: datetime) -> Incident:
    number = await incidents.number(tx)
    acknowledged = alert.status is AlertStatus.ACKNOWLEDGED
    incident = Incident(
        id=new_id("inc", now),
        number=number,
        title=alert.title,
        description=alert.summary,
        severity=alert.severity,
        status=IncidentStatus.ACKNOWLEDGED if acknowledged else IncidentStatus.TRIGGERED,
        service=alert.service,
        source=alert.source,
        keys=shared.own,
        created_at=now,
        updated_at=now,
        acknowledged_at=now if acknowledged else None,
        acknowledged_by=alert.source if acknowledged else "",
    )
    await incidents.add(tx, incident)
    await timeline.append(tx, _entry(incident, now, "opened", f"{alert.source}: {alert.title}", alert))
    return incident


def _stored(alert: Alert, known: StoredAlert | None, incident: Incident | None, decision: Decision, now: datetime) -> StoredAlert:
    again = decision.move in (Move.REPEAT, Move.END, Move.NOTHING)
    return StoredAlert(
        id=known.id if known else new_id("alt", now),
        incident_id=incident.id if incident else "",
        alert=alert,
        count=known.count + (decision.move is Move.REPEAT) if known and again else 1,
        cycle=known.cycle + (0 if again else 1) if known else 1,
        first_seen=known.first_seen if known and again else now,
        last_seen=now,
    )


async def _change(tx: AsyncConnection, before: Incident, alert: Alert, shared: Keys, decision: Decision, now: datetime) -> Incident:
    """The incident after the move, stored with a line on the timeline; a repetition only shows in the alert's count."""
    changed: dict[str, object] = {"updated_at": max(now, before.updated_at + timedelta(microseconds=1))}
    if decision.move is Move.JOIN:
        await timeline.append(tx, _entry(before, now, "joined", f"{alert.source}: {alert.title} ({decision.why})", alert))
    elif decision.move is Move.REOPEN:
        changed |= _REOPENED | {"cycle": before.cycle + 1}
        await timeline.append(tx, _entry(before, now, "reopened", decision.why, alert))
    elif decision.move is Move.END:
        changed |= await _end(tx, before, alert, now)
    if decision.move in (Move.JOIN, Move.REOPEN):
        changed["keys"] = tuple(dict.fromkeys((*before.keys, *shared.own)))
        await incidents.add_keys(tx, before.id, shared.own)
    if decision.move is not Move.END:
        changed |= await _graver(tx, before, alert, now)
        changed |= await _acknowledged(tx, before.model_copy(update=changed), alert, now)
    after = before.model_copy(update=changed)
    await incidents.change(tx, before, after)
    return after


async def _graver(tx: AsyncConnection, incident: Incident, alert: Alert, now: datetime) -> dict[str, object]:
    """An incident is as grave as the gravest of what was said about it."""
    if alert.severity.rank >= incident.severity.rank:
        return {}
    await timeline.append(tx, _entry(incident, now, "severity", f"raised from {incident.severity} to {alert.severity}", alert))
    return {"severity": alert.severity}


async def _acknowledged(tx: AsyncConnection, incident: Incident, alert: Alert, now: datetime) -> dict[str, object]:
    if alert.status is not AlertStatus.ACKNOWLEDGED or incident.status is not IncidentStatus.TRIGGERED:
        return {}
    await timeline.append(tx, _entry(incident, now, "acknowledged", f"acknowledged in {alert.source}", alert))
    return {"status": IncidentStatus.ACKNOWLEDGED, "acknowledged_at": now, "acknowledged_by": alert.source}


async def _end(tx: AsyncConnection, incident: Incident, alert: Alert, now: datetime) -> dict[str, object]:
    """An incident is over when the last of its alerts is."""
    await timeline.append(tx, _entry(incident, now, "ended", f"{alert.source}: {alert.title} is over", alert))
    others = await alerts.of_incident(tx, incident.id)
    if incident.status is IncidentStatus.RESOLVED or any(a.alert.status is not AlertStatus.RESOLVED for a in others):
        return {}
    await timeline.append(tx, _entry(incident, now, "resolved", "all its alerts are over", alert))
    return {"status": IncidentStatus.RESOLVED, "resolved_at": now, "resolved_by": alert.source, "resolution": "all its alerts are over"}


def _entry(incident: Incident, now: datetime, kind: str, text: str, alert: Alert) -> Entry:
    about = {"fingerprint": alert.fingerprint, "since": str(alert.starts_at)}
    return Entry(incident_id=incident.id, at=now, kind=kind, text=text, actor=alert.source, data=about)
