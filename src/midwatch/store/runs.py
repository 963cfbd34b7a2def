from collections.abc import Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from midwatch.domain.work import Run, RunEvent, RunState
from midwatch.store import locks
from midwatch.store.tables import run_events as e
from midwatch.store.tables import runs as t


async def add(tx: AsyncConnection, run: Run) -> None:
    await tx.execute(insert(t).values(id=run.id, incident_id=run.incident_id, version=1, **_columns(run)))


async def get(tx: AsyncConnection, run_id: str) -> Run | None:
    body = (await tx.execute(select(t.c.body).where(t.c.id == run_id))).scalar_one_or_none()
    return None if body is None else Run.model_validate_json(body)


async def change(tx: AsyncConnection, after: Run, *allowed: RunState) -> bool:
    """Only when its state is still one of the allowed: a run that was cancelled meanwhile does not come back."""
    same = (t.c.id == after.id) & t.c.state.in_([state.value for state in allowed])
    return (await tx.execute(update(t).where(same).values(version=t.c.version + 1, **_columns(after)))).rowcount == 1


async def listed(
    tx: AsyncConnection, page: int, page_size: int, state: RunState | None = None, incident_id: str = ""
) -> tuple[list[Run], int]:
    """One page, newest first, and how many there are in all."""
    wanted = [t.c.state == state.value] if state else []
    wanted += [t.c.incident_id == incident_id] if incident_id else []
    total = (await tx.execute(select(func.count()).select_from(t).where(*wanted))).scalar_one()
    query = select(t.c.body).where(*wanted).order_by(t.c.created_at.desc(), t.c.id.desc())
    rows = await tx.execute(query.limit(page_size).offset((page - 1) * page_size))
    return [Run.model_validate_json(body) for body in rows.scalars()], total


async def in_state(tx: AsyncConnection, states: Sequence[RunState], limit: int = 1000) -> list[Run]:
    """Oldest first."""
    query = select(t.c.body).where(t.c.state.in_([s.value for s in states])).order_by(t.c.created_at).limit(limit)
    return [Run.model_validate_json(body) for body in (await tx.execute(query)).scalars()]


async def counts(tx: AsyncConnection) -> dict[str, int]:
    """How many runs are in which state."""
    rows = await tx.execute(select(t.c.state, func.count()).group_by(t.c.state))
    return {str(row[0]): int(row[1]) for row in rows}


async def tell(tx: AsyncConnection, event: RunEvent) -> int:
    """Appends what a watcher sees; its number within the run."""
    await locks.alone(tx, f"run {event.run_id}")  # a worker and a person's cancelling may speak at once
    last = (await tx.execute(select(func.max(e.c.seq)).where(e.c.run_id == event.run_id))).scalar_one()
    seq = (last or 0) + 1
    await tx.execute(insert(e).values(run_id=event.run_id, seq=seq, body=event.model_copy(update={"seq": seq}).model_dump_json()))
    return seq


async def told(tx: AsyncConnection, run_id: str, after: int = 0, limit: int = 1000) -> list[RunEvent]:
    """From behind the event `after`, in order."""
    query = select(e.c.body).where(e.c.run_id == run_id, e.c.seq > after).order_by(e.c.seq).limit(limit)
    return [RunEvent.model_validate_json(body) for body in (await tx.execute(query)).scalars()]


def _columns(run: Run) -> dict[str, object]:
    return {"state": run.state.value, "created_at": run.created_at, "body": run.model_dump_json()}
