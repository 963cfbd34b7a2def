from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from midwatch.domain.access import Actor
from midwatch.domain.alert import AlertSeverity
from midwatch.domain.incident import Incident, IncidentStatus, TimelineEntry
from midwatch.interfaces.http.access import ServerCtx, caller_of
from midwatch.interfaces.http.envelope import FAILURES, Ok, Page, Paging
from midwatch.interfaces.http.runs import IncidentShown
from midwatch.interfaces.http.timestamps import Moment
from midwatch.interfaces.http.webhooks import NewAlert
from midwatch.services import incidents
from midwatch.services.server_context import ServerContext
from midwatch.store.incidents import Filter

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"], responses=FAILURES)
Id = Annotated[str, Path(max_length=40, description="the incident's id, inc_…")]
Name = Annotated[str, Query(max_length=200, description="person who does it, if not the owner of the key")]


class IncidentWanted(Paging):
    """What a list is narrowed to."""

    status: IncidentStatus | None = None
    severity: AlertSeverity | None = None
    service: str = Field(default="", max_length=300, description="exact name of the service")
    source: str = Field(
        default="", max_length=64, description="name of the alert source; `manual` for incidents created by people"
    )
    text: str = Field(default="", max_length=1000, description="text in title or description; case-insensitive")
    since: Moment | None = Field(default=None, description="created at or after this time; UTC without a time zone")
    until: Moment | None = Field(default=None, description="created at or before this time")

    @property
    def filter(self) -> Filter:
        return Filter(**self.model_dump(exclude={"page", "page_size"}))


class Changes(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(default=None, min_length=1, max_length=1000)
    description: str | None = Field(default=None, max_length=65_536)
    severity: AlertSeverity | None = None
    service: str | None = Field(default=None, max_length=300)

    def fields_given(self) -> dict[str, Any]:
        return {name: value for name, value in self.model_dump().items() if value is not None}


class Action(BaseModel):
    action: Literal["acknowledge", "resolve", "reopen", "note", "investigate"]
    text: str = Field(default="", max_length=65_536, description="the note, or the resolution")


@router.post("", status_code=201, summary="Create an incident, grouped with an open one of the same service")
async def create(
    alert: NewAlert, ctx: ServerCtx, caller: Annotated[Actor, caller_of(incidents.create)]
) -> Ok[Incident]:
    return Ok(data=await incidents.create(ctx, caller, *alert.texts))


@router.get("", summary="List incidents, newest first")
async def list_incidents(
    ctx: ServerCtx,
    caller: Annotated[Actor, caller_of(incidents.list_incidents)],
    wanted: Annotated[IncidentWanted, Query()],
) -> Page[Incident]:
    found, total = await incidents.list_incidents(ctx, caller, wanted.filter, wanted.page, wanted.page_size)
    return Page[Incident].of(found, total, wanted.page, wanted.page_size)


@router.get("/changes", summary="List changes of all incidents after a cursor")
async def changes(
    ctx: ServerCtx,
    caller: Annotated[Actor, caller_of(incidents.changes)],
    after: Annotated[
        int | None, Query(ge=0, le=2**53, description="the cursor; left out: only where it is now")
    ] = None,
    severity: AlertSeverity | None = None,
    service: Annotated[str, Query(max_length=300, description="exactly this one")] = "",
) -> Ok[incidents.IncidentChanges]:
    return Ok(data=await incidents.changes(ctx, caller, after, severity or "", service))


@router.get("/{incident_id}", summary="Get an incident with its alerts and investigations")
async def get(
    incident_id: Id, ctx: ServerCtx, caller: Annotated[Actor, caller_of(incidents.details)]
) -> Ok[IncidentShown]:
    return Ok(data=IncidentShown.of(await incidents.details(ctx, caller, incident_id)))


@router.patch("/{incident_id}", summary="Update title, description, severity or service")
async def update(
    incident_id: Id, changes: Changes, ctx: ServerCtx, caller: Annotated[Actor, caller_of(incidents.update)]
) -> Ok[Incident]:
    return Ok(data=await incidents.update(ctx, caller, incident_id, changes.fields_given()))


@router.post("/{incident_id}/actions", summary="Perform an action: acknowledge, resolve, reopen, note or investigate")
async def act(
    incident_id: Id, action: Action, ctx: ServerCtx, caller: Annotated[Actor, caller_of(incidents.acknowledge)]
) -> Ok[Incident]:
    return Ok(data=await _ACTIONS[action.action](ctx, caller, incident_id, action.text))


@router.get("/{incident_id}/timeline", summary="Get the timeline of an incident")
async def timeline(
    incident_id: Id,
    ctx: ServerCtx,
    caller: Annotated[Actor, caller_of(incidents.entries)],
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> Ok[list[TimelineEntry]]:
    return Ok(data=await incidents.entries(ctx, caller, incident_id, after))


@router.get("/{incident_id}/related", summary="List related incidents of the last 30 days")
async def list_related(
    incident_id: Id,
    ctx: ServerCtx,
    caller: Annotated[Actor, caller_of(incidents.list_related)],
    limit: Annotated[int, Query(ge=1, le=100)] = 5,
) -> Ok[list[Incident]]:
    return Ok(data=await incidents.list_related(ctx, caller, incident_id, limit))


@router.post("/{incident_id}/acknowledge", summary="Acknowledge an incident")
async def acknowledge(
    incident_id: Id, ctx: ServerCtx, caller: Annotated[Actor, caller_of(incidents.acknowledge)], user: Name = ""
) -> Ok[Incident]:
    return Ok(data=await incidents.acknowledge(ctx, caller, incident_id, user))


@router.post("/{incident_id}/resolve", summary="Resolve an incident")
async def resolve(
    incident_id: Id,
    ctx: ServerCtx,
    caller: Annotated[Actor, caller_of(incidents.resolve)],
    user: Name = "",
    resolution: Annotated[str, Query(max_length=4000)] = "",
) -> Ok[Incident]:
    return Ok(data=await incidents.resolve(ctx, caller, incident_id, user, resolution))


# The verbs that can be named in one request; each with the id and the text.
_ACTIONS: dict[str, Callable[[ServerContext, Actor, str, str], Awaitable[Incident]]] = {
    "acknowledge": lambda ctx, caller, incident_id, _text: incidents.acknowledge(ctx, caller, incident_id),
    "resolve": lambda ctx, caller, incident_id, text: incidents.resolve(ctx, caller, incident_id, "", text),
    "reopen": lambda ctx, caller, incident_id, _text: incidents.reopen(ctx, caller, incident_id),
    "note": incidents.note,
    "investigate": lambda ctx, caller, incident_id, _text: incidents.look_again(ctx, caller, incident_id),
}
