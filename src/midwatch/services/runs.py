"""Investigations as work: asked for, read, watched, cancelled."""

import asyncio

from sqlalchemy import Connection

from midwatch.domain.access import AccessRole, Actor
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.intent import AskBack, Topic
from midwatch.domain.investigation import Answer, asked
from midwatch.domain.work import Run, RunEvent, RunState
from midwatch.services.bundles import pack_answer
from midwatch.services.desk import Desk
from midwatch.services.errors import Conflict, Refusal
from midwatch.services.runlog import ALIVE, cleaned, enqueue, found, note_down, tell
from midwatch.services.understanding import understood
from midwatch.services.use_case import Writing, use_case
from midwatch.store import calls, runs
from midwatch.store.patience import patiently

WATCH_S = 0.3  # how soon a watcher sees what happened


@use_case(needs=AccessRole.RESPONDER, audit="investigation.create")
def question(desk: Desk, caller: Actor, writing: Writing, words: str, namespace: str = "") -> Run:
    """Queues what a question asks; what speaks for no topic is about the cluster. Raises Refusal when it has to be
    asked back."""
    meant = understood(words, desk.names, desk.now(), otherwise=Topic.CLUSTER)
    if isinstance(meant, AskBack):
        raise Refusal(meant.question, "; ".join(meant.choices))
    request = cleaned(asked(words, meant, namespace))
    run = enqueue(writing.tx, request, caller.name, desk.now())
    writing.audit(run.id)
    writing.after(desk.wake)
    return run


@use_case(needs=AccessRole.VIEWER)
def get(_desk: Desk, _caller: Actor, tx: Connection, run_id: str) -> Run:
    return found(tx, run_id)


@use_case(needs=AccessRole.VIEWER)
def listed(
    _desk: Desk,
    _caller: Actor,
    tx: Connection,
    page: int = 1,
    page_size: int = 20,
    state: RunState | None = None,
    incident: str = "",
) -> tuple[list[Run], int]:
    return runs.listed(tx, page, page_size, state, incident)


@use_case(needs=AccessRole.VIEWER)
def evidence(_desk: Desk, _caller: Actor, tx: Connection, run_id: str) -> list[Evidence]:
    found(tx, run_id)
    return calls.evidence(tx, run_id)


@use_case(needs=AccessRole.VIEWER)
def bundle(desk: Desk, _caller: Actor, run_id: str) -> bytes:
    """The bundle of a run that is done, as `midwatch replay` reads it; raises Conflict before that."""
    with desk.db.read() as tx:
        run = found(tx, run_id)
        if run.state is not RunState.DONE:
            raise Conflict(f"Investigation {run_id} is {run.state}; there is a bundle when it is done.")
        gaps = [item for item in calls.kept(tx, run_id) if isinstance(item, Gap)]
        seen = calls.evidence(tx, run_id)
    return pack_answer(Answer.model_validate_json(run.answer), seen, gaps, run.answer)


@use_case(needs=AccessRole.VIEWER)
async def told(desk: Desk, _caller: Actor, run_id: str, after: int = 0) -> list[RunEvent]:
    """What happened behind the event `after`, as soon as something has; nothing once the run is over and all is told.
    While the store is away it waits."""
    while True:
        run, events = await patiently(_told, desk, run_id, after)
        if events or run.state.over:
            return events
        await asyncio.sleep(WATCH_S)


def _told(desk: Desk, run_id: str, after: int) -> tuple[Run, list[RunEvent]]:
    """The run first: what ends it is told with its end, and would be missed the other way round."""
    with desk.db.read() as tx:
        return found(tx, run_id), runs.told(tx, run_id, after)


@use_case(needs=AccessRole.RESPONDER, audit="investigation.cancel")
def cancel(desk: Desk, caller: Actor, writing: Writing, run_id: str) -> Run:
    """Raises Conflict when it is over already."""
    who, now = caller.name, desk.now()
    run = found(writing.tx, run_id)
    over = run.model_copy(update={"state": RunState.CANCELLED, "finished_at": now, "reason": f"cancelled by {who}"})
    if not runs.change(writing.tx, over, *ALIVE):
        raise Conflict(f"Investigation {run_id} is {run.state} already.")
    tell(writing.tx, now, run_id, "cancelled", {"by": who})
    note_down(writing.tx, over, "cancelled", f"investigation cancelled by {who}", who)
    writing.audit(run_id)
    return over
