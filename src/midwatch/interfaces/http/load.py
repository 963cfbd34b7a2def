"""How much is done at a time: requests in work, and streams that stay open."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from midwatch.interfaces.http.address import client_address
from midwatch.interfaces.http.failures import failure
from midwatch.interfaces.http.limits import BUSY_SHARE, ConnectionLimits, within
from midwatch.services.errors import Later, TooOften
from midwatch.settings import ServerSettings

AGAIN_S = 5.0
PROBES = frozenset({"/healthz", "/readyz", "/health"})  # answered however much else is under way


class Concurrency:
    """Answers 503 beyond a number of requests in work, in all and for each address; notes each request's address."""

    def __init__(self, app: ASGIApp, server: ServerSettings, limits: ConnectionLimits) -> None:
        self._app, self._server = app, server
        self._all, self._each = int(limits.total * BUSY_SHARE), int(limits.per_address * BUSY_SHARE)
        self._busy, self._total = Counter[str](), 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        peer = scope["client"][0] if scope.get("client") else ""
        address = client_address(peer, scope["headers"], self._server.proxies, self._server.proxy_header)
        scope["state"]["address"] = address
        if scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        trusted = within(address, self._server.proxies)
        if self._total >= self._all or (self._busy[address] >= self._each and not trusted):
            answer = failure(Request(scope), 503, "Too many requests are under way.", after=AGAIN_S)
            await answer(scope, receive, send)
            return
        self._busy[address] += 1
        self._total += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._total -= 1
            self._busy[address] -= 1
            if not self._busy[address]:
                del self._busy[address]


class Streams:
    """How many event streams are open, in all and for each key."""

    def __init__(self, server: ServerSettings) -> None:
        self._all, self._each = server.streams, server.streams_per_key
        self._open = Counter[str]()

    @contextmanager
    def one(self, caller: str) -> Generator[None]:
        if self._open[caller] >= self._each:
            raise TooOften(f"{self._each} event streams of this key are open.", "Close one of them", after=AGAIN_S)
        if self._open.total() >= self._all:
            raise Later(f"{self._all} event streams are open.", after=AGAIN_S)
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]
