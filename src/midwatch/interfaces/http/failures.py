"""Every failure leaves in one form, with the request's id; what Midwatch did wrong itself is logged and not told."""

import math
import re
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as SlowPool
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from midwatch.interfaces.http.envelope import Failure
from midwatch.interfaces.http.protection import SECURITY_HEADERS, Header, with_security_headers
from midwatch.kit.clock import utc_now
from midwatch.kit.ids import new_id
from midwatch.kit.redaction import redact_text, redact_tree
from midwatch.services.errors import Conflict, Later, NoAccess, NotAllowed, NotKnown, Refusal, TooOften
from midwatch.store.errors import StoreError

_STATUS: dict[type[Refusal], int] = {
    Refusal: 400,
    NoAccess: 401,
    NotAllowed: 403,
    NotKnown: 404,
    Conflict: 409,
    TooOften: 429,
    Later: 503,
}
_AWAY = (
    StoreError,
    OperationalError,
    InterfaceError,
    SlowPool,
)  # what the store says when it is not there, or has no time
_AWAY_S = 5.0
_GIVEN = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
log = structlog.get_logger()


class RequestIds:
    """Gives each request an id, the caller's own where it sent a sane one, and sends it back; adds the headers all
    answers have."""

    def __init__(self, app: ASGIApp, always: tuple[Header, ...] = SECURITY_HEADERS) -> None:
        self._app, self._always = app, always

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        known = given if _GIVEN.fullmatch(given) else new_id("req", utc_now())
        scope.setdefault("state", {})["request_id"] = known

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_security_headers(
                    [*message["headers"], (b"x-request-id", known.encode())], self._always
                )
            await send(message)

        await self._app(scope, receive, answer)


def failure(
    request: Request, status: int, error: str, details: dict[str, Any] | None = None, after: float = 0.0
) -> JSONResponse:
    body = Failure(error=redact_text(error), details=redact_tree(details or {}), request_id=request.state.request_id)
    headers = {"Retry-After": str(max(1, math.ceil(after)))} if status in (429, 503) else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body.model_dump(), status, headers)


def install(app: FastAPI) -> None:
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for away in _AWAY:
        app.add_exception_handler(away, _no_store)
    app.add_exception_handler(DataError, _not_storable)
    app.add_exception_handler(Exception, _fault)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 (the type of an exception handler is the widest one)
    details = {"hint": error.hint} if error.hint else {}
    return failure(
        request, _STATUS[type(error)], error.reason, details, error.after if isinstance(error, Later) else 0.0
    )


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    problems = {".".join(str(p) for p in e["loc"]): e["msg"] for e in error.errors()}
    return failure(request, 400, f"{next(iter(problems), 'the request')} is not right", problems)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    said = (
        error.detail
        if error.detail != HTTPStatus(error.status_code).phrase
        else f"{request.method} {request.scope['path']}: {error.detail}"
    )
    answer = failure(request, error.status_code, said)
    answer.headers.update(error.headers or {})
    if error.status_code == 405:
        answer.headers["Allow"] = ", ".join(_allowed(request))
    return answer


def _allowed(request: Request) -> list[str]:
    """All methods of the path: each of its routes knows only its own. A path without a parameter is not one with."""
    path = request.scope["path"]
    own = {
        m for c in iter_route_contexts(request.app.routes) if getattr(c, "path", "") == path for m in c.methods or ()
    }
    routes = request.app.routes
    found = [
        m for m in _METHODS if any(route.matches({**request.scope, "method": m})[0] is Match.FULL for route in routes)
    ]
    return [m for m in found if not own or m in own]


async def _no_store(request: Request, error: Exception) -> JSONResponse:
    log.error(
        "store unavailable",
        request_id=request.state.request_id,
        path=request.scope["path"],
        error=type(error).__name__,
    )
    return failure(request, 503, "The store does not answer; nothing was changed.", after=_AWAY_S)


async def _not_storable(request: Request, _error: Exception) -> JSONResponse:
    """PostgreSQL takes no NUL sign and nothing longer than its column."""
    return failure(request, 400, "The request holds a text that cannot be stored; nothing was changed.")


async def _fault(request: Request, error: Exception) -> JSONResponse:
    """The edge of the HTTP interface: whatever was not foreseen is logged with the id that the caller gets to see."""
    log.error("request failed", request_id=request.state.request_id, path=request.scope["path"], exc_info=error)
    return failure(request, 500, "Midwatch could not do this; its log says more under this request id")
