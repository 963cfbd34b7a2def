"""Worker heartbeats, and detection of dead workers: in a thread and with its own connections, independent of the
worker's load."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

import structlog

from midwatch.engine.worker_context import WorkerContext
from midwatch.kit.processes import parse_process_name
from midwatch.store import workers
from midwatch.store.database import Database
from midwatch.store.errors import AWAY

BEAT_S = 5.0
DEAD_S = 30.0  # six beats: taking over from the living does work twice
LOOKED_S = 2 * BEAT_S  # of silence that one poll can prove: without polls no worker may be declared dead

log = structlog.get_logger()


class Silence:
    """Time since the last heartbeat of the other workers, by our own monotonic clock: their timestamps are only
    compared with each other."""

    def __init__(self) -> None:
        self._signs: dict[str, object] = {}
        self._silent: dict[str, float] = {}
        self._looked: float | None = None

    def silent_seconds(self, signs: Mapping[str, object], now: float) -> dict[str, float]:
        """Name → seconds of silence. `signs` is each worker's last heartbeat, `now` a monotonic time in seconds."""
        passed = 0.0 if self._looked is None else min(now - self._looked, LOOKED_S)
        same = {name for name, sign in signs.items() if self._signs.get(name) == sign}
        self._silent = {name: self._silent.get(name, 0.0) + passed if name in same else 0.0 for name in signs}
        self._signs, self._looked = dict(signs), now
        return self._silent


class Heartbeat:
    """Beats between `start` and `stop`. `on_change` is called, from its thread, after the first beat and when a dead
    worker's row is gone."""

    def __init__(
        self, ctx: WorkerContext, name: str, remembered: Callable[[], str], on_change: Callable[[], None]
    ) -> None:
        self._ctx, self._name, self._remembered, self._on_change = ctx, name, remembered, on_change
        self._started = ctx.now()
        self._silence = Silence()
        self._left = True
        self._over = threading.Event()
        self._first = threading.Event()
        self._thread = threading.Thread(target=self._beats, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, left: bool) -> None:
        """Stops beating. With something `left` unfinished the row stays: the worker that finds it dead takes over."""
        self._left = left
        self._over.set()
        self._thread.join(BEAT_S)

    @property
    def has_beaten(self) -> bool:
        """Whether the first heartbeat is stored: before that, this worker is unknown to the others."""
        return self._first.is_set()

    def _beats(self) -> None:
        with self._ctx.db.separate_connections() as db:
            while not self._over.is_set():
                try:
                    self.beat(db)
                    if not self.has_beaten:
                        self._first.set()
                        self._on_change()
                except AWAY as away:
                    log.warning("heartbeat failed", error=str(away).partition("\n")[0])
                self._over.wait(BEAT_S)
            if not self._left:
                with suppress(*AWAY), db.write() as tx:
                    workers.leave(tx, self._name)

    def beat(self, db: Database) -> None:
        with db.write() as tx:
            workers.beat(tx, self._name, self._started, self._ctx.now(), self._remembered())
        with db.read() as tx:
            others = {name: sign for name, sign in workers.list_workers(tx) if name != self._name}
        silent = self._silence.silent_seconds(others, time.monotonic())
        for name in sorted(
            name for name, seconds in silent.items() if seconds > DEAD_S or parse_process_name(name).has_ended
        ):
            self._reclaim_dead_worker(db, name)

    def _reclaim_dead_worker(self, db: Database, name: str) -> None:
        """Removes the row of a dead worker. Its runs are found by the worker name, which is then on no list."""
        with db.write() as tx:
            mine = workers.leave(tx, name)
        if mine:
            log.warning("worker died", worker=name)
        self._on_change()
