"""Worker process: takes queued runs, delivers due notifications, sends heartbeats, and resumes unfinished runs.

Nothing that the store cannot do for a while ends it. While there is nothing to do it asks the store one small question
now and then: how soon depends on whether a caller wakes it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from midwatch.engine.heartbeat import Heartbeat
from midwatch.engine.notifications import any_due, deliver_due
from midwatch.engine.queue import Left, Queue
from midwatch.engine.worker_context import WorkerContext
from midwatch.store import investigations, workers
from midwatch.store.errors import AWAY
from midwatch.store.retention import purge
from midwatch.store.retry import patiently

BUSY_S = 1.0  # between polls while there is work: they find runs that ended without an event
POLL_S = 0.7  # between polls of a worker without wake-ups: work starts within a second
WOKEN_POLL_S = 5.0  # between polls with wake-ups: work queued by other processes waits that long at most
REST_S = 30.0  # without work, before the engine is stopped
STRANDED_S = 2.0  # a run has to be abandoned for this long: a run during hand-over looks the same
LOST_S = 10.0  # the same for one that this process took: on a busy machine it takes a while from taking to beginning
PURGE_S = 24 * 3600.0

log = structlog.get_logger()


@dataclass
class _AbandonedRuns:
    """Abandoned runs, each with the time at which that was first observed."""

    since: dict[str, float] = field(default_factory=dict[str, float])

    def ripe(self, run_ids: tuple[str, ...], now: float, wait: float = STRANDED_S) -> list[str]:
        """Runs that have been abandoned for long enough; handling them restarts the time."""
        found = [run_id for run_id in run_ids if now - self.since.setdefault(run_id, now) >= wait]
        for run_id in found:
            del self.since[run_id]
        return found

    def only(self, left: Left) -> None:
        kept = {*left.dropped, *left.lost, *left.ended}
        self.since = {run_id: at for run_id, at in self.since.items() if run_id in kept}


class Worker:
    """Runs until it is cancelled. `wake` may be called from anywhere whenever something was queued; `woken`: a
    caller does.

    `remembered` is the state of its tool cache, as JSON: for /health.
    """

    def __init__(
        self,
        ctx: WorkerContext,
        queue: Queue,
        name: str,
        remembered: Callable[[], str] = lambda: "",
        *,
        woken: bool = False,
    ) -> None:
        self._ctx, self._queue, self._name = ctx, queue, name
        self._heartbeat = Heartbeat(ctx, name, remembered, self.wake)
        self._idle_s = WOKEN_POLL_S if woken else POLL_S
        self._queued = asyncio.Event()
        self._due = asyncio.Event()
        self._abandoned = _AbandonedRuns()
        self._worked = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queued.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heartbeat.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_every(self._pause, self._queued, self._poll))
                group.create_task(_every(lambda: REST_S, self._due, self._deliver))
                group.create_task(_every(lambda: PURGE_S, asyncio.Event(), self._purge))
        finally:
            self._heartbeat.stop(left=bool(self._queue.running_ids))
            await self._queue.stop()

    def _pause(self) -> float:
        return BUSY_S if self._queue.is_started or not self._heartbeat.has_beaten else self._idle_s

    async def _poll(self) -> None:
        """One query for all pending work; the engine is started when there is any, and stopped a while after."""
        alive, due = await asyncio.to_thread(self._pending_work)
        if due:
            self._due.set()
        if (alive or self._queue.has_schedules) and self._heartbeat.has_beaten:
            self._worked = time.monotonic()
            if not self._queue.is_started:
                await self._queue.start()
            await asyncio.to_thread(self._hand_over, alive)
        elif self._queue.is_started and not self._queue.running_ids and time.monotonic() - self._worked > REST_S:
            await self._queue.stop()

    def _pending_work(self) -> tuple[list[str], bool]:
        with self._ctx.db.read() as tx:
            return investigations.unfinished_ids(tx), any_due(tx, self._ctx.now())

    def _hand_over(self, alive: list[str]) -> None:
        """Hands unqueued and abandoned runs to the engine. A dead worker has no row among the workers any more."""
        carried = self._queue.running_ids
        with self._ctx.db.read() as tx:
            living = {name for name, _ in workers.list_workers(tx)} - {self._name}
        left = self._queue.find_abandoned([run_id for run_id in alive if run_id not in carried], living)
        now = time.monotonic()
        self._abandoned.only(left)
        dropped = self._abandoned.ripe(left.dropped, now) + self._abandoned.ripe(left.lost, now, LOST_S)
        ended = self._abandoned.ripe(left.ended, now)
        if dropped:
            self._queue.resume(dropped)
            log.warning("investigations resumed", investigations=dropped)
        if ended:
            self._queue.forget(ended)
            log.warning("investigations restarted", investigations=ended)
        for run_id in (*ended, *left.unknown):
            with self._ctx.db.read() as tx:
                run = investigations.get(tx, run_id)
            if run is not None and not run.state.is_final:
                self._queue.enqueue(run_id, run.severity.rank + 1)

    async def _deliver(self) -> None:
        while await deliver_due(self._ctx):
            pass

    async def _purge(self) -> None:
        before = self._ctx.now() - self._ctx.keep

        def gone() -> dict[str, int]:
            with self._ctx.db.write() as tx:
                return purge(tx, before).model_dump()

        log.info("purged", **await patiently(gone))


async def _every(seconds: Callable[[], float], woken: asyncio.Event, do: Callable[[], Awaitable[None]]) -> None:
    """Repeats a task: when woken, or after some seconds. Temporary errors do not end the loop."""
    while True:
        woken.clear()
        try:
            await do()
        except AWAY as away:
            log.warning("store unavailable", error=str(away).partition("\n")[0])
        except Exception as error:
            log.error("worker error", exc_info=error)
        try:
            async with asyncio.timeout(seconds()):
                await woken.wait()
        except TimeoutError:
            continue
