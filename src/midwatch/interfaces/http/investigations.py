import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from midwatch.domain.access import Actor
from midwatch.domain.evidence import Evidence
from midwatch.domain.limits import LONGEST_QUESTION
from midwatch.domain.work import Investigation, RunState
from midwatch.interfaces.http.access import ServerCtx, TheStreams, caller_of
from midwatch.interfaces.http.envelope import FAILURES, Ok, Page, Paging
from midwatch.interfaces.http.runs import RunAnswered, RunShown
from midwatch.services import investigations

router = APIRouter(prefix="/api/v1/investigations", tags=["investigations"], responses=FAILURES)
Id = Annotated[str, Path(max_length=40, description="the investigation's id, inv_…")]
LastEvent = Annotated[str, Header(description="id of the last event received; the stream resumes after it")]
BUNDLE = {"application/gzip": {"schema": {"type": "string", "format": "binary"}}}


class QuestionBody(BaseModel):
    question: str = Field(default="", max_length=LONGEST_QUESTION, description="in words; empty: what is wrong?")
    namespace: str = Field(default="", max_length=253, pattern=r"^[a-z0-9.-]*$", description="empty: all of them")


class InvestigationWanted(Paging):
    state: RunState | None = None
    incident: str = Field(default="", max_length=40, description="the id of an incident")


async def the_run(run_id: Id, ctx: ServerCtx, caller: Annotated[Actor, caller_of(investigations.get)]) -> Investigation:
    """Asked for before a stream begins: afterwards it is too late to say that there is none."""
    return await investigations.get(ctx, caller, run_id)


async def one_stream(
    streams: TheStreams, caller: Annotated[Actor, caller_of(investigations.get)]
) -> AsyncGenerator[None]:
    """Counted until the stream ends, however it ends."""
    with streams.one(caller.key_id or caller.name):
        yield


@router.post("", status_code=202, summary="Start an investigation")
async def create(
    question: QuestionBody, ctx: ServerCtx, caller: Annotated[Actor, caller_of(investigations.question)]
) -> Ok[RunShown]:
    return Ok(data=RunShown.of(await investigations.question(ctx, caller, question.question, question.namespace)))


@router.get("", summary="List investigations, newest first")
async def list_investigations(
    ctx: ServerCtx,
    caller: Annotated[Actor, caller_of(investigations.list_investigations)],
    wanted: Annotated[InvestigationWanted, Query()],
) -> Page[RunShown]:
    found, total = await investigations.list_investigations(
        ctx, caller, wanted.page, wanted.page_size, wanted.state, wanted.incident
    )
    return Page[RunShown].of([RunShown.of(run) for run in found], total, wanted.page, wanted.page_size)


@router.get("/{run_id}", summary="Get an investigation and its answer")
def get(run: Annotated[Investigation, Depends(the_run)]) -> Ok[RunAnswered]:
    # In a thread, not on the loop: an answer may be long to read.
    return Ok(data=RunAnswered.of(run))


@router.get("/{run_id}/evidence", summary="List the evidence of an investigation")
async def evidence(
    run_id: Id, ctx: ServerCtx, caller: Annotated[Actor, caller_of(investigations.evidence)]
) -> Ok[list[Evidence]]:
    return Ok(data=await investigations.evidence(ctx, caller, run_id))


@router.post("/{run_id}/cancel", summary="Cancel an investigation")
async def cancel(
    run_id: Id, ctx: ServerCtx, caller: Annotated[Actor, caller_of(investigations.cancel)]
) -> Ok[RunShown]:
    return Ok(data=RunShown.of(await investigations.cancel(ctx, caller, run_id)))


@router.get(
    "/{run_id}/bundle",
    summary="Download the evidence bundle",
    response_class=Response,
    responses={200: {"content": BUNDLE, "description": "a .tgz for `midwatch replay`"}},
)
async def bundle(run_id: Id, ctx: ServerCtx, caller: Annotated[Actor, caller_of(investigations.bundle)]) -> Response:
    packed = await investigations.bundle(ctx, caller, run_id)
    return Response(
        packed, media_type="application/gzip", headers={"Content-Disposition": f'attachment; filename="{run_id}.tgz"'}
    )


@router.get(
    "/{run_id}/events",
    summary="Stream the events of an investigation",
    response_class=EventSourceResponse,
    dependencies=[Depends(one_stream)],
)
async def events(
    run: Annotated[Investigation, Depends(the_run)],
    ctx: ServerCtx,
    last_event_id: LastEvent = "",
) -> AsyncGenerator[ServerSentEvent]:
    """Server-sent events. The stream ends with `done`, `failed` or `cancelled`; it pauses while the store is
    unavailable."""
    async with aclosing(ctx.events.follow(run.id, _number(last_event_id))) as followed:
        async for event in followed:
            told = json.dumps({"at": event.at.isoformat(), **event.data})
            yield ServerSentEvent(raw_data=told, event=event.kind, id=str(event.seq))


def _number(given: str) -> int:
    """0 for what is no id of ours: better told twice than not at all."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else 0
