"""The third composition root: a process that works. What it needs (the durable engine, the clusters) the one that
answers does not."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from functools import partial

from midwatch.domain.investigation import Request
from midwatch.engine.analystpool import Pool
from midwatch.engine.context import Context
from midwatch.engine.durable import Durable
from midwatch.engine.steps import Steps
from midwatch.engine.worker import Worker
from midwatch.integrations.outbox import Outbox
from midwatch.integrations.pagerduty import notify
from midwatch.integrations.webhook import notify as webhook
from midwatch.integrations.webhook.notify import Webhook
from midwatch.kit.processes import own_name, usable_processors
from midwatch.settings import Settings
from midwatch.store.record import record_url
from midwatch.wiring import server
from midwatch.wiring.details import completed, pagerduty
from midwatch.wiring.questions import Surroundings


def investigating(around: Surroundings, request: Request) -> AbstractAsyncContextManager[Context]:
    """Opened for each investigation: credentials expire."""
    return around.opened(request)


Investigating = Callable[[Surroundings, Request], AbstractAsyncContextManager[Context]]


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
        around = Surroundings(found.settings)
        workers = max(1, found.settings.server.workers)
        # As many again as work may compute for long beside them; a processor is left to the server.
        pool = Pool(most=2 * workers, keep=workers, at_once=max(1, usable_processors() - 1))
        stack.push_async_callback(pool.close)
        steps = Steps(found, partial(opened, around), completed(found.settings, stack), name, pool, late=workers)
        stack.push_async_callback(steps.close)
        durable = Durable(steps, record_url(found.db.url), name, workers)
        worker = Worker(
            found, durable, _outboxes(found.settings, stack), name, lambda: _remembered(around), woken=woken
        )
        working_here.append(worker)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _remembered(around: Surroundings) -> str:
    return json.dumps(asdict(around.aws.cache_state))


def _outboxes(settings: Settings, stack: AsyncExitStack) -> Mapping[str, Outbox]:
    found: list[Outbox] = []
    if settings.pagerduty.token is not None:
        found.append(notify.outbox(pagerduty(settings, stack)))
    if settings.webhook.url:
        sender = Webhook(settings.webhook)
        stack.push_async_callback(sender.close)
        found.append(webhook.outbox(sender))
    return {outbox.target: outbox for outbox in found}
