from datetime import datetime

from sqlalchemy import Connection, Table, delete, exists, or_, select

from midwatch.domain.base import Model
from midwatch.domain.work import RunState
from midwatch.store import conversations, deliveries
from midwatch.store.rows import json_text
from midwatch.store.tables import calls, run_events, runs

_SOME = 500


class Purged(Model, frozen=True):
    """Number of deleted rows."""

    deliveries: int = 0
    run_events: int = 0
    calls: int = 0
    conversations: int = 0


def purge(tx: Connection, before: datetime) -> Purged:
    """Deletes data of short-term use: deliveries and conversations before the given time, and the events and tool
    results of runs that ended before it.

    Kept for good: incidents, resolved ones too, with their alerts and timelines; runs with their answers, in which
    every claim quotes its evidence; effects, so that none happens twice; keys, invites and the audit log.
    """
    gone = Purged(deliveries=deliveries.purge(tx, before), conversations=conversations.purge(tx, before))
    after = ""
    while some := _ended_runs(tx, before, after):
        after = some[-1][0]
        ids = [run_id for run_id, at in some if at and datetime.fromisoformat(at) < before]
        events, said = _drop(tx, run_events, ids), _drop(tx, calls, ids)
        gone = gone.model_copy(update={"run_events": gone.run_events + events, "calls": gone.calls + said})
    return gone


def _ended_runs(tx: Connection, before: datetime, after: str) -> list[tuple[str, str | None]]:
    """Runs that may have ended before, with rows left to delete."""
    over = [state.value for state in RunState if state.is_final]
    left = or_(*(exists().where(table.c.run_id == runs.c.id) for table in (run_events, calls)))
    query = (
        select(runs.c.id, json_text(tx, runs.c.body, "finished_at").label("at"))
        .where(runs.c.state.in_(over), runs.c.created_at < before, runs.c.id > after, left)
        .order_by(runs.c.id)
        .limit(_SOME)
    )
    return [(row.id, row.at) for row in tx.execute(query)]


def _drop(tx: Connection, table: Table, run_ids: list[str]) -> int:
    return tx.execute(delete(table).where(table.c.run_id.in_(run_ids))).rowcount if run_ids else 0
