"""A schedule makes one investigation of each of its times, however many workers there are, and whichever dies."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from dbos import DBOS

from midwatch.domain.capabilities import Scheduled
from midwatch.domain.investigation import Request
from midwatch.domain.work import Investigation
from midwatch.engine.durable import DurableQueue
from midwatch.engine.schedules import Schedules
from midwatch.engine.worker_context import WorkerContext
from midwatch.kit.clock import utc_now
from midwatch.store import investigations
from midwatch.store.database import Database
from midwatch.store.record import record_url
from tests.flows.server import station, until
from tests.flows.server_context import Watch
from tests.flows.test_idle import OneStep

AT = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def hourly(name: str) -> Scheduled:
    return Scheduled(name, "0 * * * *", lambda at: Request(question=f"{name} {at:%H:%M}"))


def stored(db: Database) -> list[Investigation]:
    with db.read() as tx:
        return investigations.list_investigations(tx, 1, 1000)[0]


def times(db: Database) -> list[datetime]:
    return sorted(datetime.fromisoformat(run.request.question) for run in stored(db))


def without_a_gap(found: list[datetime], count: int) -> bool:
    return len(found) >= count and all(b - a == SECOND for a, b in pairwise(found))


@pytest.mark.components
def test_of_three_workers_each_time_falls_to_one_and_one_may_die(db: Database, tmp_path: Path) -> None:
    environment = {"MIDWATCH_SERVER__DATABASE": db.url, "MIDWATCH_KUBERNETES__KUBECONFIG": str(tmp_path / "none")}
    with station(tmp_path, **environment) as here:
        workers = [here.worker(module="tests.flows.ticking") for _ in range(3)]
        until(lambda: len(stored(db)) >= 2)
        workers[0].kill()
        before = len(stored(db))
        until(lambda: without_a_gap(times(db)[:-1], before + 2))
    with db.read() as tx:
        begun = [[e.kind for e in investigations.events_after(tx, run.id)].count("started") for run in stored(db)]
    assert set(begun) <= {0, 1} and 1 in begun
    assert {run.asked_by for run in stored(db)} == {"schedule every-second"}


async def test_a_time_is_asked_for_once_and_one_of_another_process_is_passed_over(db: Database) -> None:
    schedules = Schedules(WorkerContext(db, utc_now), [hourly("report")])
    for at in (AT, AT, AT + timedelta(hours=1)):
        await schedules.enqueue("report", at)
    await schedules.enqueue("of another", AT)
    assert sorted(run.request.question for run in stored(db)) == ["report 02:00", "report 03:00"]


def test_two_schedules_of_one_name_are_refused(db: Database) -> None:
    with pytest.raises(ValueError, match="one name"):
        Schedules(WorkerContext(db, utc_now), [hourly("report"), hourly("report")])


class Stuck(Schedules):
    """Its process stands still while it asks for the investigation."""

    def __init__(self, ctx: WorkerContext, *declared: Scheduled) -> None:
        super().__init__(ctx, declared)
        self.reached = asyncio.Event()

    async def enqueue(self, name: str, at: datetime) -> None:
        self.reached.set()
        await asyncio.Event().wait()


@asynccontextmanager
async def started(db: Database, name: str, schedules: Schedules) -> AsyncGenerator[DurableQueue]:
    queue = DurableQueue(OneStep(Watch(db).ctx), record_url(db.url), name, 1, schedules)
    await queue.start()
    try:
        yield queue
    finally:
        await queue.stop()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # in this process; both databases in processes above
async def test_what_is_not_declared_any_more_is_deleted_and_the_rest_left_alone(db: Database) -> None:
    ctx = WorkerContext(db, utc_now)

    async def found(*declared: Scheduled) -> dict[str, tuple[str, str]]:
        async with started(db, "w", Schedules(ctx, declared)):
            listed = await asyncio.to_thread(DBOS.list_schedules)
            return {s["schedule_name"]: (s["schedule"], s["schedule_id"]) for s in listed}

    first = await found(hourly("a"), hourly("b"))
    assert set(first) == {"a", "b"}
    second = await found(hourly("b"), Scheduled("c", "5 * * * *", lambda _: Request()))
    assert set(second) == {"b", "c"} and second["b"] == first["b"]
    third = await found(hourly("c"))
    assert {name: cron for name, (cron, _) in third.items()} == {"c": "0 * * * *"}
    assert await found() == {}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # in this process; both databases in processes above
async def test_a_time_that_a_dead_worker_had_begun_is_gone_on_with(db: Database) -> None:
    ctx = WorkerContext(db, utc_now)
    stuck = Stuck(ctx, hourly("report"))
    async with started(db, "dead", stuck):
        await asyncio.to_thread(DBOS.trigger_schedule, "report")
        async with asyncio.timeout(60):
            await stuck.reached.wait()
    async with started(db, "living", Schedules(ctx, [hourly("report")])) as queue:
        assert (await asyncio.to_thread(queue.find_abandoned, [], {"dead"})).dropped == (), (
            "who lives keeps what it has begun"
        )
        left = await asyncio.to_thread(queue.find_abandoned, [], set[str]())
        assert len(left.dropped) == 1
        await asyncio.to_thread(queue.resume, left.dropped)
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(stored, db):
                await asyncio.sleep(0.05)
        assert len(stored(db)) == 1
