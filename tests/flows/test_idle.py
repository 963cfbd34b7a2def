"""A worker that has nothing to do asks the store little, and one that is given something begins at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from midwatch.domain.work import RunState
from midwatch.engine.durable import DurableQueue
from midwatch.engine.schedules import Schedules
from midwatch.engine.worker import POLL_S, Worker
from midwatch.engine.worker_context import WorkerContext
from midwatch.kit.processes import own_name
from midwatch.services import investigations
from midwatch.services.server_context import ServerContext
from midwatch.store import workers
from midwatch.store.database import Database
from midwatch.store.errors import StoreError
from midwatch.store.record import record_url
from tests.plugged import AREAS
from tests.plugged import settings as composed
from tests.usecases import OWNER, settle

SECONDS = 4.0


class OneStep:
    """Steps that do nothing but end the run; the store is away for the first tries of `run_investigation`."""

    def __init__(self, ctx: ServerContext, away: int = 0, wrong: bool = False) -> None:
        self.ctx, self.away, self.wrong = ctx, away, wrong
        self.begun, self.looked, self.failed = list[str](), list[str](), list[str]()

    async def begin(self, run_id: str) -> bool:
        self.begun.append(run_id)
        return True

    async def run_investigation(self, run_id: str) -> bool:
        self.looked.append(run_id)
        if len(self.looked) <= self.away:
            raise StoreError("The store is away.")
        if self.wrong:
            raise ZeroDivisionError
        self._over(run_id)
        return False

    async def finish(self, run_id: str) -> None:
        raise AssertionError("nothing is late here")

    async def fail(self, run_id: str, reason: str) -> None:
        self.failed.append(reason)
        self._over(run_id)

    def _over(self, run_id: str) -> None:
        settle(investigations.cancel(self.ctx, OWNER, run_id))


async def _nowhere(_url: str) -> bytes:
    raise AssertionError("nothing is fetched here")


@asynccontextmanager
async def working(
    db: Database, *, woken: bool = False, away: int = 0, wrong: bool = False
) -> AsyncGenerator[tuple[ServerContext, OneStep, Worker]]:
    ctx = ServerContext(db, composed(), {}, lambda: datetime.now(UTC), lambda: None, _nowhere, areas=AREAS)
    worker_ctx = WorkerContext(db, ctx.now)
    steps, name = OneStep(ctx, away, wrong), own_name()
    queue = DurableQueue(steps, record_url(db.url), name, 2, Schedules(worker_ctx))
    worker = Worker(worker_ctx, queue, name, woken=woken)
    task = asyncio.create_task(worker.run())
    try:
        yield ctx, steps, worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ended(ctx: ServerContext, worker: Worker | None = None) -> None:
    run = await investigations.question(ctx, OWNER, "what is wrong?")
    if worker:
        worker.wake()
    for _ in range(3000):
        if (await investigations.get(ctx, OWNER, run.id)).state is RunState.CANCELLED:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody did it")


@pytest.fixture
async def file(tmp_path: Path, migrated_file: Path) -> AsyncGenerator[Database]:
    path = tmp_path / "midwatch.db"
    path.write_bytes(migrated_file.read_bytes())
    with Database.open(f"sqlite:///{path}") as db:
        yield db


async def test_an_idle_worker_asks_little(file: Database) -> None:
    asked: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    async with working(file):
        await asyncio.sleep(1.0)
        event.listen(Engine, "before_cursor_execute", heard)
        await asyncio.sleep(SECONDS)
        event.remove(Engine, "before_cursor_execute", heard)
    looks = [s for s in asked if s.startswith("SELECT runs.id")]
    assert 1 <= len(looks) <= SECONDS / POLL_S + 2
    assert len(asked) <= 3 * (SECONDS / POLL_S + 2) + 8, "a look is three statements, a sign of life five"


async def test_who_is_woken_begins_and_who_is_not_finds_it(file: Database) -> None:
    async with working(file, woken=True) as (ctx, steps, worker):
        await ended(ctx, worker)
        await ended(ctx)
    assert len(steps.begun) == len(steps.looked) == 2 and steps.failed == []


async def test_a_step_is_tried_until_the_store_is_back(file: Database) -> None:
    async with working(file, away=4) as (ctx, steps, worker):
        await ended(ctx, worker)
    assert (len(steps.begun), len(steps.looked), steps.failed) == (1, 5, [])


async def test_a_fault_of_its_own_ends_a_run(file: Database) -> None:
    async with working(file, wrong=True) as (ctx, steps, worker):
        await ended(ctx, worker)
    assert (len(steps.looked), steps.failed) == (1, ["a fault of Midwatch: ZeroDivisionError"])


async def test_a_worker_that_ends_with_nothing_left_signs_off(file: Database) -> None:
    async with working(file) as (ctx, _, _):
        while not _rows(ctx):
            await asyncio.sleep(0.02)
    with file.read() as tx:
        assert workers.list_workers(tx) == [], "nobody has to find it dead"


def _rows(ctx: ServerContext) -> list[tuple[str, datetime]]:
    with ctx.db.read() as tx:
        return workers.list_workers(tx)
