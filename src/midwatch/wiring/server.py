"""Composition root of `midwatch serve`."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx2

from midwatch.kit.clock import utc_now
from midwatch.kit.fetch import TIMEOUT_S, Fetch
from midwatch.services.server_context import ServerContext
from midwatch.settings import Settings, home
from midwatch.store.database import Database, default_url
from midwatch.wiring.connections import Connections
from midwatch.wiring.questions import entities


def _nobody() -> None:
    """Nobody works in this process: workers find what is queued by themselves."""


@asynccontextmanager
async def server_context(
    settings: Settings, *, open_access: bool = False, woken: Callable[[], None] = _nobody
) -> AsyncGenerator[ServerContext]:
    """The store and all that is needed to take alerts in and to answer; nothing works on them yet.

    Raises Refusal when a plug-in cannot be loaded.
    """
    connections = Connections(settings)
    sources = connections.plugged.intact().alert_sources
    url = settings.server.database or default_url(home())
    async with httpx2.AsyncClient(timeout=TIMEOUT_S) as http:
        with Database.open(url) as db:
            yield ServerContext(
                db,
                settings,
                sources,
                utc_now,
                woken,
                Fetch(http).get,
                open_access,
                entities(connections),
                tuple(connections.areas.values()),
            )
