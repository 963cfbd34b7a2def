"""A server in this process: the real application over a real store, asked by real HTTP requests; only its clock can be
turned."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx2
from fastapi import FastAPI
from starlette.routing import BaseRoute

from midwatch.domain.access import AccessRole
from midwatch.domain.sender import SenderSettings
from midwatch.interfaces.http.app import create_app, warm
from midwatch.kit.clock import utc_now
from midwatch.kit.fetch import Fetch
from midwatch.kit.loopback import build_server, listen
from midwatch.services.access import create_key
from midwatch.services.server_context import ServerContext
from midwatch.settings import ServerSettings
from midwatch.store.database import Database
from midwatch.store.migrate import migrate
from tests.plugged import AREAS, alert_sources
from tests.plugged import settings as composed
from tests.usecases import OWNER, settle

Role = AccessRole | None


@dataclass
class Clock:
    """The time it is, plus what was turned."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class House:
    ctx: ServerContext
    app: FastAPI
    http: httpx2.AsyncClient
    clock: Clock
    outside: dict[str, httpx2.Response] = field(default_factory=dict[str, httpx2.Response])
    asked: list[str] = field(default_factory=list[str])
    woken: list[int] = field(default_factory=list[int])
    secrets: dict[AccessRole, str] = field(default_factory=dict[AccessRole, str])

    def key(self, role: AccessRole) -> dict[str, str]:
        """The header of a key with this role."""
        if role not in self.secrets:
            _, self.secrets[role] = settle(create_key(self.ctx, OWNER, f"the {role}", role))
        return {"Authorization": f"Bearer {self.secrets[role]}"}

    async def ask(self, method: str, path: str, role: Role = AccessRole.ADMIN, **more: Any) -> httpx2.Response:
        headers = {**(self.key(role) if role else {}), **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, role: Role = AccessRole.VIEWER, **query: Any) -> Any:
        """What the answer holds; the request has to succeed."""
        answer = await self.ask("GET", path, role, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, role: Role = AccessRole.RESPONDER, **query: Any) -> Any:
        answer = await self.ask("POST", path, role, json=body, params=query)
        assert answer.is_success, answer.text
        assert answer.json()["success"] is True
        return answer.json()["data"]

    async def tally(self) -> dict[str, int]:
        """How much of everything is stored."""
        health = (await self.get("/health", None))["incidents"]
        parts = {"incidents": sum(health.values())}
        for line in (await self.http.get("/metrics")).text.splitlines():
            if line.startswith("midwatch_deliveries{"):
                parts[line.split('"')[1]] = int(float(line.split()[-1]))
        return parts


def refused(answer: httpx2.Response, status: int, *words: str) -> dict[str, Any]:
    """The one form of every failure, with the request's id in body and header."""
    assert answer.status_code == status, answer.text
    said = answer.json()
    assert set(said) == {"success", "error", "details", "request_id"}
    assert said["success"] is False
    assert said["error"]
    assert said["request_id"] == answer.headers["x-request-id"]
    if status in (429, 503):
        assert int(answer.headers["retry-after"]) >= 1
    for word in words:
        assert word in f"{said['error']} {said['details']}", said
    return said


@cache
def _template() -> Path:
    """An empty store; migrating one anew for each test would take most of the time."""
    file = Path(mkdtemp(prefix="midwatch-test-")) / "empty.db"
    migrate(f"sqlite:///{file}")
    return file


_ROUTES: list[BaseRoute] = []


def _with_made_routes(app: FastAPI) -> FastAPI:
    """Routes know nothing of a server; FastAPI takes a tenth of a second of CPU to make them anew for each."""
    if not _ROUTES:
        _ROUTES.extend(warm(app).router.routes)
    app.router.routes[:] = _ROUTES
    return app


@asynccontextmanager
async def house(
    folder: Path, *, open_access: bool = False, senders: Mapping[str, SenderSettings] = {}, **server: Any
) -> AsyncGenerator[House]:
    file = folder / "midwatch.db"
    shutil.copy(_template(), file)
    settings = composed(server=ServerSettings(**server), senders=dict(senders))
    clock, outside, asked, woken = Clock(), dict[str, httpx2.Response](), list[str](), list[int]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        made = outside.get(str(request.url)) or httpx2.Response(404)
        return httpx2.Response(made.status_code, headers=made.headers, content=_streamed(made.content))

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as internet:
        with Database.open(f"sqlite:///{file}") as db:
            ctx = ServerContext(
                db,
                settings,
                alert_sources(),
                clock,
                lambda: woken.append(1),
                Fetch(internet).get,
                open_access,
                areas=AREAS,
            )
            app = _with_made_routes(create_app(ctx))
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                yield House(ctx, app, http, clock, outside, asked, woken)


async def _streamed(content: bytes) -> AsyncGenerator[bytes]:
    """As it comes over a connection; a body that is there at once could be read only once."""
    yield content


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncGenerator[str]:
    """The application on a port of its own, for what only shows on a real connection."""
    taken, url = listen()
    server = build_server(app)
    task = asyncio.create_task(server.serve(sockets=[taken]))
    while not server.started and not task.done():
        await asyncio.sleep(0.005)
    try:
        yield url
    finally:
        server.should_exit = True
        await task
        taken.close()
