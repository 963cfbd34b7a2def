from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from midwatch.domain.access import Actor
from midwatch.interfaces.http.access import ServerCtx, caller_of, local_when_open
from midwatch.interfaces.http.envelope import DENIED, FAILURES
from midwatch.services.metrics import exposition
from midwatch.services.serverhealth import ServerHealth, server_health, store_trouble

router = APIRouter(tags=["health"])
LOCAL = [Depends(local_when_open)]


@router.get("/healthz", response_class=PlainTextResponse, summary="The process lives")
async def healthz() -> str:
    return "ok"


@router.get(
    "/readyz",
    response_class=PlainTextResponse,
    summary="Alerts can be taken: the store takes writes",
    responses={503: {"description": "It does not; the text says why."}},
)
async def readyz(ctx: ServerCtx, caller: Annotated[Actor, caller_of(store_trouble)]) -> Response:
    """Asked of the store itself by a small write, at most one in three seconds. Whether somebody investigates is
    /health's to say."""
    trouble = await store_trouble(ctx, caller)
    return PlainTextResponse(trouble or "ok", 503 if trouble else 200)


@router.get(
    "/health",
    summary="What works, and how much is waiting",
    responses={401: DENIED[401], 503: {"model": ServerHealth, "description": "The store takes no writes."}},
    dependencies=LOCAL,
)
async def health(
    ctx: ServerCtx, caller: Annotated[Actor, caller_of(server_health)], response: Response
) -> ServerHealth:
    """`degraded` with its `reasons`: the store takes no writes (503), nobody works, or work has been waiting for long
    (both 200)."""
    found = await server_health(ctx, caller)
    response.status_code = 200 if found.store == "ok" else 503
    return found


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    summary="For Prometheus",
    responses={401: DENIED[401], 503: FAILURES[503]},
    dependencies=LOCAL,
)
async def metrics(ctx: ServerCtx, caller: Annotated[Actor, caller_of(exposition)]) -> Response:
    return Response(await exposition(ctx, caller), media_type=CONTENT_TYPE_LATEST)
