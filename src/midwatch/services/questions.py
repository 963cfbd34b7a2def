"""Questions in words: understood, looked into by whoever works, and answered; or asked back."""

import asyncio
from hashlib import sha256
from time import monotonic

from midwatch.domain.access import Actor
from midwatch.domain.base import Model
from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.investigation import Answer, Investigation, Request, asked
from midwatch.domain.markdown import markdown
from midwatch.domain.report import Report
from midwatch.domain.work import Run, RunState
from midwatch.engine.compose import compose
from midwatch.questions.restate import restate
from midwatch.services import runs
from midwatch.services.desk import Desk
from midwatch.services.understanding import understood
from midwatch.store import calls, conversations

POLL_S = 0.03  # how soon an answer that is there is seen


class Reply(Model, frozen=True):
    """`response` is Markdown. `understood` echoes what was asked, with its window; `choices` are there when it was not
    clear.

    `investigation` is the id of the run, and `answer` its published form; both are missing when it was asked back.
    """

    response: str
    session_id: str
    understood: str = ""
    intent: Intent | None = None
    choices: tuple[str, ...] = ()
    investigation: str = ""
    state: str = ""
    tools_used: tuple[str, ...] = ()
    duration_ms: int = 0
    answer: Answer | None = None


async def ask(desk: Desk, who: Actor, question: str, session: str, namespace: str = "") -> Reply:
    """The answer, or as much of it as there is when the server's patience ends; the session then knows what was spoken
    of."""
    started, conversation = monotonic(), _conversation(who, session)
    found = await asyncio.to_thread(_understood, desk, question, conversation)
    if isinstance(found, Clarification):
        return Reply(
            response=_asked_back(found), session_id=session, choices=found.choices, duration_ms=_since(started)
        )
    reply = await answered(desk, who, question, found, session, namespace)
    return reply.model_copy(update={"duration_ms": _since(started)})


async def answered(
    desk: Desk, who: Actor, question: str, intent: Intent, session: str = "", namespace: str = ""
) -> Reply:
    """The same for what was understood already; `question` is how the investigation is called."""
    started = monotonic()
    request = asked(question, intent, namespace)
    run = await asyncio.to_thread(_queued, desk, who, request, _conversation(who, session))
    run = await _ended(desk, run.id)
    reply = await asyncio.to_thread(_reply, desk, run, request.intent or intent, session)
    return reply.model_copy(update={"duration_ms": _since(started)})


def _understood(desk: Desk, question: str, conversation: str) -> Intent | Clarification:
    with desk.db.read() as tx:
        before = conversations.last(tx, conversation)
    return understood(question, desk.entities, desk.now(), desk.areas, before)


def _queued(desk: Desk, who: Actor, request: Request, conversation: str) -> Run:
    run = runs.ask(desk, request, who.name)
    with desk.db.write() as tx:
        if request.intent:
            conversations.said(tx, conversation, request.intent.model_copy(update={"attribute": ""}), desk.now())
    return run


async def _ended(desk: Desk, run_id: str) -> Run:
    """The run when it is over, or as it is when patience ends."""
    end = monotonic() + desk.settings.server.answer_within
    while True:
        run = await asyncio.to_thread(runs.get, desk, run_id)
        if run.state.over or monotonic() > end:
            return run
        await asyncio.sleep(POLL_S)


def _reply(desk: Desk, run: Run, intent: Intent, session: str) -> Reply:
    restated = restate(intent, desk.areas)
    made = Reply(
        response="",
        session_id=session,
        understood=restated,
        intent=intent,
        investigation=run.id,
        state=run.state.value,
    )
    if run.state is not RunState.DONE:
        return made.model_copy(update={"response": _unfinished(run)})
    with desk.db.read() as tx:
        seen = calls.evidence(tx, run.id)
    answer = Answer.model_validate_json(run.answer)
    report = compose(
        Investigation(
            **answer.model_dump(include={"request", "source"}),
            evidence=tuple(seen),
            gaps=(),
            diagnosis=answer.diagnosis,
        )
    )
    tools = tuple(dict.fromkeys(e.tool for e in seen))
    return made.model_copy(update={"response": spoken(report, intent, restated), "tools_used": tools, "answer": answer})


def spoken(report: Report, intent: Intent, restated: str) -> str:
    """The report, with what it is an answer to; one thing that was asked for gets one sentence."""
    if intent.attribute:
        return f"{report.headline} {report.marks}".strip() + "\n"
    return f"_{restated}_\n\n{markdown(report)}"


def _unfinished(run: Run) -> str:
    if run.state is RunState.FAILED:
        return f"Analysis unavailable: {run.reason}\n"
    return f"The investigation goes on: GET /api/v1/investigations/{run.id} has its answer when it is done.\n"


def _asked_back(found: Clarification) -> str:
    return "\n".join([found.question, *(f"- {choice}" for choice in found.choices)]) + "\n"


def _conversation(who: Actor, session: str) -> str:
    """Nobody goes on with another's conversation by guessing its name."""
    return sha256(f"{who.key_id or who.name}\n{session}".encode()).hexdigest()


def _since(started: float) -> int:
    return round((monotonic() - started) * 1000)
