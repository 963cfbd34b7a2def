from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from midwatch.interfaces.http.access import TheDesk
from midwatch.services.metrics import exposition
from midwatch.services.serverhealth import ServerHealth, server_health

router = APIRouter(tags=["health"])


@router.get("/healthz", response_class=PlainTextResponse, summary="The process lives")
async def healthz() -> str:
    return "ok"


@router.get("/readyz", response_class=PlainTextResponse, summary="The store answers")
async def readyz(desk: TheDesk) -> Response:
    health = await server_health(desk)
    return PlainTextResponse("ok" if health.store == "ok" else health.store, 200 if health.store == "ok" else 503)


@router.get("/health", summary="What works, and how much is waiting")
async def health(desk: TheDesk) -> ServerHealth:
    return await server_health(desk)


@router.get("/metrics", response_class=PlainTextResponse, summary="For Prometheus")
async def metrics(desk: TheDesk) -> Response:
    return Response(await exposition(desk), media_type=CONTENT_TYPE_LATEST)
