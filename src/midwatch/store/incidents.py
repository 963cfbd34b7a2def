from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from midwatch.domain.alert import AlertSeverity
from midwatch.domain.base import Model
from midwatch.domain.incident import Incident, IncidentStatus
from midwatch.store.rows import insert_new, next_number
from midwatch.store.tables import incident_keys as k
from midwatch.store.tables import incidents as t

RELATED = 200  # keys of one alert lead to few incidents; of a whole service perhaps to many


class Filter(Model, frozen=True):
    """What a list is narrowed to; empty fields narrow nothing. `text` occurs in title or description."""

    status: IncidentStatus | None = None
    severity: AlertSeverity | None = None
    service: str = ""
    source: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def number(tx: AsyncConnection) -> int:
    """The number of the next incident; taken only if the transaction ends well."""
    return await next_number(tx, "incident")


async def add(tx: AsyncConnection, incident: Incident) -> None:
    await tx.execute(insert(t).values(id=incident.id, number=incident.number, version=1, **_columns(incident)))
    await add_keys(tx, incident.id, incident.keys)


async def add_keys(tx: AsyncConnection, incident_id: str, keys: Sequence[str]) -> None:
    for key in keys:
        await insert_new(tx, k, {"key": key, "incident_id": incident_id})


async def get(tx: AsyncConnection, incident_id: str, *, held: bool = False) -> Incident | None:
    """`held`: nobody else changes it until the transaction ends."""
    query = select(t.c.body).where(t.c.id == incident_id)
    body = (await tx.execute(query.with_for_update() if held else query)).scalar_one_or_none()
    return None if body is None else Incident.model_validate_json(body)


async def change(tx: AsyncConnection, before: Incident, after: Incident) -> bool:
    """False when somebody else changed it since `before` was read: then read again and decide again."""
    same = (t.c.id == before.id) & (t.c.updated_at == before.updated_at) & (t.c.status == before.status.value)
    done = await tx.execute(update(t).where(same).values(version=t.c.version + 1, **_columns(after)))
    return done.rowcount == 1


async def by_keys(tx: AsyncConnection, keys: Sequence[str], *, only_open: bool = True, held: bool = False) -> list[Incident]:
    """Incidents that have one of the keys, newest first; `held`: nobody else changes them until the transaction ends."""
    query = select(t.c.body).where(t.c.id.in_(select(k.c.incident_id).where(k.c.key.in_(keys))))
    if only_open:
        query = query.where(t.c.status != IncidentStatus.RESOLVED.value)
    query = query.order_by(t.c.created_at.desc(), t.c.number.desc()).limit(RELATED)
    rows = await tx.execute(query.with_for_update() if held else query)
    return [Incident.model_validate_json(body) for body in rows.scalars()]


async def listed(tx: AsyncConnection, wanted: Filter, page: int, page_size: int) -> tuple[list[Incident], int]:
    """One page, newest first, and how many there are in all."""
    total = (await tx.execute(_narrowed(select(func.count()).select_from(t), wanted))).scalar_one()
    query = _narrowed(select(t.c.body), wanted).order_by(t.c.created_at.desc(), t.c.number.desc())
    rows = await tx.execute(query.limit(page_size).offset((page - 1) * page_size))
    return [Incident.model_validate_json(body) for body in rows.scalars()], total


async def counts(tx: AsyncConnection) -> dict[str, int]:
    """How many incidents have which status."""
    rows = await tx.execute(select(t.c.status, func.count()).group_by(t.c.status))
    return {str(row[0]): int(row[1]) for row in rows}


async def nearby(tx: AsyncConnection, incident: Incident, since: datetime, limit: int) -> list[Incident]:
    """Others that share a key or the service, newest first."""
    keyed = t.c.id.in_(select(k.c.incident_id).where(k.c.key.in_(incident.keys)))
    related = keyed | ((t.c.service == incident.service) & (t.c.service != ""))
    query = select(t.c.body).where(related, t.c.id != incident.id, t.c.created_at >= since)
    rows = await tx.execute(query.order_by(t.c.created_at.desc(), t.c.number.desc()).limit(limit))
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
        "body": incident.model_dump_json(),
    }


def _narrowed(query: Select[Any], wanted: Filter) -> Select[Any]:
    exact = {t.c.status: wanted.status, t.c.severity: wanted.severity, t.c.service: wanted.service, t.c.source: wanted.source}
    for column, value in exact.items():
        query = query.where(column == str(value)) if value else query
    if wanted.text:
        query = query.where(t.c.words.contains(wanted.text.lower(), autoescape=True))
    query = query.where(t.c.created_at >= wanted.since) if wanted.since else query
    return query.where(t.c.created_at <= wanted.until) if wanted.until else query
