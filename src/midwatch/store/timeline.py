from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from midwatch.domain.incident import Incident, IncidentChange, TimelineEntry
from midwatch.store.storable_text import to_json
from midwatch.store.tables import incidents as i
from midwatch.store.tables import timeline as t

_APPEND = insert(t)


def append(tx: Connection, *entries: TimelineEntry) -> None:
    for entry in entries:
        tx.execute(
            _APPEND,
            {
                "incident_id": entry.incident_id,
                "at": entry.at,
                "kind": entry.kind,
                "body": to_json(entry, exclude={"seq"}),
            },
        )


def of_incident(tx: Connection, incident_id: str, after: int = 0, limit: int = 500) -> list[TimelineEntry]:
    """Entries of one incident in the order of writing, after the entry `after`."""
    query = (
        select(t.c.seq, t.c.body).where(t.c.incident_id == incident_id, t.c.seq > after).order_by(t.c.seq).limit(limit)
    )
    return [
        TimelineEntry.model_validate_json(row.body).model_copy(update={"seq": row.seq}) for row in tx.execute(query)
    ]


def newest(tx: Connection) -> int:
    """Number of the newest entry; 0 where there is none."""
    return tx.execute(select(func.max(t.c.seq))).scalar_one() or 0


def of_all(tx: Connection, after: int, limit: int, severity: str = "", service: str = "") -> list[IncidentChange]:
    """Entries of all incidents after the entry `after`, in the order of their numbers, with the incidents' current
    state.

    PostgreSQL hands a number out before the transaction ends: an entry may appear below one that was read already.
    """
    query = select(t.c.seq, t.c.body, i.c.body.label("incident")).join(i, i.c.id == t.c.incident_id)
    query = query.where(t.c.seq > after).order_by(t.c.seq).limit(limit)
    query = query.where(i.c.severity == severity) if severity else query
    query = query.where(i.c.service == service) if service else query
    return [
        IncidentChange(
            entry=TimelineEntry.model_validate_json(row.body).model_copy(update={"seq": row.seq}),
            incident=Incident.model_validate_json(row.incident),
        )
        for row in tx.execute(query)
    ]


def count(tx: Connection, incident_id: str, kind: str, since: datetime) -> int:
    query = select(func.count()).select_from(t).where(t.c.incident_id == incident_id, t.c.kind == kind, t.c.at >= since)
    return tx.execute(query).scalar_one()
