"""The third composition root: a process that works. What it needs (the durable engine, the clusters) the one that
answers does not."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

from midwatch import server
from midwatch.domain.investigation import Request
from midwatch.engine.analystpool import Pool
from midwatch.engine.durable import Durable
from midwatch.integrations import webhook
from midwatch.integrations.outbox import Outbox
from midwatch.integrations.pagerduty import notify
from midwatch.integrations.pagerduty.client import PagerDuty
from midwatch.integrations.pagerduty.settings import PagerDutySettings
from midwatch.integrations.webhook import Webhook
from midwatch.integrations.webhook.settings import WebhookSettings
from midwatch.kit.processes import own_name, usable_processors
from midwatch.services.context import Context
from midwatch.services.work import Steps
from midwatch.services.worker import Worker
from midwatch.settings import Settings
from midwatch.store.record import record_url
from midwatch.wiring.connections import Connections


def investigating(connections: Connections, request: Request) -> AbstractAsyncContextManager[Context]:
    """Opened for each investigation: credentials expire."""
    return connections.opened(request)


Investigating = Callable[[Connections, Request], AbstractAsyncContextManager[Context]]


@asynccontextmanager
async def working(
    settings: Settings, opened: Investigating = investigating, *, woken: bool = False
) -> AsyncGenerator[Worker]:
    """Works while the block lasts; what was begun then is gone on with later, here or elsewhere. `woken`: somebody
    calls `wake`."""
    working_here: list[Worker] = []

    def wake() -> None:
        for worker in working_here:
            worker.wake()

    async with AsyncExitStack() as stack:
        found = await stack.enter_async_context(server.desk(settings, woken=wake))
        name = own_name()
        connections = Connections(found.settings)
        stack.push_async_callback(connections.close)
        workers = max(1, found.settings.server.workers)
        # As many again as work may compute for long beside them; a processor is left to the server.
        pool = Pool(most=2 * workers, keep=workers, at_once=max(1, usable_processors() - 1))
        stack.push_async_callback(pool.close)
        steps = Steps(found, partial(opened, connections), connections.complete, name, pool, late=workers)
        stack.push_async_callback(steps.close)
        durable = Durable(steps, record_url(found.db.url), name, workers)
        worker = Worker(found, durable, _outboxes(found.settings, stack), name, lambda: connections.memory, woken=woken)
        working_here.append(worker)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _outboxes(settings: Settings, stack: AsyncExitStack) -> Mapping[str, Outbox]:
    found: list[Outbox] = []
    if settings.of(PagerDutySettings).token is not None:
        found.append(notify.outbox(_pagerduty(settings, stack)))
    if settings.of(WebhookSettings).url:
        sender = Webhook(settings.of(WebhookSettings))
        stack.push_async_callback(sender.close)
        found.append(webhook.outbox(sender))
    return {outbox.target: outbox for outbox in found}


def _pagerduty(settings: Settings, stack: AsyncExitStack) -> PagerDuty:
    client = PagerDuty(settings.of(PagerDutySettings))
    stack.push_async_callback(client.close)
    return client
