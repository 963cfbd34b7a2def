import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from midwatch.domain.evidence import Evidence
from midwatch.domain.investigation import Request
from midwatch.domain.work import Run, RunState
from midwatch.interfaces.http.access import Responder, TheDesk, Viewer
from midwatch.interfaces.http.envelope import FAILURES, Ok, Page
from midwatch.services import runs

router = APIRouter(prefix="/api/v1/investigations", tags=["investigations"], responses=FAILURES)
Id = Annotated[str, Path(max_length=40, description="the investigation's id, inv_…")]
WATCH_S = 0.3  # how soon a watcher sees what happened


class Question(BaseModel):
    question: str = Field(default="", max_length=10_000, description="in words; empty: what is wrong?")
    namespace: str = Field(default="", max_length=253, description="empty: all of them")


@router.post("", status_code=202, summary="Ask for an investigation")
async def create(question: Question, desk: TheDesk, who: Responder) -> Ok[Run]:
    return Ok(data=await runs.ask(desk, Request(question=question.question, namespace=question.namespace), who.name))


@router.get("", summary="Investigations, newest first")
async def listed(
    desk: TheDesk,
    _who: Viewer,
    state: RunState | None = None,
    incident: Annotated[str, Query(max_length=40)] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Page[Run]:
    found, total = await runs.listed(desk, page, page_size, state, incident)
    return Page[Run].of(found, total, page, page_size)


@router.get("/{run_id}", summary="An investigation and, when it is done, its answer")
async def get(run_id: Id, desk: TheDesk, _who: Viewer) -> Ok[Run]:
    return Ok(data=await runs.get(desk, run_id))


@router.get("/{run_id}/evidence", summary="Everything the answer cites, as it was seen")
async def evidence(run_id: Id, desk: TheDesk, _who: Viewer) -> Ok[list[Evidence]]:
    return Ok(data=await runs.evidence(desk, run_id))


@router.post("/{run_id}/cancel", summary="Take it back")
async def cancel(run_id: Id, desk: TheDesk, who: Responder) -> Ok[Run]:
    return Ok(data=await runs.cancel(desk, run_id, who.name))


@router.get("/{run_id}/bundle", summary="All evidence in one file", response_class=Response)
async def bundle(run_id: Id, desk: TheDesk, _who: Viewer) -> Response:
    packed = await runs.bundle(desk, run_id)
    return Response(packed, media_type="application/gzip", headers={"Content-Disposition": f'attachment; filename="{run_id}.tgz"'})


@router.get("/{run_id}/events", summary="What happens, as it happens", response_class=EventSourceResponse)
async def events(
    run_id: Id, desk: TheDesk, _who: Viewer, last_event_id: Annotated[str, Header(max_length=20)] = ""
) -> AsyncGenerator[ServerSentEvent]:
    """Server-sent events, from behind `Last-Event-ID` on; the stream ends with the investigation."""
    seen = int(last_event_id) if last_event_id.isdigit() else 0
    run = await runs.get(desk, run_id)
    while True:
        for event in await runs.told(desk, run_id, seen):
            seen = event.seq
            yield ServerSentEvent(raw_data=json.dumps({"at": event.at.isoformat(), **event.data}), event=event.kind, id=str(event.seq))
        if run.state.over:
            return
        await asyncio.sleep(WATCH_S)
        run = await runs.get(desk, run_id)
