"""Living workers say so; who stopped saying so is taken for dead."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from midwatch.store.rows import upsert
from midwatch.store.tables import workers as t


async def beat(tx: AsyncConnection, worker: str, started_at: datetime, now: datetime) -> None:
    await upsert(tx, t, ("id",), {"id": worker, "started_at": started_at, "beat_at": now})


async def listed(tx: AsyncConnection) -> list[tuple[str, datetime]]:
    """Each worker with the time of its last sign of life."""
    return [(row.id, row.beat_at) for row in await tx.execute(select(t.c.id, t.c.beat_at).order_by(t.c.id))]


async def leave(tx: AsyncConnection, worker: str) -> bool:
    """Whether it was still there: of several that bury a dead worker one gets True."""
    return (await tx.execute(delete(t).where(t.c.id == worker))).rowcount == 1
