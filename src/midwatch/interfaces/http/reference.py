"""Pages of the server for people: `/`, and the API at `/docs` and `/redoc`. Plain HTML with an own style sheet, without
scripts or anything from elsewhere; they need no key and hold nothing of the store."""

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from midwatch.interfaces.http import schema_reference
from midwatch.interfaces.http.openapi_html import (
    STYLE,
    ApiOperation,
    example,
    html_page,
    inputs,
    operations,
    paragraphs,
    prose,
    table,
)
from midwatch.interfaces.http.protection import PAGE_POLICY

router = APIRouter(include_in_schema=False)
_STATIC = Path(__file__).parent / "static"
_STYLE, _ICON = (_STATIC / "reference.css").read_bytes(), (_STATIC / "favicon.svg").read_bytes()
_CACHE = "public, max-age=3600"
_POLICY = {"Content-Security-Policy": PAGE_POLICY.decode()}
LINKS = {
    "/docs": "API: overview of all operations",
    "/redoc": "API: full reference with schemas",
    "/openapi.json": "OpenAPI document",
    "/health": "status of server, workers and queue (JSON)",
    "/readyz": "readiness",
    "/metrics": "metrics for Prometheus",
}


@router.api_route("/", methods=["GET", "HEAD"])
def start(request: Request) -> Response:
    """A page for browsers, the same links as JSON for other clients."""
    app = request.app
    if "text/html" in request.headers.get("accept", ""):
        page = _once(request, "start", lambda _: html_page(app.title, _start(app.title, app.version), "start"))
        return HTMLResponse(page, headers=_POLICY | {"Vary": "Accept"})
    return JSONResponse({"name": app.title, "version": app.version, "links": LINKS}, headers={"Vary": "Accept"})


@router.get("/docs")
def page(request: Request) -> HTMLResponse:
    return HTMLResponse(_once(request, "reference", reference), headers=_POLICY)


@router.get("/redoc")
def schemas(request: Request) -> HTMLResponse:
    return HTMLResponse(_once(request, "schema_reference", schema_reference.reference), headers=_POLICY)


@router.get(STYLE)
def style() -> Response:
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": _CACHE})


@router.get("/favicon.ico")
def icon() -> Response:
    return Response(_ICON, media_type="image/svg+xml", headers={"Cache-Control": _CACHE})


def _once(request: Request, name: str, make: Callable[[dict[str, Any]], str]) -> str:
    """A page is made at its first request and kept."""
    state = request.app.state
    if not hasattr(state, name):
        setattr(state, name, make(request.app.openapi()))
    return getattr(state, name)


def _start(title: str, version: str) -> Iterator[str]:
    yield f"<main><h1>{escape(title)}</h1><p>Version {escape(version)}. This server receives alerts at"
    yield "<code>/webhook/SOURCE</code>, investigates incidents and answers over a REST API.</p>"
    rows = ((f'<a href="{link}">{link}</a>', escape(meaning)) for link, meaning in LINKS.items())
    yield table(("path", "content"), rows)
    yield "<p>Incidents from a shell, with a key of <code>midwatch admin create NAME</code>:</p>"
    yield "<pre>export MIDWATCH_KEY=KEY\nmidwatch incidents list --url URL</pre></main>"


def reference(document: dict[str, Any]) -> str:
    """`document` is OpenAPI 3.1; the page holds all its operations, folded, grouped by their first tag."""
    info, tags = document["info"], operations(document)
    parts = [
        f"<main><h1>{escape(info['title'])} API</h1>",
        f"<p>{escape(info['description'])} Version {escape(info['version'])}.",
        'With all schemas: <a href="/redoc">full reference</a>.',
        'As a file: <a href="/openapi.json">openapi.json</a>.</p>',
        "<p>Send an API key as <code>Authorization: Bearer KEY</code> or <code>X-API-Key: KEY</code>.</p>",
        "<nav>" + "\n".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag, _ in tags) + "</nav>",
    ]
    for tag, found in tags:
        parts.append(f'<h2 id="{escape(tag)}">{escape(tag)}</h2>')
        parts.extend(_operation(document, operation) for operation in found)
    return html_page(f"{info['title']} API", [*parts, "</main>"])


def _operation(document: dict[str, Any], operation: ApiOperation) -> str:
    entry, method = operation.entry, operation.method
    answers = ((status, prose(answer.get("description", ""))) for status, answer in entry["responses"].items())
    return (
        f'<details><summary><span class="method {method}">{method.upper()}</span><span '
        f'class="path">{escape(operation.path)}</span>'
        f'<span class="what">{escape(entry["summary"])}</span><span '
        f'class="role">{operation.role}</span></summary>'
        f'<div class="operation">{paragraphs(entry.get("description", ""))}'
        f"{inputs(document, operation)}"
        f"{example(operation)}{table(('status', 'meaning'), answers)}</div></details>"
    )
