from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from midwatch.domain.incident import StoredAlert
from midwatch.store.rows import upsert
from midwatch.store.tables import alerts as t


async def find(tx: AsyncConnection, source: str, fingerprint: str) -> StoredAlert | None:
    body = (await tx.execute(select(t.c.body).where(t.c.source == source, t.c.fingerprint == fingerprint))).scalar_one_or_none()
    return None if body is None else StoredAlert.model_validate_json(body)


async def find_external(tx: AsyncConnection, source: str, external_id: str) -> StoredAlert | None:
    """By the sender's own id; the one that was heard of last where several have it."""
    if not external_id:
        return None
    query = select(t.c.body).where(t.c.source == source, t.c.external_id == external_id).order_by(t.c.last_seen.desc()).limit(1)
    body = (await tx.execute(query)).scalar_one_or_none()
    return None if body is None else StoredAlert.model_validate_json(body)


async def put(tx: AsyncConnection, alert: StoredAlert) -> None:
    """Keeps the alert as it stands now, in place of what it was."""
    values = {
        "id": alert.id,
        "source": alert.alert.source,
        "fingerprint": alert.alert.fingerprint,
        "external_id": alert.alert.external_id,
        "incident_id": alert.incident_id,
        "status": alert.alert.status.value,
        "last_seen": alert.last_seen,
        "body": alert.model_dump_json(),
    }
    await upsert(tx, t, ("source", "fingerprint"), values)


async def of_incident(tx: AsyncConnection, incident_id: str) -> list[StoredAlert]:
    """In the order in which they were first seen."""
    rows = await tx.execute(select(t.c.body).where(t.c.incident_id == incident_id).order_by(t.c.id))
    return [StoredAlert.model_validate_json(body) for body in rows.scalars()]
