"""What an alert does to the incidents: everything in the caller's transaction, so that an alert is stored with its
consequences."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from midwatch.domain.alert import Alert, AlertComment, AlertStatus
from midwatch.domain.incident import Incident, IncidentStatus, StoredAlert, TimelineEntry
from midwatch.domain.investigation import Request
from midwatch.domain.work import Investigation
from midwatch.engine.cluster_match import same_cluster
from midwatch.engine.grouping import FLAP_WINDOW, GroupingAction, GroupingDecision, Keys, decide, keys
from midwatch.kit.ids import new_id
from midwatch.store import advisory_lock, alerts, incidents, investigations, timeline

OPENED = ("opened", "reopened")
GROWN = (GroupingAction.OPEN, GroupingAction.JOIN, GroupingAction.REOPEN)
HEARD = timedelta(
    minutes=1
)  # how exactly it is kept when an incident was last heard of: in a storm that would be most of the writing
KIND = 32  # characters; a sender's name for what happened may be longer
_REOPENED: dict[str, object] = {
    "status": IncidentStatus.TRIGGERED,
    "acknowledged_at": None,
    "acknowledged_by": "",
    "resolved_at": None,
    "resolved_by": "",
    "resolution": "",
}


def apply_alert(tx: Connection, alert: Alert, now: datetime) -> GroupingDecision:
    """Decides about one alert and stores what follows from it."""
    advisory_lock.advisory_lock(tx, "intake")
    known = alerts.find(tx, alert.source, alert.fingerprint)
    incident = incidents.get(tx, known.incident_id, held=True) if known else None
    shared = keys(alert)
    # An alert of an open incident stays there: of a storm most are such, and these two questions are the dear ones.
    settled = incident is not None and incident.status is not IncidentStatus.RESOLVED
    related = [] if settled else same_cluster(shared.joins, incidents.by_keys(tx, shared.joins, held=True))
    openings = 0 if incident is None or settled else _openings(tx, incident, now)
    decision = decide(alert, known, incident, related, openings, now)
    if decision.action is GroupingAction.NOTHING and known is None:
        return decision
    if decision.action is GroupingAction.OPEN:
        incident = _open(tx, alert, shared, now)
    elif decision.incident_id and (incident is None or incident.id != decision.incident_id):
        incident = next(i for i in related if i.id == decision.incident_id)
    alerts.put(tx, _stored(alert, known, incident, decision, now))
    if incident is not None and decision.action not in (GroupingAction.OPEN, GroupingAction.NOTHING):
        incident = _change(tx, incident, alert, shared, decision, now)
    if incident is not None and decision.investigate:
        _investigate_once(tx, incident, alert, now)
    over = incident is not None and incident.status is IncidentStatus.RESOLVED
    resolved = decision.action is GroupingAction.END and over
    return decision.model_copy(update={"incident_id": incident.id if incident else "", "resolved": resolved})


def _openings(tx: Connection, incident: Incident, now: datetime) -> int:
    return sum([timeline.count(tx, incident.id, kind, now - FLAP_WINDOW) for kind in OPENED])


def add_comment(tx: Connection, source: str, said: AlertComment, now: datetime) -> None:
    """What happened to an alert over there, onto its incident's timeline; about an alert nobody knows it is dropped."""
    known = (
        alerts.find(tx, source, said.fingerprint)
        if said.fingerprint
        else alerts.find_external(tx, source, said.external_id)
    )
    if known and known.incident_id:
        entry = TimelineEntry(
            incident_id=known.incident_id, at=now, kind=said.kind[:KIND], text=said.text, actor=said.actor or source
        )
        timeline.append(tx, entry)


def left_out(tx: Connection, source: str, decisions: Sequence[GroupingDecision], omitted: int, now: datetime) -> None:
    """Says on the timeline of each incident that is new or has grown that there was more than it shows."""
    text = f"{omitted} more alerts of this delivery were not processed"
    for incident_id in dict.fromkeys(d.incident_id for d in decisions if d.incident_id and d.action in GROWN):
        timeline.append(tx, TimelineEntry(incident_id=incident_id, at=now, kind="omitted", text=text, actor=source))


def investigate(
    tx: Connection, incident: Incident, alert: Alert | None, now: datetime, asked_by: str = "midwatch"
) -> Investigation:
    """Queues an investigation with the incident: whoever commits this has promised it."""
    request = Request(
        question="" if alert is None else f"{alert.title} {alert.service}".strip(),
        namespace=alert.labels.get("namespace", "") if alert else "",
        alert=alert,
    )
    run = Investigation(
        id=new_id("inv", now),
        incident_id=incident.id,
        request=request,
        severity=incident.severity,
        asked_by=asked_by,
        created_at=now,
    )
    investigations.add(tx, run)
    timeline.append(
        tx,
        TimelineEntry(
            incident_id=incident.id,
            at=now,
            kind="queued",
            text="investigation queued",
            actor=asked_by,
            data={"run": run.id},
        ),
    )
    return run


