"""The second composition root: settings become a server's desk."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx2

from midwatch.integrations.inboxes import inboxes
from midwatch.integrations.traffic.config import configured
from midwatch.kit.clock import utc_now
from midwatch.kit.fetch import TIMEOUT_S, Fetch
from midwatch.services.desk import Desk
from midwatch.settings import Settings, home
from midwatch.store.database import Database, default_url
from midwatch.wiring.areas import areas
from midwatch.wiring.entities import entities


def _nobody() -> None:
    """Nobody works in this process: workers find what is queued by themselves."""


@asynccontextmanager
async def desk(
    settings: Settings, *, open_access: bool = False, woken: Callable[[], None] = _nobody
) -> AsyncGenerator[Desk]:
    """The store and all that is needed to take alerts in and to answer; nothing works on them yet."""
    url = settings.server.database or default_url(home())
    async with httpx2.AsyncClient(timeout=TIMEOUT_S) as http:
        with Database.open(url) as db:
            known = entities(settings, configured(settings.traffic.file, home()))
            yield Desk(db, settings, inboxes(), utc_now, woken, Fetch(http).get, open_access, known, areas())
