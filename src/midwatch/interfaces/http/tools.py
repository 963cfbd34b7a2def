from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, Field

from midwatch.domain.access import Actor
from midwatch.interfaces.http.access import ServerCtx, TheRates, caller_of
from midwatch.interfaces.http.envelope import FAILURES, Ok
from midwatch.services import questions
from midwatch.services.questions import Reply

router = APIRouter(prefix="/tools", tags=["questions"], responses=FAILURES)


class ToolShown(BaseModel):
    name: str
    description: str
    parameters: dict[str, Any] = Field(description="JSON schema of the arguments")


@router.get("", summary="List query tools")
async def list_tools(ctx: ServerCtx, caller: Annotated[Actor, caller_of(questions.tools)]) -> Ok[list[ToolShown]]:
    """For programs and agents: each tool with the JSON schema of its arguments."""
    found = [
        ToolShown(name=e.name, description=e.description, parameters=e.parameters.model_json_schema())
        for e in await questions.tools(ctx, caller)
    ]
    return Ok(data=found)


@router.post("/{name}", summary="Call a query tool")
async def call_tool(
    name: Annotated[str, Path(max_length=64)],
    arguments: Annotated[dict[str, Any], Body(max_length=20, examples=[{"spike_timestamp": "2026-11-20T02:00:00Z"}])],
    ctx: ServerCtx,
    rates: TheRates,
    caller: Annotated[Actor, caller_of(questions.call)],
) -> Reply:
    """Same response and rate limit as POST /query."""
    rates.query(caller.key_id or caller.name)
    return await questions.call(ctx, caller, name, arguments)