def _investigate_once(tx: Connection, incident: Incident, alert: Alert, now: datetime) -> None:
    """A run that still waits will see what is wrong now; a second one would say the same."""
    if not investigations.waits(tx, incident.id):
        investigate(tx, incident, alert, now)


def _open(tx: Connection, alert: Alert, shared: Keys, now: datetime) -> Incident:
    number = incidents.number(tx)
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
    incidents.add(tx, incident)
    timeline.append(tx, _entry(incident, now, "opened", f"alert firing: {alert.title}", alert))
    return incident


def _stored(
    alert: Alert, known: StoredAlert | None, incident: Incident | None, decision: GroupingDecision, now: datetime
) -> StoredAlert:
    again = decision.action in (GroupingAction.REPEAT, GroupingAction.END, GroupingAction.NOTHING)
    return StoredAlert(
        id=known.id if known else new_id("alt", now),
        incident_id=incident.id if incident else "",
        alert=alert,
        count=known.count + (decision.action is GroupingAction.REPEAT) if known and again else 1,
        cycle=known.cycle + (0 if again else 1) if known else 1,
        first_seen=known.first_seen if known and again else now,
        last_seen=now,
    )


def _change(
    tx: Connection, before: Incident, alert: Alert, shared: Keys, decision: GroupingDecision, now: datetime
) -> Incident:
    """The incident as it is then, stored with a line on the timeline; a repetition only shows in the alert's count."""
    changed: dict[str, object] = {}
    if decision.action is GroupingAction.JOIN:
        timeline.append(tx, _entry(before, now, "joined", f"alert added: {alert.title} ({decision.why})", alert))
    elif decision.action is GroupingAction.REOPEN:
        changed |= _REOPENED | {"cycle": before.cycle + 1}
        timeline.append(tx, _entry(before, now, "reopened", decision.why, alert))
    elif decision.action is GroupingAction.END:
        changed |= _end(tx, before, alert, now)
    if decision.action in (GroupingAction.JOIN, GroupingAction.REOPEN):
        changed["keys"] = tuple(dict.fromkeys((*before.keys, *shared.own)))
        incidents.add_keys(tx, before.id, shared.own)
    if decision.action is not GroupingAction.END:
        changed |= _graver(tx, before, alert, now)
        changed |= _acknowledged(tx, before.model_copy(update=changed), alert, now)
    if decision.action is GroupingAction.REPEAT and not changed and now - before.updated_at < HEARD:
        return before
    after = before.model_copy(update={**changed, "updated_at": max(now, before.updated_at + timedelta(microseconds=1))})
    incidents.change(tx, before, after)
    return after


def _graver(tx: Connection, incident: Incident, alert: Alert, now: datetime) -> dict[str, object]:
    """An incident is as grave as the gravest of what was said about it."""
    if alert.severity.rank >= incident.severity.rank:
        return {}
    timeline.append(
        tx, _entry(incident, now, "severity", f"severity raised from {incident.severity} to {alert.severity}", alert)
    )
    return {"severity": alert.severity}


def _acknowledged(tx: Connection, incident: Incident, alert: Alert, now: datetime) -> dict[str, object]:
    if alert.status is not AlertStatus.ACKNOWLEDGED or incident.status is not IncidentStatus.TRIGGERED:
        return {}
    timeline.append(tx, _entry(incident, now, "acknowledged", f"acknowledged in {alert.source}", alert))
    return {"status": IncidentStatus.ACKNOWLEDGED, "acknowledged_at": now, "acknowledged_by": alert.source}


def _end(tx: Connection, incident: Incident, alert: Alert, now: datetime) -> dict[str, object]:
    """An incident is over when the last of its alerts is."""
    timeline.append(tx, _entry(incident, now, "ended", f"alert resolved: {alert.title}", alert))
    others = alerts.of_incident(tx, incident.id)
    if incident.status is IncidentStatus.RESOLVED or any(a.alert.status is not AlertStatus.RESOLVED for a in others):
        return {}
    timeline.append(tx, _entry(incident, now, "resolved", "all alerts resolved", alert))
    return {
        "status": IncidentStatus.RESOLVED,
        "resolved_at": now,
        "resolved_by": alert.source,
        "resolution": "all alerts resolved",
    }


def _entry(incident: Incident, now: datetime, kind: str, text: str, alert: Alert) -> TimelineEntry:
    about = {"fingerprint": alert.fingerprint, "since": str(alert.starts_at)}
    return TimelineEntry(incident_id=incident.id, at=now, kind=kind, text=text, actor=alert.source, data=about)
