"""Live events of investigations: watchers see each step as soon as it is stored, whichever process took it.

The store is not polled while nothing happens. A worker beside this process announces new events, and
so does the database itself; the events are then read from the store, so that a repeated, late or lost announcement is
neither shown twice nor lost.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import structlog

from midwatch.domain.work import RunEvent
from midwatch.store import changes
from midwatch.store import investigations as runs
from midwatch.store.database import Database
from midwatch.store.errors import AWAY
from midwatch.store.retry import patiently

PAGE = 1000  # events that are read at once
AGAIN_S = 0.5  # before a lost connection is opened again
WATCHER_POLL_S = 30.0  # then a watcher polls: a proxy in front of the database may drop its notifications

log = structlog.get_logger()


@dataclass(eq=False)
class _Watcher:
    run_id: str
    seen: int  # number of the last event it has
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class LiveEvents:
    """Fans out announced events to the watchers of this process; listens to the database while there are watchers."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._watchers = set[_Watcher]()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: asyncio.Task[None] | None = None

    def announce(self, run_ids: Collection[str]) -> None:
        """Announces new, committed events of these investigations. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._signal, frozenset(run_ids))

    async def follow(self, run_id: str, after: int) -> AsyncGenerator[RunEvent]:
        """Events after the number `after`, each once and in order, until the investigation is over; all events when
        `after` is beyond the last number, since the end would never be reported. While the store is away it waits."""
        with self._watching(run_id, after) as watcher:
            if after and after > (await patiently(_last, self._db, [run_id])).get(run_id, 0):
                watcher.seen = 0
            while True:
                watcher.changed.clear()
                over, events = await patiently(_read, self._db, run_id, watcher.seen)
                for event in events:
                    watcher.seen = event.seq
                    yield event
                if len(events) == PAGE:
                    continue
                if over:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(WATCHER_POLL_S):
                        await watcher.changed.wait()

    @contextmanager
    def _watching(self, run_id: str, after: int) -> Generator[_Watcher]:
        watcher = _Watcher(run_id, after)
        self._watchers.add(watcher)
        if self._listening is None or self._listening.done():
            self._loop = asyncio.get_running_loop()
            self._listening = asyncio.create_task(self._listen())
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
            if not self._watchers:
                self._listening.cancel()
                self._listening = None

    async def _listen(self) -> None:
        while True:
            try:
                await changes.watch(self._db, self._changed)
            except AWAY as away:
                log.warning("event stream interrupted", error=str(away).partition("\n")[0])
            await asyncio.sleep(AGAIN_S)

    async def _changed(self, run_ids: Collection[str] | None) -> None:
        if run_ids is not None:
            self._signal(run_ids)
            return
        last = await asyncio.to_thread(_last, self._db, {watcher.run_id for watcher in self._watchers})
        for watcher in self._watchers:
            if last.get(watcher.run_id, 0) > watcher.seen:
                watcher.changed.set()

    def _signal(self, run_ids: Collection[str]) -> None:
        for watcher in self._watchers:
            if watcher.run_id in run_ids:
                watcher.changed.set()


def _read(db: Database, run_id: str, after: int) -> tuple[bool, list[RunEvent]]:
    """Whether the run is over, read before its events: the last event is then among them."""
    with db.read() as tx:
        return run_id in runs.final_ids(tx, [run_id]), runs.events_after(tx, run_id, after, PAGE)


def _last(db: Database, run_ids: Collection[str]) -> dict[str, int]:
    with db.read() as tx:
        return runs.last_events(tx, run_ids)
