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


@router.get("/healthz", response_class=PlainTextResponse, summary="Liveness probe")
async def healthz() -> str:
    return "ok"


@router.get(
    "/readyz",
    response_class=PlainTextResponse,
    summary="Readiness probe: the store accepts writes",
    responses={503: {"description": "The store does not accept writes; the text has the reason."}},
)
async def readyz(ctx: ServerCtx, caller: Annotated[Actor, caller_of(store_trouble)]) -> Response:
    """Tested with a small write to the store, at most every 3 s. Workers are not checked here but in
    GET /health."""
    trouble = await store_trouble(ctx, caller)
    return PlainTextResponse(trouble or "ok", 503 if trouble else 200)


@router.get(
    "/health",
    summary="Status of store, workers, queue and clusters",
    responses={401: DENIED[401], 503: {"model": ServerHealth, "description": "The store does not accept writes."}},
    dependencies=LOCAL,
)
async def health(
    ctx: ServerCtx, caller: Annotated[Actor, caller_of(server_health)], response: Response
) -> ServerHealth:
    """`degraded` with `reasons`: the store does not accept writes (503), no worker is alive, an investigation has
    been queued for more than 5 minutes, or a worker cannot reach its cluster (200)."""
    found = await server_health(ctx, caller)
    response.status_code = 200 if found.store == "ok" else 503
    return found


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    summary="Metrics for Prometheus",
    responses={401: DENIED[401], 503: FAILURES[503]},
    dependencies=LOCAL,
)
async def metrics(ctx: ServerCtx, caller: Annotated[Actor, caller_of(exposition)]) -> Response:
    return Response(await exposition(ctx, caller), media_type=CONTENT_TYPE_LATEST)
