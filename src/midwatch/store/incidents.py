from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from midwatch.domain.alert import AlertSeverity
from midwatch.domain.base import Model
from midwatch.domain.incident import Incident, IncidentStatus
from midwatch.store.rows import insert_new, next_number
from midwatch.store.storable_text import to_json
from midwatch.store.tables import incident_keys as k
from midwatch.store.tables import incidents as t

RELATED = 200  # keys of one alert lead to few incidents; of a whole service perhaps to many

_GET = select(t.c.body).where(t.c.id == bindparam("id"))
_HOLD = _GET.with_for_update()
_SAME = (
    (t.c.id == bindparam("its_id"))
    & (t.c.updated_at == bindparam("was_updated_at"))
    & (t.c.status == bindparam("its_status"))
)
_ADD = insert(t)
_KEYED = (
    select(t.c.body)
    .where(t.c.id.in_(select(k.c.incident_id).where(k.c.key.in_(bindparam("keys", expanding=True)))))
    .order_by(t.c.created_at.desc(), t.c.number.desc())
    .limit(RELATED)
)
_KEYED_OPEN = _KEYED.where(t.c.status != IncidentStatus.RESOLVED.value)
_CHANGE = update(t).where(_SAME).values(version=t.c.version + 1)


class Filter(Model, frozen=True):
    """Filter of a list; empty fields match everything. `text` occurs in title or description."""

    status: IncidentStatus | None = None
    severity: AlertSeverity | None = None
    service: str = ""
    source: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


def number(tx: Connection) -> int:
    """The number of the next incident; used up only if the transaction commits."""
    return next_number(tx, "incident")


def add(tx: Connection, incident: Incident) -> None:
    tx.execute(_ADD, {"id": incident.id, "number": incident.number, "version": 1, **_columns(incident)})
    add_keys(tx, incident.id, incident.keys)


def add_keys(tx: Connection, incident_id: str, keys: Sequence[str]) -> None:
    for key in keys:
        insert_new(tx, k, {"key": key, "incident_id": incident_id})


def get(tx: Connection, incident_id: str, *, held: bool = False) -> Incident | None:
    """The incident; with `held`, locked until the transaction ends."""
    body = tx.execute(_HOLD if held else _GET, {"id": incident_id}).scalar_one_or_none()
    return None if body is None else Incident.model_validate_json(body)


def change(tx: Connection, before: Incident, after: Incident) -> bool:
    """Stores the change. False when another writer changed it since `before` was read: then read and decide again."""
    same = {"its_id": before.id, "was_updated_at": before.updated_at, "its_status": before.status.value}
    return tx.execute(_CHANGE, {**same, **_columns(after)}).rowcount == 1


def by_keys(tx: Connection, keys: Sequence[str], *, only_open: bool = True, held: bool = False) -> list[Incident]:
    """Incidents that have one of the keys, newest first; with `held`, locked until the transaction ends."""
    query = _KEYED_OPEN if only_open else _KEYED
    rows = tx.execute(query.with_for_update() if held else query, {"keys": list(keys)})
    return [Incident.model_validate_json(body) for body in rows.scalars()]


def list_incidents(tx: Connection, wanted: Filter, page: int, page_size: int) -> tuple[list[Incident], int]:
    """One page, newest first, and the total number."""
    total = tx.execute(_narrowed(select(func.count()).select_from(t), wanted)).scalar_one()
    query = _narrowed(select(t.c.body), wanted).order_by(t.c.created_at.desc(), t.c.number.desc())
    rows = tx.execute(query.limit(page_size).offset((page - 1) * page_size))
    return [Incident.model_validate_json(body) for body in rows.scalars()], total


def counts(tx: Connection) -> dict[str, int]:
    """Number of incidents by status."""
    rows = tx.execute(select(t.c.status, func.count()).group_by(t.c.status))
    return {str(row[0]): int(row[1]) for row in rows}


def related_incidents(tx: Connection, incident: Incident, since: datetime, limit: int) -> list[Incident]:
    """Other incidents that share a key or the service, newest first."""
    keyed = t.c.id.in_(select(k.c.incident_id).where(k.c.key.in_(incident.keys)))
    related = keyed | ((t.c.service == incident.service) & (t.c.service != ""))
    query = select(t.c.body).where(related, t.c.id != incident.id, t.c.created_at >= since)
    rows = tx.execute(query.order_by(t.c.created_at.desc(), t.c.number.desc()).limit(limit))
    return [Incident.model_validate_json(body) for body in rows.scalars()]


def _columns(incident: Incident) -> dict[str, Any]:
    return {
        "status": incident.status.value,
        "severity": incident.severity.value,
        "service": incident.service,
        "source": incident.source,
        "created_at": incident.created_at,
        "updated_at": incident.updated_at,
        "words": f"{incident.title}\n{incident.description}".lower(),
        "body": to_json(incident),
    }


def _narrowed(query: Select[Any], wanted: Filter) -> Select[Any]:
    exact = {
        t.c.status: wanted.status,
        t.c.severity: wanted.severity,
        t.c.service: wanted.service,
        t.c.source: wanted.source,
    }
    for column, value in exact.items():
        query = query.where(column == str(value)) if value else query
    if wanted.text:
        query = query.where(t.c.words.contains(wanted.text.lower(), autoescape=True))
    query = query.where(t.c.created_at >= wanted.since) if wanted.since else query
    return query.where(t.c.created_at <= wanted.until) if wanted.until else query
