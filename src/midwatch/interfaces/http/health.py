from fastapi import APIRouter, Depends, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from midwatch.interfaces.http.access import TheDesk, local_when_open
from midwatch.interfaces.http.envelope import FAILURES
from midwatch.services.metrics import exposition
from midwatch.services.serverhealth import ServerHealth, server_health

router = APIRouter(tags=["health"])
LOCAL = [Depends(local_when_open)]


@router.get("/healthz", response_class=PlainTextResponse, summary="The process lives")
async def healthz() -> str:
    return "ok"


@router.get("/readyz", response_class=PlainTextResponse, summary="The store answers", responses={503: {"description": "It does not."}})
def readyz(desk: TheDesk) -> Response:
    health = server_health(desk)
    return PlainTextResponse("ok" if health.store == "ok" else health.store, 200 if health.store == "ok" else 503)


@router.get(
    "/health",
    summary="What works, and how much is waiting",
    responses={401: FAILURES[401], 503: {"model": ServerHealth, "description": "The store is away."}},
    dependencies=LOCAL,
)
def health(desk: TheDesk, response: Response) -> ServerHealth:
    found = server_health(desk)
    response.status_code = 200 if found.store == "ok" else 503
    return found


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    summary="For Prometheus",
    responses={401: FAILURES[401], 503: FAILURES[503]},
    dependencies=LOCAL,
)
def metrics(desk: TheDesk) -> Response:
    return Response(exposition(desk), media_type=CONTENT_TYPE_LATEST)
