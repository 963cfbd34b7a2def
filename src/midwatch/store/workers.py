"""Worker heartbeats: a worker without a recent one is considered dead."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from midwatch.store.rows import upsert
from midwatch.store.tables import workers as t


def beat(tx: Connection, worker: str, started_at: datetime, now: datetime, cache: str = "") -> None:
    """Stores a heartbeat. `cache` is the state of its tool cache, as JSON."""
    upsert(tx, t, ("id",), {"id": worker, "started_at": started_at, "beat_at": now, "cache": cache})


def caches(tx: Connection, since: datetime) -> list[str]:
    """Cache states of the workers with a heartbeat since then."""
    return [text for text in tx.execute(select(t.c.cache).where(t.c.beat_at >= since)).scalars() if text]


def list_workers(tx: Connection) -> list[tuple[str, datetime]]:
    """Workers with the time of their last heartbeat."""
    return [(row.id, row.beat_at) for row in tx.execute(select(t.c.id, t.c.beat_at).order_by(t.c.id))]


def leave(tx: Connection, worker: str) -> bool:
    """Removes the worker; whether it was still there: of several that reclaim a dead worker one gets True."""
    return tx.execute(delete(t).where(t.c.id == worker)).rowcount == 1
