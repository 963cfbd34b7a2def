"""Parts of an OpenAPI document as HTML, for the pages of the API: all text is escaped here."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

from midwatch.domain.access import KeylessRole

STYLE = "/static/reference.css"
Row = tuple[str, ...]
_CODE = re.compile(r"`([^`]+)`")
_INPUTS = ("parameter", "in", "type", "default", "meaning")


class ApiOperation(NamedTuple):
    """One method of one path; `entry` is its object in the document."""

    tag: str
    method: str
    path: str
    entry: dict[str, Any]

    @property
    def role(self) -> str:
        """The role a key needs."""
        scopes = [scope for one in self.entry.get("security", ()) for names in one.values() for scope in names]
        return "key or signature" if KeylessRole.SENDER in scopes else escape((scopes or ["no key"])[0])


def operations(document: dict[str, Any]) -> list[tuple[str, list[ApiOperation]]]:
    """All operations of a document, grouped by their first tag."""
    found = [
        ApiOperation(entry["tags"][0], method, path, entry)
        for path, methods in document["paths"].items()
        for method, entry in methods.items()
    ]
    return [(tag, list(some)) for tag, some in groupby(sorted(found, key=lambda o: o.tag), key=lambda o: o.tag)]


def html_page(title: str, content: Iterable[str], kind: str = "") -> str:
    """A whole page; `kind` is the class of its body."""
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<link rel="stylesheet" href="{STYLE}"></head><body class="{kind}">',
            *content,
            "</body></html>\n",
        ]
    )


def prose(text: str) -> str:
    """A text with its `code` as HTML."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def paragraphs(text: str) -> str:
    return "".join(f"<p>{prose(p)}</p>" for p in text.split("\n\n") if p)


def table(names: Row, rows: Iterable[Row]) -> str:
    """Cells are HTML. Empty without rows."""
    shown = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th>{name}</th>" for name in names)
    return f'<div class="table"><table><tr>{head}</tr>{shown}</table></div>' if shown else ""


def inputs(document: dict[str, Any], operation: ApiOperation, named: Callable[[str], str] = escape) -> str:
    """Table of the parameters and of the fields of the body."""
    return table(_INPUTS, _inputs(document, operation.entry, named))


def _inputs(document: dict[str, Any], entry: dict[str, Any], named: Callable[[str], str]) -> Iterator[Row]:
    for given in entry.get("parameters", ()):
        meaning = given.get("description", "")
        yield _input(given["name"], given["in"], given["schema"], given["required"], meaning, named)
    schema = _body(entry).get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][_name(schema)]
    for name, field in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        yield _input(name, "body", field, required, field.get("description", ""), named)


def _input(
    name: str, place: str, schema: dict[str, Any], required: bool, meaning: str, named: Callable[[str], str]
) -> Row:
    default = "required" if required else "" if schema.get("default") is None else str(schema["default"])
    return escape(name), place, type_of(schema, named), escape(default), prose(meaning)


def _body(entry: dict[str, Any]) -> dict[str, Any]:
    contents: list[dict[str, Any]] = list(entry.get("requestBody", {}).get("content", {}).values())
    return contents[0] if contents else {}


def type_of(schema: dict[str, Any], named: Callable[[str], str] = escape) -> str:
    """The type of a value; `named` writes the name of a schema, for example as a link to it."""
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(type_of(one, named) for one in schema[several])
    if "enum" in schema:
        return escape(", ".join(str(value) for value in schema["enum"]))
    if "const" in schema:
        return escape(json.dumps(schema["const"]))
    if "$ref" in schema:
        return named(_name(schema))
    if schema.get("items"):
        return f"array of {type_of(schema['items'], named)}"
    return escape(schema.get("format") or str(schema.get("type", "any")))


def _name(schema: dict[str, Any]) -> str:
    return schema["$ref"].rpartition("/")[2]


def example(operation: ApiOperation) -> str:
    """A curl command for the operation."""
    method = operation.method
    parts = ["curl", *(["-X", method.upper()] if method != "get" else []), f"$MIDWATCH{operation.path}"]
    if operation.entry.get("security"):
        parts.append('-H "X-API-Key: $KEY"')
    if "requestBody" in operation.entry:
        parts.append("-H 'Content-Type: application/json' -d @request.json")
    return f"<pre>{escape(' '.join(parts))}</pre>"
