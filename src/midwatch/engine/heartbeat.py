"""A worker's sign of life, and its eye on the others': from a thread and by connections of its own, whatever the worker
is busy with."""

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
LOOKED_S = 2 * BEAT_S  # of silence that one look can prove: while nobody could look, nobody may be taken for dead

log = structlog.get_logger()


class Silence:
    """How long others have been silent, by our own clock that never jumps: what theirs says is only compared with what
    it said."""

    def __init__(self) -> None:
        self._said: dict[str, object] = {}
        self._silent: dict[str, float] = {}
        self._looked: float | None = None

    def silent_seconds(self, said: Mapping[str, object], now: float) -> dict[str, float]:
        """Name → seconds of silence. `said` is what each worker's last sign of life says, `now` a monotonic time in
        seconds."""
        passed = 0.0 if self._looked is None else min(now - self._looked, LOOKED_S)
        same = {name for name, sign in said.items() if self._said.get(name) == sign}
        self._silent = {name: self._silent.get(name, 0.0) + passed if name in same else 0.0 for name in said}
        self._said, self._looked = dict(said), now
        return self._silent


class Heartbeat:
    """Beats between `start` and `stop`. `told` is called, from its thread, after the first beat and when a dead
    worker's row is gone."""

    def __init__(self, ctx: WorkerContext, name: str, remembered: Callable[[], str], told: Callable[[], None]) -> None:
        self._ctx, self._name, self._remembered, self._told = ctx, name, remembered, told
        self._started = ctx.now()
        self._silence = Silence()
        self._left = True
        self._over = threading.Event()
        self._first = threading.Event()
        self._thread = threading.Thread(target=self._beats, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, left: bool) -> None:
        """With something `left` unfinished its row stays: it is found by whoever finds this worker dead."""
        self._left = left
        self._over.set()
        self._thread.join(BEAT_S)

    @property
    def has_beaten(self) -> bool:
        """Whether it has beaten once: before that, nobody knows that this worker lives."""
        return self._first.is_set()

    def _beats(self) -> None:
        with self._ctx.db.separate_connections() as db:
            while not self._over.is_set():
                try:
                    self.beat(db)
                    if not self.has_beaten:
                        self._first.set()
                        self._told()
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
        """What it left is found by its name, which is on nobody's list any more."""
        with db.write() as tx:
            mine = workers.leave(tx, name)
        if mine:
            log.warning("worker died", worker=name)
        self._told()
