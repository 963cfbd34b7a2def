"""The full reference of the API on one page: each operation with its request and responses, and every schema.

ReDoc itself is 1.1 MB of JavaScript, a third of this package's size, and needs inline styles and a worker made of a
blob, which the content security policy of these pages refuses.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

from midwatch.interfaces.http.openapi_html import (
    ApiOperation,
    Row,
    example,
    html_page,
    inputs,
    operations,
    paragraphs,
    prose,
    table,
    type_of,
)


def reference(document: dict[str, Any]) -> str:
    """`document` is OpenAPI 3.1."""
    info, tags, models = document["info"], operations(document), document["components"]["schemas"]
    parts = [
        '<nav class="side">',
        *(line for tag, found in tags for line in _menu(tag, found)),
        '<a class="group" href="#schemas">Schemas</a>',
        *(_link(name) for name in sorted(models)),
        "</nav><main>",
        f"<h1>{escape(info['title'])} API reference</h1>",
        f"<p>{escape(info['description'])} Version {escape(info['version'])}.",
        'Shorter: <a href="/docs">overview</a>. As a file: <a href="/openapi.json">openapi.json</a>.</p>',
        "<p>Send an API key as <code>Authorization: Bearer KEY</code> or <code>X-API-Key: KEY</code>.</p>",
    ]
    for tag, found in tags:
        parts.append(f'<h2 id="{escape(tag)}">{escape(tag)}</h2>')
        parts.extend(_operation(document, operation) for operation in found)
    parts.append('<h2 id="schemas">Schemas</h2>')
    parts.extend(_schema(name, models[name]) for name in sorted(models))
    return html_page(f"{info['title']} API reference", [*parts, "</main>"], "sided")


def _menu(tag: str, found: list[ApiOperation]) -> Iterator[str]:
    yield f'<a class="group" href="#{escape(tag)}">{escape(tag)}</a>'
    for operation in found:
        yield f'<a href="#{_id(operation)}">{escape(operation.entry["summary"])}</a>'


def _operation(document: dict[str, Any], operation: ApiOperation) -> str:
    entry, method = operation.entry, operation.method
    return (
        f'<section id="{_id(operation)}"><h3>{escape(entry["summary"])}</h3>'
        f'<p class="line"><span class="method {method}">{method.upper()}</span> '
        f'<span class="path">{escape(operation.path)}</span> <span class="role">{operation.role}</span></p>'
        f"{paragraphs(entry.get('description', ''))}{example(operation)}"
        f"{inputs(document, operation, _link)}"
        f"{table(('status', 'body', 'meaning'), _responses(entry))}</section>"
    )


def _responses(entry: dict[str, Any]) -> Iterator[Row]:
    for status, answer in entry["responses"].items():
        bodies = (
            type_of(content["schema"], _link) if kind == "application/json" else escape(kind)
            for kind, content in answer.get("content", {}).items()
        )
        yield status, " or ".join(bodies), prose(answer.get("description", ""))


def _schema(name: str, schema: dict[str, Any]) -> str:
    fields = (
        (
            escape(field),
            type_of(value, _link),
            "yes" if field in schema.get("required", ()) else "",
            prose(value.get("description", "")),
        )
        for field, value in schema.get("properties", {}).items()
    )
    shown = table(("field", "type", "required", "meaning"), fields) or f"<p>{type_of(schema, _link)}</p>"
    return (
        f'<section id="{_anchor(name)}"><h3>{_shown(name)}</h3>{paragraphs(schema.get("description", ""))}'
        f"{shown}</section>"
    )


def _id(operation: ApiOperation) -> str:
    return escape(operation.entry["operationId"])


def _anchor(name: str) -> str:
    return f"schema-{escape(name)}"


def _link(name: str) -> str:
    return f'<a href="#{_anchor(name)}">{_shown(name)}</a>'


def _shown(name: str) -> str:
    """Generic models as they are written in code: Ok[list[Incident]] for Ok_list_Incident__."""
    parts = name.rstrip("_").split("_") if name.endswith("_") else [name]
    return escape("[".join(parts) + "]" * (len(parts) - 1))
