"""Investigations as work: asked for, read, watched, cancelled."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.incident import Entry
from midwatch.domain.intent import Clarification
from midwatch.domain.investigation import Answer, Request, asked
from midwatch.domain.work import Run, RunEvent, RunState
from midwatch.integrations.normal import text
from midwatch.kit.ids import new_id
from midwatch.questions.fragments import open_topic
from midwatch.services.bundles import pack_answer
from midwatch.services.desk import Desk
from midwatch.services.errors import Conflict, NotKnown, Refusal
from midwatch.services.understanding import understood
from midwatch.store import audit, calls, runs, timeline
from midwatch.store.audit import Act

ALIVE = (RunState.QUEUED, RunState.RUNNING)


def question(desk: Desk, words: str, namespace: str, asked_by: str) -> Run:
    """Queues what a question asks; what speaks for no topic asks what is wrong. Raises Refusal when it has to be
    asked back."""
    found = understood(words, desk.entities, desk.now(), desk.areas, otherwise=open_topic(desk.areas))
    if isinstance(found, Clarification):
        raise Refusal(found.question, "; ".join(found.choices))
    return ask(desk, asked(words, found, namespace), asked_by)


def ask(desk: Desk, request: Request, asked_by: str) -> Run:
    """Queues an investigation that belongs to no incident."""
    request = request.model_copy(update={"question": text(request.question)})
    run = Run(id=new_id("inv", desk.now()), request=request, asked_by=asked_by, created_at=desk.now())
    with desk.db.write() as tx:
        runs.add(tx, run)
    desk.wake()
    return run


def get(desk: Desk, run_id: str) -> Run:
    with desk.db.read() as tx:
        run = runs.get(tx, run_id)
    if run is None:
        raise NotKnown(f"There is no investigation {run_id!r}.")
    return run


def listed(desk: Desk, page: int, page_size: int, state: RunState | None, incident: str) -> tuple[list[Run], int]:
    with desk.db.read() as tx:
        return runs.listed(tx, page, page_size, state, incident)


def evidence(desk: Desk, run_id: str) -> list[Evidence]:
    get(desk, run_id)
    with desk.db.read() as tx:
        return calls.evidence(tx, run_id)


def bundle(desk: Desk, run_id: str) -> bytes:
    """The bundle of a run that is done, as `midwatch replay` reads it; raises Conflict before that."""
    run = get(desk, run_id)
    if run.state is not RunState.DONE:
        raise Conflict(f"Investigation {run_id} is {run.state}; there is a bundle when it is done.")
    with desk.db.read() as tx:
        gaps = [item for item in calls.kept(tx, run_id) if isinstance(item, Gap)]
    return pack_answer(Answer.model_validate_json(run.answer), evidence(desk, run_id), gaps, run.answer)


def told(desk: Desk, run_id: str, after: int) -> list[RunEvent]:
    with desk.db.read() as tx:
        return runs.told(tx, run_id, after)


def cancel(desk: Desk, run_id: str, who: str) -> Run:
    """Raises Conflict when it is over already."""
    run = get(desk, run_id)
    over = run.model_copy(
        update={"state": RunState.CANCELLED, "finished_at": desk.now(), "reason": f"cancelled by {who}"}
    )
    with desk.db.write() as tx:
        if not runs.change(tx, over, *ALIVE):
            raise Conflict(f"Investigation {run_id} is {run.state} already.")
        tell(tx, desk.now(), run_id, "cancelled", {"by": who})
        audit.append(tx, Act(at=desk.now(), actor=who, action="investigation.cancel", object=run_id))
        note_down(tx, over, "cancelled", f"investigation cancelled by {who}", who)
    return over


def tell(tx: Connection, now: datetime, run_id: str, kind: str, data: dict[str, Any]) -> None:
    runs.tell(tx, [RunEvent(run_id=run_id, at=now, kind=kind, data=data)])


def note_down(tx: Connection, run: Run, kind: str, text: str, actor: str = "midwatch") -> None:
    if run.incident_id:
        at = run.finished_at or run.started_at or run.created_at
        timeline.append(
            tx, Entry(incident_id=run.incident_id, at=at, kind=kind, text=text, actor=actor, data={"run": run.id})
        )
