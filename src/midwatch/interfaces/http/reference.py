"""The reference of the API as one page of plain HTML, made from the OpenAPI document: no script, nothing from
elsewhere."""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from midwatch.domain.access import KeylessRole
from midwatch.interfaces.http.protection import PAGE_POLICY

router = APIRouter(include_in_schema=False)
_STYLE = (Path(__file__).parent / "static" / "reference.css").read_bytes()
_CACHE = "public, max-age=3600"


@router.get("/docs")
def page(request: Request) -> HTMLResponse:
    state = request.app.state
    if not hasattr(state, "reference"):
        state.reference = reference(request.app.openapi())
    return HTMLResponse(state.reference, headers={"Content-Security-Policy": PAGE_POLICY.decode()})


@router.get("/static/reference.css")
def style() -> Response:
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": _CACHE})


def reference(document: dict[str, Any]) -> str:
    """`document` is OpenAPI 3.1; the page holds all its paths, grouped by their first tag."""
    info = document["info"]
    operations = [
        (op["tags"][0], method, path, op)
        for path, methods in document["paths"].items()
        for method, op in methods.items()
    ]
    tags = [(tag, list(found)) for tag, found in groupby(sorted(operations, key=lambda o: o[0]), key=lambda o: o[0])]
    parts = [
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])} API</title>',
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" '
        'href="/static/reference.css"></head><body><main>',
        f"<h1>{escape(info['title'])} API</h1><p>{escape(info['description'])} Version {escape(info['version'])}, ",
        'as a file: <a href="/openapi.json">openapi.json</a>.</p>',
        "<p>Send an API key as <code>Authorization: Bearer mw_…</code> or <code>X-API-Key</code>.</p>",
        "<nav>" + "\n".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag, _ in tags) + "</nav>",
    ]
    for tag, found in tags:
        parts.append(f'<h2 id="{escape(tag)}">{escape(tag)}</h2>')
        parts.extend(_operation(document, method, path, operation) for _, method, path, operation in found)
    return "\n".join([*parts, "</main></body></html>\n"])


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    text = "".join(f"<p>{escape(p)}</p>" for p in operation.get("description", "").split("\n\n") if p)
    answers = [(status, answer.get("description", "")) for status, answer in operation["responses"].items()]
    return (
        f'<details><summary><span class="method {method}">{method.upper()}</span><span '
        f'class="path">{escape(path)}</span>'
        f'<span class="what">{escape(operation["summary"])}</span><span '
        f'class="role">{_role(operation)}</span></summary>'
        f'<div class="operation">{text}'
        f"{_table(('parameter', 'in', 'type', 'default', 'meaning'), _inputs(document, operation))}"
        f"{_example(method, path, operation)}{_table(('status', 'meaning'), answers)}</div></details>"
    )


def _role(operation: dict[str, Any]) -> str:
    scopes = [scope for entry in operation.get("security", ()) for names in entry.values() for scope in names]
    return "key or signature" if KeylessRole.SENDER in scopes else escape((scopes or ["no key"])[0])


def _inputs(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for given in operation.get("parameters", ()):
        yield _row(given["name"], given["in"], given["schema"], given["required"], given.get("description", ""))
    schema = _body(operation).get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, field in schema.get("properties", {}).items():
        yield _row(name, "body", field, name in schema.get("required", ()), field.get("description", ""))


def _row(name: str, place: str, schema: dict[str, Any], required: bool, meaning: str) -> tuple[str, ...]:
    default = "required" if required else "" if schema.get("default") is None else str(schema["default"])
    return name, place, _type(schema), default, meaning


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    return (
        schema["$ref"].rpartition("/")[2]
        if "$ref" in schema
        else schema.get("format") or str(schema.get("type", "any"))
    )


def _body(operation: dict[str, Any]) -> dict[str, Any]:
    contents: list[dict[str, Any]] = list(operation.get("requestBody", {}).get("content", {}).values())
    return contents[0] if contents else {}


def _example(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = ["curl", *(["-X", method.upper()] if method != "get" else []), f"$MIDWATCH{path}"]
    if operation.get("security"):
        parts.append('-H "X-API-Key: $KEY"')
    if "requestBody" in operation:
        parts.append("-H 'Content-Type: application/json' -d @request.json")
    return f"<pre>{escape(' '.join(parts))}</pre>"


def _table(names: tuple[str, ...], rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> str:
    shown = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th>{name}</th>" for name in names)
    return f"<table><tr>{head}</tr>{shown}</table>" if shown else ""
