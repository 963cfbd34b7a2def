from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from midwatch.domain.work import Investigation, RunEvent, RunState
from midwatch.store import advisory_lock, changes
from midwatch.store.rows import insert_new
from midwatch.store.storable_text import to_json
from midwatch.store.tables import run_events as e
from midwatch.store.tables import runs as t

_GET = select(t.c.body).where(t.c.id == bindparam("id"))
_ADD = insert(t)
_WAITS = select(t.c.id).where(t.c.incident_id == bindparam("incident_id"), t.c.state == RunState.QUEUED.value).limit(1)
_ALIVE = select(t.c.id).where(
    t.c.id.in_(bindparam("ids", expanding=True)),
    t.c.state.in_([state.value for state in RunState if not state.is_final]),
)
_NOT_OVER = (
    select(t.c.id)
    .where(t.c.state.in_([state.value for state in RunState if not state.is_final]))
    .order_by(t.c.created_at)
)
_LAST = (
    select(e.c.run_id, func.max(e.c.seq)).where(e.c.run_id.in_(bindparam("ids", expanding=True))).group_by(e.c.run_id)
)
_APPEND = insert(e).returning(e.c.seq)  # in this form many rows go as one statement


def add(tx: Connection, run: Investigation) -> None:
    tx.execute(_ADD, {"id": run.id, "incident_id": run.incident_id, "version": 1, **_columns(run)})


def add_once(tx: Connection, run: Investigation) -> None:
    """Adds the run unless its id exists."""
    insert_new(tx, t, {"id": run.id, "incident_id": run.incident_id, "version": 1, **_columns(run)})


def get(tx: Connection, run_id: str) -> Investigation | None:
    body = tx.execute(_GET, {"id": run_id}).scalar_one_or_none()
    return None if body is None else Investigation.model_validate_json(body)


def change(tx: Connection, after: Investigation, *allowed: RunState) -> bool:
    """Changes a run whose state is still one of the allowed: a run that was cancelled meanwhile stays so."""
    same = (t.c.id == after.id) & t.c.state.in_([state.value for state in allowed])
    return tx.execute(update(t).where(same).values(version=t.c.version + 1, **_columns(after))).rowcount == 1


def list_investigations(
    tx: Connection, page: int, page_size: int, state: RunState | None = None, incident_id: str = ""
) -> tuple[list[Investigation], int]:
    """One page, newest first, and the total number."""
    wanted = [t.c.state == state.value] if state else []
    wanted += [t.c.incident_id == incident_id] if incident_id else []
    total = tx.execute(select(func.count()).select_from(t).where(*wanted)).scalar_one()
    query = select(t.c.body).where(*wanted).order_by(t.c.created_at.desc(), t.c.id.desc())
    rows = tx.execute(query.limit(page_size).offset((page - 1) * page_size))
    return [Investigation.model_validate_json(body) for body in rows.scalars()], total


def final_ids(tx: Connection, run_ids: Iterable[str]) -> set[str]:
    """Ids of the runs without further work: ended, or nonexistent."""
    ids = list(run_ids)
    return set(ids) - set(tx.execute(_ALIVE, {"ids": ids}).scalars())


def waits(tx: Connection, incident_id: str) -> bool:
    """Whether a run is queued for the incident."""
    return tx.execute(_WAITS, {"incident_id": incident_id}).first() is not None


def in_state(tx: Connection, states: Sequence[RunState], limit: int = 1000) -> list[Investigation]:
    """Runs in the state, oldest first."""
    query = select(t.c.body).where(t.c.state.in_([s.value for s in states])).order_by(t.c.created_at).limit(limit)
    return [Investigation.model_validate_json(body) for body in tx.execute(query).scalars()]


def unfinished_ids(tx: Connection, limit: int = 1000) -> list[str]:
    """Ids of unfinished runs, oldest first."""
    return list(tx.execute(_NOT_OVER.limit(limit)).scalars())


def oldest_queued(tx: Connection) -> datetime | None:
    """Creation time of the run that has been queued longest."""
    return tx.execute(select(func.min(t.c.created_at)).where(t.c.state == RunState.QUEUED.value)).scalar_one()


def counts(tx: Connection) -> dict[str, int]:
    """Number of runs by state."""
    rows = tx.execute(select(t.c.state, func.count()).group_by(t.c.state))
    return {str(row[0]): int(row[1]) for row in rows}


def append_events(tx: Connection, events: Sequence[RunEvent]) -> None:
    """Appends events for watchers, of several runs perhaps, and numbers them within each run."""
    ids = sorted({event.run_id for event in events})
    for run_id in ids:  # in one order, so that no two workers wait for each other
        advisory_lock.advisory_lock(tx, f"run {run_id}")  # a worker and a cancelling user may write at once
    last = dict.fromkeys(ids, 0) | last_events(tx, ids)
    rows: list[dict[str, object]] = []
    for event in events:
        last[event.run_id] += 1
        numbered = event.model_copy(update={"seq": last[event.run_id]})
        rows.append({"run_id": event.run_id, "seq": numbered.seq, "body": to_json(numbered)})
    if rows:
        tx.execute(_APPEND, rows)
        changes.notify(tx, ids)


def events_after(tx: Connection, run_id: str, after: int = 0, limit: int = 1000) -> list[RunEvent]:
    """Events after the event `after`, in order."""
    query = select(e.c.body).where(e.c.run_id == run_id, e.c.seq > after).order_by(e.c.seq).limit(limit)
    return [RunEvent.model_validate_json(body) for body in tx.execute(query).scalars()]


def last_events(tx: Connection, run_ids: Iterable[str]) -> dict[str, int]:
    """Number of each run's last event, where it has any."""
    return {row[0]: row[1] for row in tx.execute(_LAST, {"ids": list(run_ids)})}


def _columns(run: Investigation) -> dict[str, object]:
    return {"state": run.state.value, "created_at": run.created_at, "body": to_json(run)}
