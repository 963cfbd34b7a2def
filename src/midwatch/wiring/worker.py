"""Composition root of `midwatch worker`: what a worker needs (the queue, the clusters, who is notified) a server does
not."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog

from midwatch.domain.alert import Alert
from midwatch.domain.capabilities import Scheduled
from midwatch.domain.investigation import Request
from midwatch.engine.analystpool import Pool
from midwatch.engine.durable import DurableQueue
from midwatch.engine.investigation_context import InvestigationContext
from midwatch.engine.schedules import Schedules
from midwatch.engine.steps import InvestigationSteps, Understand
from midwatch.engine.worker import Worker
from midwatch.engine.worker_context import Announce, WorkerContext, no_announcement
from midwatch.kit.clock import utc_now
from midwatch.kit.processes import own_name, usable_processors
from midwatch.services.understanding import alert_request
from midwatch.settings import Settings, home
from midwatch.store.database import Database, default_url
from midwatch.store.record import record_url
from midwatch.wiring.connections import Connections
from midwatch.wiring.notifiers import notifiers
from midwatch.wiring.questions import entities
from midwatch.wiring.reachability import Reachability

log = structlog.get_logger()


def investigating(connections: Connections, request: Request) -> AbstractAsyncContextManager[InvestigationContext]:
    """Opened for each investigation: credentials expire."""
    return connections.investigation(request)


Investigating = Callable[[Connections, Request], AbstractAsyncContextManager[InvestigationContext]]


@asynccontextmanager
async def working(
    settings: Settings,
    opened: Investigating = investigating,
    *,
    woken: bool = False,
    announce: Announce = no_announcement,
    schedules: Sequence[Scheduled] | None = None,
) -> AsyncGenerator[Worker]:
    """Works while the block lasts; what was begun then is gone on with later, here or elsewhere. `woken`: somebody
    calls `wake`. `announce` is told which investigations have new events.
    `schedules` are those that areas declare unless given: with any, the queue runs while there is no work, too.
    A plug-in that is wrong, or cannot notify, is named in the log and not used."""
    working_here: list[Worker] = []

    def wake() -> None:
        for worker in working_here:
            worker.wake()

    async with AsyncExitStack() as stack:
        connections = Connections(settings)
        db = stack.enter_context(Database.open(settings.server.database or default_url(home())))
        keep = timedelta(days=settings.server.keep_days)
        # PostgreSQL says it to every server by itself.
        announce = announce if db.url.startswith("sqlite") else no_announcement
        stack.push_async_callback(connections.close)
        found = notifiers(connections)
        for one in (*map(str, connections.plugged.broken), *found.refused):
            log.warning("plug-in not used", reason=one)
        ctx = WorkerContext(db, utc_now, found.usable, wake, announce, keep)
        name, workers = own_name(), max(1, settings.server.workers)
        # As many again as work may compute for long beside them; a processor is left to the server.
        pool = Pool(most=2 * workers, keep=workers, at_once=max(1, usable_processors() - 1))
        stack.push_async_callback(pool.close)
        understand = understanding(connections)
        steps = InvestigationSteps(ctx, partial(opened, connections), understand, name, pool, late=workers)
        stack.push_async_callback(steps.close)
        if schedules is None:
            schedules = [one for area in connections.areas.values() for one in area.schedules]
        queue = DurableQueue(steps, record_url(db.url), name, workers, Schedules(ctx, schedules))
        systems = Reachability(connections)
        worker = Worker(ctx, queue, name, systems.report, woken=woken)
        working_here.append(worker)
        tasks = [asyncio.create_task(worker.run()), asyncio.create_task(systems.watch())]
        try:
            yield worker
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def understanding(connections: Connections) -> Understand:
    """An alert's request, after its details came. Raises Refusal when the configuration that says what an alert can
    name is wrong."""
    known, areas = entities(connections), tuple(connections.areas.values())

    async def understand(alert: Alert, now: datetime, namespace: str) -> Request:
        whole, unread = await connections.complete(alert)
        return alert_request(whole, known, now, areas, namespace, unread)

    return understand
