"""Responses of other systems' HTTP APIs, as untrusted text: read within limits of size and time, decoded to JSON of the
expected kind.

A request carries our credentials: no redirect is followed with them, and no content coding is taken that was not asked
for (a few kilobytes of gzip are gigabytes of text).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import msgspec

from midwatch.kit.connection_failures import connection_failure
from midwatch.kit.json_errors import MALFORMED

LARGEST = 8 * 1024 * 1024  # bytes of an answer
SECONDS = 20.0  # for an answer as a whole: a server that trickles never runs into a time-out between two bytes
LONGEST_WAIT = 3600.0  # seconds; a longer requested wait is cut to this


class Unanswered(Exception):
    """No response arrived, or only a part of it; the text gives the reason, in words that fit behind "cannot be
    reached: ". `check` is the next check, without its full stop."""

    def __init__(self, reason: str, check: str = "Check its log, and any proxy in between") -> None:
        super().__init__(reason)
        self.check = check


class Unexpected(Exception):
    """A response in another shape than the API's; the text is a clause: "the response …"."""


@dataclass(frozen=True)
class HttpAnswer:
    status: int
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def wait(self) -> float:
        """The wait that the other side requests, in seconds, between 0 (none) and LONGEST_WAIT."""
        said = (self.headers.get("ratelimit-reset") or self.headers.get("retry-after") or "").strip()
        return min(float(said[:9]), LONGEST_WAIT) if said.isascii() and said.isdigit() else 0.0


async def send(
    http: httpx2.AsyncClient, method: str, url: str, *, largest: int = LARGEST, seconds: float = SECONDS, **sent: Any
) -> HttpAnswer:
    """Sends one request and reads a response of at most `largest` bytes (0: without its body). Raises Unanswered; no
    redirect is followed."""
    headers = {"Accept-Encoding": "identity", **sent.pop("headers", {})}
    try:
        async with (
            asyncio.timeout(seconds),
            http.stream(method, url, headers=headers, follow_redirects=False, **sent) as answer,
        ):
            if not largest:
                return HttpAnswer(answer.status_code, answer.reason_phrase, dict(answer.headers))
            if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
                raise Unanswered("the response is compressed although this was not requested")
            body = bytearray()
            async for part in answer.aiter_raw():
                body += part
                if len(body) > largest:
                    raise Unanswered(f"the response exceeds {largest} bytes")
            return HttpAnswer(answer.status_code, answer.reason_phrase, dict(answer.headers), bytes(body))
    except TimeoutError:
        raise Unanswered(f"no complete response within {seconds:g} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unanswered(*connection_failure(error)) from error


def decode_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a response. Raises Unexpected for everything else."""
    try:
        found: object = msgspec.json.decode(body)
    except MALFORMED:
        raise Unexpected("the response is not JSON") from None
    if not isinstance(found, dict):
        raise Unexpected("the response is not a JSON object")
    return cast(dict[str, Any], found)


def objects(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects under `name`. Raises Unexpected when it is not a list of objects."""
    found = document.get(name)
    if not isinstance(found, list):
        raise Unexpected(f"the response has no list of {name}")
    items = cast(list[Any], found)
    if not all(isinstance(item, dict) for item in items):
        raise Unexpected(f"{name} in the response have an unexpected format")
    return cast(list[dict[str, Any]], items)
