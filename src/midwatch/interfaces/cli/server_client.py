"""Requests to the API of a Midwatch server, for `midwatch incidents` and `midwatch keys`."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx2
import typer

from midwatch.interfaces.cli.alert_client import DEFAULT_URL, KEY, TIMEOUT_S, authorization, refusal_text
from midwatch.kit import answers
from midwatch.kit.printable import one_line
from midwatch.services.errors import Refusal

ServerUrl = Annotated[
    str,
    typer.Option("--url", metavar="URL", envvar="MIDWATCH_URL", help=f"The server (MIDWATCH_URL, else {DEFAULT_URL})."),
]
_CONFLICT = 409
_HINTS = {
    401: f"Set {KEY} to an API key of that server; midwatch admin create NAME makes one",
    403: f"Set {KEY} to a key of a higher role (viewer, responder, admin)",
    404: "midwatch incidents list prints the incidents, midwatch keys list the keys",
    409: "midwatch incidents show ID prints its present state",
    429: "Try again later",
    503: "Try again in some seconds; /readyz of the server says what is wrong",
}


class ServerConflict(Refusal):
    """The state of the object does not allow it, or it was changed meanwhile."""


class ServerClient:
    """The key comes from $MIDWATCH_KEY: as an argument every user of the machine could read it."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http, self._url = http, url

    async def get_page(self, path: str, **params: Any) -> dict[str, Any]:
        """A page of a list: `items`, `total`, `has_next`. Like all others raises Refusal."""
        return await self._send("items", "GET", path, params=params)

    async def get(self, path: str, **params: Any) -> Any:
        return (await self._send("data", "GET", path, params=params))["data"]

    async def post(self, path: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None) -> Any:
        return (await self._send("data", "POST", path, json=dict(body), params=dict(params or {})))["data"]

    async def delete(self, path: str) -> None:
        await self._send("data", "DELETE", path)

    async def _send(self, member: str, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """The JSON object that is answered, which has `member`. Raises Refusal with the server's own words where it has
        any."""
        try:
            answer = await answers.send(self._http, method, f"/api/v1{path}", seconds=TIMEOUT_S, **sent)
        except answers.Unanswered as error:
            hint = f"{error.check}; midwatch serve starts a server, --url names another one"
            raise Refusal(f"{self._url} cannot be reached: {error}.", hint) from error
        if not answer.ok:
            told = refusal_text(answer).rstrip(".")
            if answer.status == 401 and not os.environ.get(KEY):
                told = "The server needs an API key"
            refusal = ServerConflict if answer.status == _CONFLICT else Refusal
            raise refusal(f"{one_line(told)}.", _HINTS.get(answer.status, "The log of the server has the details"))
        try:
            found = answers.decode_object(answer.body)
        except answers.Unexpected:
            found = dict[str, Any]()
        if member not in found:
            raise Refusal(f"{self._url} does not answer as a Midwatch server does.", "Check --url")
        return found


@asynccontextmanager
async def server_client(url: str) -> AsyncGenerator[ServerClient]:
    """Raises Refusal for a text that is no address."""
    base = url.rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise Refusal(f"{url!r} is not a valid server address.", f"Give one such as {DEFAULT_URL}")
    try:
        http = httpx2.AsyncClient(base_url=base, headers=authorization(), timeout=TIMEOUT_S)
    except (httpx2.InvalidURL, ValueError):
        raise Refusal(f"{url!r} is not a valid server address.", f"Such as {DEFAULT_URL}") from None
    async with http:
        yield ServerClient(http, base)
