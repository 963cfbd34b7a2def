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
from midwatch.wiring.notifiers import notifiers
from midwatch.wiring.questions import entities


def _nobody() -> None:
    """Nobody works in this process: workers find what is queued by themselves."""


@asynccontextmanager
async def server_context(
    settings: Settings, *, open_access: bool = False, woken: Callable[[], None] = _nobody
) -> AsyncGenerator[ServerContext]:
    """The store and all that is needed to take alerts in and to answer; nothing works on them yet.

    Plug-ins that are wrong are not used, and /health names them.
    """
    connections = Connections(settings)
    sources = connections.plugged.alert_sources
    known, areas = entities(connections), tuple(connections.areas.values())
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
                known,
                areas,
                await plugin_problems(connections),
            )


async def plugin_problems(connections: Connections) -> tuple[str, ...]:
    """Why outside packages are not used, or cannot notify: what the worker finds out, found out here, too."""
    if not (connections.plugged.broken or connections.plugged.outside_names):
        return ()
    found = notifiers(connections)
    await connections.close()  # only looked at: the worker delivers
    return (*map(str, connections.plugged.broken), *found.refused)
