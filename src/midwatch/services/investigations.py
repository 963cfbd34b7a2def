"""Investigations as work: asked for, read, watched, cancelled."""

from functools import partial

from sqlalchemy import Connection

from midwatch.domain.access import AccessRole, Actor
from midwatch.domain.capabilities import open_topic
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.intent import Clarification
from midwatch.domain.investigation import Answer, question_request
from midwatch.domain.work import UNFINISHED, Investigation, RunState
from midwatch.engine.progress import add_event, add_to_timeline
from midwatch.services.bundles import pack_answer
from midwatch.services.errors import Conflict, Refusal
from midwatch.services.queued_investigations import enqueue, get_investigation, storable_request
from midwatch.services.server_context import ServerContext
from midwatch.services.understanding import understand_question
from midwatch.services.use_case import Writing, use_case
from midwatch.store import investigations, tool_calls


@use_case(needs=AccessRole.RESPONDER, audit="investigation.create")
def question(ctx: ServerContext, caller: Actor, writing: Writing, words: str, namespace: str = "") -> Investigation:
    """Queues what a question asks; what speaks for no topic asks what is wrong. Raises Refusal when it has to be
    asked back."""
    meant = understand_question(words, ctx.entities, ctx.now(), ctx.areas, otherwise=open_topic(ctx.areas))
    if isinstance(meant, Clarification):
        raise Refusal(meant.question, "; ".join(meant.choices))
    request = storable_request(question_request(words, meant, namespace))
    run = enqueue(writing.tx, request, caller.name, ctx.now())
    writing.audit(run.id)
    writing.after(ctx.wake)
    return run


@use_case(needs=AccessRole.VIEWER)
def get(_ctx: ServerContext, _caller: Actor, tx: Connection, run_id: str) -> Investigation:
    return get_investigation(tx, run_id)


@use_case(needs=AccessRole.VIEWER)
def list_investigations(
    _ctx: ServerContext,
    _caller: Actor,
    tx: Connection,
    page: int = 1,
    page_size: int = 20,
    state: RunState | None = None,
    incident: str = "",
) -> tuple[list[Investigation], int]:
    return investigations.list_investigations(tx, page, page_size, state, incident)


@use_case(needs=AccessRole.VIEWER)
def evidence(_ctx: ServerContext, _caller: Actor, tx: Connection, run_id: str) -> list[Evidence]:
    get_investigation(tx, run_id)
    return tool_calls.evidence(tx, run_id)


@use_case(needs=AccessRole.VIEWER)
def bundle(ctx: ServerContext, _caller: Actor, run_id: str) -> bytes:
    """The bundle of a run that is done, as `midwatch replay` reads it; raises Conflict before that."""
    with ctx.db.read() as tx:
        run = get_investigation(tx, run_id)
        if run.state is not RunState.DONE:
            raise Conflict(f"Investigation {run_id} is {run.state}; there is a bundle when it is done.")
        gaps = [item for item in tool_calls.for_investigation(tx, run_id) if isinstance(item, Gap)]
        seen = tool_calls.evidence(tx, run_id)
    return pack_answer(Answer.model_validate_json(run.answer), seen, gaps, run.answer)


@use_case(needs=AccessRole.RESPONDER, audit="investigation.cancel")
def cancel(ctx: ServerContext, caller: Actor, writing: Writing, run_id: str) -> Investigation:
    """Raises Conflict when it is over already."""
    who, now = caller.name, ctx.now()
    run = get_investigation(writing.tx, run_id)
    over = run.model_copy(update={"state": RunState.CANCELLED, "finished_at": now, "reason": f"cancelled by {who}"})
    if not investigations.change(writing.tx, over, *UNFINISHED):
        raise Conflict(f"Investigation {run_id} is {run.state} already.")
    add_event(writing.tx, now, run_id, "cancelled", {"by": who})
    add_to_timeline(writing.tx, over, "cancelled", f"investigation cancelled by {who}", who)
    writing.audit(run_id)
    writing.after(partial(ctx.events.announce, [run_id]))
    return over
