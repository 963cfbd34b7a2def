"""A working process: takes what is queued, delivers what is due, says that it lives, and goes on with what the dead left."""

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog

from midwatch.domain.work import Run, RunState
from midwatch.engine.durable import Durable
from midwatch.integrations.outbox import Outbox
from midwatch.services.desk import Desk
from midwatch.services.effects import deliver_due
from midwatch.store import locks, runs, workers
from midwatch.store.retention import purge

SWEEP_S = 1.0  # how long work can lie around that nobody was woken for
BEAT_S = 5.0
PURGE_S = 24 * 3600.0
DEAD = timedelta(seconds=30)  # six beats: taking over from the living does work twice

log = structlog.get_logger()


def worker_id() -> str:
    """Tells host and process, so that on the same host a death is seen at once; the rest makes it unique."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


class Worker:
    """Runs until it is cancelled. `wake` may be called from anywhere whenever something was queued.

    `remembered` says, as JSON, what its memory of answers is worth: for /health.
    """

    def __init__(
        self, desk: Desk, durable: Durable, outboxes: Mapping[str, Outbox], name: str, remembered: Callable[[], str] = lambda: ""
    ) -> None:
        self._desk, self._durable, self._outboxes, self._name, self._remembered = desk, durable, outboxes, name, remembered
        self._started = desk.now()
        self._queued = asyncio.Event()
        self._due = asyncio.Event()
        self._handed: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queued.set)
            self._loop.call_soon_threadsafe(self._due.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._durable.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_every(BEAT_S, asyncio.Event(), partial(asyncio.to_thread, self._beat)))
                group.create_task(_every(SWEEP_S, self._queued, self._dispatch))
                group.create_task(_every(SWEEP_S, self._due, self._deliver))
                group.create_task(_every(PURGE_S, asyncio.Event(), partial(asyncio.to_thread, self._purge)))
        finally:
            # Its row stays: what it leaves behind unfinished is found by whoever finds it dead.
            await self._durable.stop()

    async def _dispatch(self) -> None:
        """Hands what is queued to the engine: once each, for handing over again would be harmless but not free."""
        queued = await asyncio.to_thread(self._waiting)
        self._handed &= {run.id for run in queued}
        for run in queued:
            if run.id not in self._handed:
                await self._durable.enqueue(run.id, run.severity.rank + 1)
                self._handed.add(run.id)

    def _waiting(self) -> list[Run]:
        with self._desk.db.read() as tx:
            return runs.in_state(tx, [RunState.QUEUED])

    async def _deliver(self) -> None:
        while await deliver_due(self._desk, self._outboxes):
            pass

    def _beat(self) -> None:
        now = self._desk.now()
        with self._desk.db.write() as tx:
            workers.beat(tx, self._name, self._started, now, self._remembered())
        with self._desk.db.read() as tx:
            others = [name for name in workers.listed(tx) if name[0] != self._name]
        for name, beat_at in others:
            if dead(name, beat_at, now):
                self._bury(name)

    def _purge(self) -> None:
        before = self._desk.now() - timedelta(days=self._desk.settings.server.keep_days)
        with self._desk.db.write() as tx:
            gone = purge(tx, before)
        log.info("purged", **gone.model_dump())

    def _bury(self, name: str) -> None:
        """First its work, then its row: dying in between repeats this and loses nothing."""
        with self._desk.db.write() as tx:
            locks.alone(tx, "bury")
            adopted = self._durable.adopt(name)
            workers.leave(tx, name)
        log.warning("worker died", worker=name, taken_over=adopted)


def dead(name: str, beat_at: datetime, now: datetime) -> bool:
    host, pid, _ = name.rsplit("/", 2)
    if host == socket.gethostname() and not _lives(int(pid)):
        return True
    return now - beat_at > DEAD


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _every(seconds: float, woken: asyncio.Event, do: Callable[[], Awaitable[None]]) -> None:
    """Does it again and again: when woken, or after some seconds. A database that is away for a while ends nothing."""
    while True:
        woken.clear()
        try:
            await do()
        except Exception as error:
            log.error("worker stumbled", exc_info=error)
        try:
            async with asyncio.timeout(seconds):
                await woken.wait()
        except TimeoutError:
            continue
