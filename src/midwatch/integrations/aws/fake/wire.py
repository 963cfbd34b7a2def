"""Wire formats of AWS's services: JSON, and the XML of the query protocols."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from xml.sax.saxutils import escape

import msgspec

Json = dict[str, Any]


class WireRefusal(Exception):
    """An error response with AWS's own code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass(frozen=True)
class WireRequest:
    """One request. `service` is ec2, sts, cloudwatch or logs; `body` the decoded JSON or the form's fields."""

    service: str
    action: str
    body: Json


@dataclass(frozen=True)
class WireAnswer:
    content: bytes
    kind: str
    status: int = 200


def answer(request: WireRequest, found: Json) -> WireAnswer:
    match request.service:
        case "ec2":
            name = f"{request.action}Response"
            inner = xml(found | {"requestId": "r-1"})
            return _xml(f'<{name} xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{inner}</{name}>')
        case "sts":
            name = request.action
            return _xml(
                f"<{name}Response "
                f'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{name}Result>{xml(found)}</{name}Result></{name}Response>'
            )
        case _:
            return _json(found, 200, request.service)


def refuse(request: WireRequest, refusal: WireRefusal) -> WireAnswer:
    code, text, status = refusal.code, escape(str(refusal)), refusal.status
    match request.service:
        case "ec2":
            error = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
            inner = f"<Errors>{error}</Errors><RequestID>r-1</RequestID>"
            return _xml(f"<Response>{inner}</Response>", status)
        case "sts":
            error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error>"
            inner = f"{error}<RequestId>r-1</RequestId>"
            return _xml(f"<ErrorResponse>{inner}</ErrorResponse>", status)
        case _:
            return _json({"__type": code, "message": str(refusal)}, status, request.service)


def xml(value: object) -> str:
    """A value as XML. Dicts are elements, lists are items, None is left out."""
    match value:
        case dict():
            named = cast(Mapping[str, object], value)
            return "".join(f"<{k}>{xml(v)}</{k}>" for k, v in named.items() if v is not None)
        case list():
            return "".join(f"<item>{xml(item)}</item>" for item in cast("list[object]", value))
        case bool():
            return str(value).lower()
        case _:
            return escape(str(value))


def _xml(text: str, status: int = 200) -> WireAnswer:
    return WireAnswer(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), "text/xml;charset=UTF-8", status)


def _json(found: Json, status: int, service: str) -> WireAnswer:
    return WireAnswer(
        msgspec.json.encode(found), f"application/x-amz-json-1.{0 if service == 'cloudwatch' else 1}", status
    )


def page(items: list[Any], token: str, size: int) -> tuple[list[Any], str | None]:
    """The items of the page that `token` names, and the token of the next."""
    at = int(token or 0)
    return items[at : at + size], str(at + size) if at + size < len(items) else None
