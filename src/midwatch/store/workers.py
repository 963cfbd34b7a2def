"""Living workers say so; who stopped saying so is taken for dead."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from midwatch.store.rows import upsert
from midwatch.store.tables import workers as t


async def beat(tx: AsyncConnection, worker: str, started_at: datetime, now: datetime) -> None:
    await upsert(tx, t, ("id",), {"id": worker, "started_at": started_at, "beat_at": now})


async def silent(tx: AsyncConnection, since: datetime) -> list[str]:
    return list((await tx.execute(select(t.c.id).where(t.c.beat_at < since).order_by(t.c.id))).scalars())


async def living(tx: AsyncConnection, since: datetime) -> list[str]:
    return list((await tx.execute(select(t.c.id).where(t.c.beat_at >= since).order_by(t.c.id))).scalars())


async def leave(tx: AsyncConnection, worker: str) -> bool:
    """Whether it was still there: of several that bury a dead worker one gets True."""
    return (await tx.execute(delete(t).where(t.c.id == worker))).rowcount == 1
