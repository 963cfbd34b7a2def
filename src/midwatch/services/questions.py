"""Questions in words: understood, looked into by whoever works, and answered; or asked back."""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from time import monotonic
from typing import Any

from midwatch.domain.access import AccessRole, Actor
from midwatch.domain.base import Model
from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.investigation import Answer, CaseFile, Request, question_request
from midwatch.domain.report import Report
from midwatch.domain.work import Investigation, RunState
from midwatch.questions.restate import restate
from midwatch.reports.compose import compose
from midwatch.reports.markdown import markdown
from midwatch.services.query_tools import QueryTool, query_tool, query_tools_of
from midwatch.services.queued_investigations import enqueue, get, storable_request
from midwatch.services.server_context import ServerContext
from midwatch.services.understanding import understand_question
from midwatch.services.use_case import Write, Writing, use_case
from midwatch.store import conversations, tool_calls

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


@use_case(needs=AccessRole.RESPONDER, audit="question.ask")
async def ask(
    ctx: ServerContext, caller: Actor, write: Write, question: str, session: str = "", namespace: str = ""
) -> Reply:
    """The answer, or as much of it as there is when the server's patience ends; the session then knows what was spoken
    of. Without a session each question stands on its own."""
    started, conversation = monotonic(), _conversation(caller, session)
    found = await asyncio.to_thread(_understood, ctx, question, conversation)
    if isinstance(found, Clarification):
        return Reply(
            response=_asked_back(found), session_id=session, choices=found.choices, duration_ms=_since(started)
        )
    reply = await _answered(ctx, caller, write, question, found, session, namespace)
    return reply.model_copy(update={"duration_ms": _since(started)})


@use_case(needs=AccessRole.VIEWER)
async def tools(ctx: ServerContext, _caller: Actor) -> list[QueryTool]:
    """What can be asked by name, with arguments."""
    return list(query_tools_of(ctx.areas).values())


@use_case(needs=AccessRole.RESPONDER, audit="tool.call")
async def call(ctx: ServerContext, caller: Actor, write: Write, name: str, arguments: Mapping[str, Any]) -> Reply:
    """The answer to what is asked by name; the investigation is called by the call. Raises NotKnown for a tool that
    does not exist, Refusal for arguments that are not right."""
    started = monotonic()
    intent = query_tool(name, ctx.areas).intent(arguments, ctx.now())
    told = ", ".join(f"{key}={value}" for key, value in arguments.items())
    reply = await _answered(ctx, caller, write, f"{name}({told})", intent)
    return reply.model_copy(update={"duration_ms": _since(started)})


async def _answered(
    ctx: ServerContext,
    caller: Actor,
    write: Write,
    question: str,
    intent: Intent,
    session: str = "",
    namespace: str = "",
) -> Reply:
    """Of what was understood already; `question` is how the investigation is called."""
    request = question_request(question, intent, namespace)
    run = await write(_queued, ctx, caller, request, _conversation(caller, session))
    run = await _ended(ctx, run.id)
    return await asyncio.to_thread(_reply, ctx, run, request.intent or intent, session)


def _understood(ctx: ServerContext, question: str, conversation: str) -> Intent | Clarification:
    before = None
    if conversation:
        with ctx.db.read() as tx:
            before = conversations.last(tx, conversation)
    return understand_question(question, ctx.entities, ctx.now(), ctx.areas, before)


def _queued(writing: Writing, ctx: ServerContext, caller: Actor, request: Request, conversation: str) -> Investigation:
    request = storable_request(request)
    run = enqueue(writing.tx, request, caller.name, ctx.now())
    if request.intent and conversation:
        spoken_of = request.intent.model_copy(update={"attribute": ""})
        conversations.set_intent(writing.tx, conversation, spoken_of, ctx.now())
    writing.audit(run.id)
    writing.after(ctx.wake)
    return run


async def _ended(ctx: ServerContext, run_id: str) -> Investigation:
    """The run when it is over, or as it is when patience ends."""
    end = monotonic() + ctx.settings.server.answer_within
    while True:
        run = await asyncio.to_thread(get, ctx, run_id)
        if run.state.is_final or monotonic() > end:
            return run
        await asyncio.sleep(POLL_S)


def _reply(ctx: ServerContext, run: Investigation, intent: Intent, session: str) -> Reply:
    restated = restate(intent, ctx.areas)
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
    with ctx.db.read() as tx:
        seen = tool_calls.evidence(tx, run.id)
    answer = Answer.model_validate_json(run.answer)
    report = compose(
        CaseFile(
            **answer.model_dump(include={"request", "source"}),
            evidence=tuple(seen),
            gaps=(),
            diagnosis=answer.diagnosis,
        )
    )
    tools = tuple(dict.fromkeys(e.tool for e in seen))
    return made.model_copy(
        update={"response": _spoken(report, intent, restated), "tools_used": tools, "answer": answer}
    )


def _spoken(report: Report, intent: Intent, restated: str) -> str:
    """The report, with what it is an answer to; one thing that was asked for gets one sentence."""
    if intent.attribute:
        return f"{report.headline} {report.marks}".strip() + "\n"
    return f"_{restated}_\n\n{markdown(report)}"


def _unfinished(run: Investigation) -> str:
    if run.state is RunState.FAILED:
        return f"Analysis unavailable: {run.reason}\n"
    return f"The investigation goes on: GET /api/v1/investigations/{run.id} has its answer when it is done.\n"


def _asked_back(found: Clarification) -> str:
    return "\n".join([found.question, *(f"- {choice}" for choice in found.choices)]) + "\n"


def _conversation(who: Actor, session: str) -> str:
    """Nobody goes on with another's conversation by guessing its name. "" without one: whoever shares a key would go on
    with what another asked."""
    return session and sha256(f"{who.key_id or who.name}\n{session}".encode()).hexdigest()


def _since(started: float) -> int:
    return round((monotonic() - started) * 1000)
