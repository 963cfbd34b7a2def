"""The HTTP interface: thin over the services. A router is one noun; what every answer looks like is in envelope.py."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from midwatch.interfaces.http import (
    failures,
    health,
    incidents,
    investigations,
    keys,
    query,
    reference,
    tools,
    webhooks,
)
from midwatch.interfaces.http.access import Rates
from midwatch.interfaces.http.body import Bodies
from midwatch.interfaces.http.envelope import DENIED
from midwatch.interfaces.http.limits import ConnectionLimits
from midwatch.interfaces.http.load import Concurrency, Streams
from midwatch.interfaces.http.protection import security_headers
from midwatch.services.server_context import ServerContext

_FAILURE = {"$ref": "#/components/schemas/Failure"}
_DENIED = {
    str(status): {
        "description": answer["description"],
        "content": {"application/json": {"schema": _FAILURE}},
        "headers": answer["headers"],
    }
    for status, answer in DENIED.items()
}


def _describe(answer: dict[str, Any]) -> None:
    if answer["description"] == "Successful Response":
        answer["description"] = "Success."
    content = answer.get("content", {})
    for kind in [kind for kind, body in content.items() if body.get("schema") == _FAILURE]:
        content["application/json"] = content.pop(kind)


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Without what FastAPI adds by itself and nobody gets here: requests that are not right are answered with 400,
        and a failure is JSON where the answer is a stream or a file as well."""
        if self.openapi_schema is None:
            found = super().openapi()
            for operation in (op for path in found["paths"].values() for op in path.values()):
                operation["responses"].pop("422", None)
                answers = operation["responses"] | (_DENIED if operation.get("security") else {})
                operation["responses"] = dict(sorted(answers.items()))
                for answer in operation["responses"].values():
                    _describe(answer)
            for name in ("HTTPValidationError", "ValidationError"):
                found["components"]["schemas"].pop(name, None)
            self.openapi_schema = found
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        """Outermost of all, so that the answer to a fault of ours has an id and the security headers as well."""
        return failures.RequestIds(super().build_middleware_stack(), self.state.security_headers)


def create_app(ctx: ServerContext, limits: ConnectionLimits | None = None) -> FastAPI:
    """`limits` are those of the connections it is served on."""
    app, server = _api(), ctx.settings.server
    app.state.ctx, app.state.rates, app.state.streams = ctx, Rates(ctx), Streams(server)
    app.state.security_headers = security_headers(server.url)
    app.add_middleware(Bodies, largest=server.largest_body)
    app.add_middleware(Concurrency, server=server, limits=limits or ConnectionLimits.of(server))
    if server.cors_origins:  # around all others: a page may read why it is refused
        app.add_middleware(
            CORSMiddleware,
            allow_origins=server.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "X-API-Key", "X-Request-ID"],
            expose_headers=["Retry-After", "X-Request-ID"],
            allow_credentials=False,  # a key is sent as a header; a browser's own credentials are never wanted
        )
    failures.install(app)
    return app


def warm(app: FastAPI) -> FastAPI:
    """Has FastAPI make the routes now, 0.1 s in all, which it leaves to the first request of each router otherwise."""
    for _ in iter_route_contexts(app.routes):
        pass
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, without a server."""
    return _api().openapi()


def _api() -> FastAPI:
    app = Api(
        title="Midwatch",
        version=version("midwatch"),
        description="Receives alerts, groups them into incidents, investigates them. Every statement cites evidence.",
        docs_url=None,
        redoc_url=None,
    )
    for module in (health, query, tools, webhooks, incidents, investigations, keys, reference):
        app.include_router(module.router)
    return app
