"""The second composition root: settings become a server's desk, its worker and what it delivers to."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

import httpx2

from midwatch import wiring
from midwatch.domain.alert import Alert
from midwatch.domain.investigation import Request
from midwatch.engine.durable import Durable
from midwatch.integrations import webhook
from midwatch.integrations.inboxes import inboxes
from midwatch.integrations.outbox import Outbox
from midwatch.integrations.pagerduty import notify
from midwatch.integrations.pagerduty.client import PagerDuty
from midwatch.integrations.pagerduty.details import complete
from midwatch.integrations.webhook import Webhook
from midwatch.kit.clock import utc_now
from midwatch.kit.fetch import TIMEOUT_S, Fetch
from midwatch.services.context import Context
from midwatch.services.desk import Desk
from midwatch.services.work import Completed, Steps
from midwatch.services.worker import Worker, worker_id
from midwatch.settings import Settings, home
from midwatch.store.database import Database, default_url, spell_postgres
from midwatch.wiring.alerts import Where, alert_context


@asynccontextmanager
async def desk(settings: Settings, *, open_access: bool = False, woken: Callable[[], None] = lambda: None) -> AsyncGenerator[Desk]:
    """The store and all that is needed to take alerts in and to answer; nothing works on them yet."""
    url = settings.server.database or default_url(home())
    async with Database.open(url) as db, httpx2.AsyncClient(timeout=TIMEOUT_S) as http:
        yield Desk(db, settings, inboxes(), utc_now, woken, Fetch(http).get, open_access)


@asynccontextmanager
async def staffed(settings: Settings, *, open_access: bool = False) -> AsyncGenerator[Desk]:
    """A desk with workers in this process; they end with the block, and what they began is gone on with later."""
    working_here: list[Worker] = []

    def woken() -> None:
        for worker in working_here:
            worker.wake()

    async with desk(settings, open_access=open_access, woken=woken) as found:
        if not settings.server.workers:
            yield found
            return
        async with working(found) as worker:
            working_here.append(worker)
            yield found


@asynccontextmanager
async def working(found: Desk) -> AsyncGenerator[Worker]:
    async with AsyncExitStack() as stack:
        name = worker_id()
        steps = Steps(found, partial(_investigating, found.settings), _completed(found.settings, stack), name)
        durable = Durable(steps, _record(found), name, max(1, found.settings.server.workers))
        worker = Worker(found, durable, _outboxes(found.settings, stack), name)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _investigating(settings: Settings, request: Request) -> AbstractAsyncContextManager[Context]:
    """Opened for each investigation: credentials expire, and an alert has to be looked into even where no cluster is configured."""
    if request.alert:
        return alert_context(settings, request.alert, Where(gladly=True))
    return wiring.context(settings)


def _completed(settings: Settings, stack: AsyncExitStack) -> Completed:
    if settings.pagerduty.token is not None:
        return partial(complete, _pagerduty(settings, stack))
    return _as_it_came


async def _as_it_came(alert: Alert) -> Alert:
    return alert


def _outboxes(settings: Settings, stack: AsyncExitStack) -> Mapping[str, Outbox]:
    found: list[Outbox] = []
    if settings.pagerduty.token is not None:
        found.append(notify.outbox(_pagerduty(settings, stack)))
    if settings.webhook.url:
        sender = Webhook(settings.webhook)
        stack.push_async_callback(sender.close)
        found.append(webhook.outbox(sender))
    return {outbox.target: outbox for outbox in found}


def _pagerduty(settings: Settings, stack: AsyncExitStack) -> PagerDuty:
    client = PagerDuty(settings.pagerduty)
    stack.push_async_callback(client.close)
    return client


def _record(found: Desk) -> str:
    """Where the durable engine keeps its own tables: beside the SQLite file, or in the same PostgreSQL."""
    url = found.db.url
    return spell_postgres(url) if not url.startswith("sqlite") else url.removesuffix(".db") + "-work.db"
