"""Who watches an investigation sees each step soon after it is stored, by whichever process; meanwhile nobody asks the
store, and what is lost on the way is not lost for the watcher."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, event

from midwatch.domain.investigation import Request
from midwatch.domain.work import Investigation, RunEvent, RunState
from midwatch.engine.events import LiveEvents
from midwatch.engine.progress import add_event
from midwatch.kit.clock import utc_now
from midwatch.store import changes, investigations
from midwatch.store.changes import CHANNEL
from midwatch.store.database import Database
from midwatch.wiring.worker_process import announce_on, announced_ids, worker_process
from tests.postgres import Server

PATIENCE_S = 20.0  # generous: how long it takes is measured in benchmarks/watching
RUN = Investigation(id="inv_1", request=Request(), created_at=utc_now())


@pytest.fixture
def other(db: Database) -> Generator[Database]:
    """The same database, as another process has it."""
    with db.write() as tx:
        investigations.add(tx, RUN)
    with Database.open(db.url) as opened:
        yield opened


def tell(db: Database, *numbers: int) -> None:
    for number in numbers:
        with db.write() as tx:
            add_event(tx, utc_now(), RUN.id, "evidence", {"n": number})


def end(db: Database) -> None:
    with db.write() as tx:
        assert investigations.change(tx, RUN.model_copy(update={"state": RunState.DONE}), RunState.QUEUED)
        add_event(tx, utc_now(), RUN.id, "done", {})


@contextmanager
def statements() -> Generator[list[str]]:
    found: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", heard)


@asynccontextmanager
async def following(live: LiveEvents, after: int = 0) -> AsyncGenerator[Callable[[], "asyncio.Future[RunEvent]"]]:
    """Gives the next event, in time."""
    async with aclosing(live.follow(RUN.id, after)) as followed:
        yield lambda: asyncio.ensure_future(asyncio.wait_for(anext(followed), PATIENCE_S))


async def settled(waiting: "asyncio.Future[RunEvent]", quiet_s: float = 0.5) -> None:
    """Until nobody has asked the store for a while: the watcher waits."""
    with statements() as asked:
        while True:
            before = len(asked)
            await asyncio.sleep(quiet_s)
            assert not waiting.done()
            if len(asked) == before:
                return


async def test_a_step_of_another_process_is_seen(db: Database, other: Database) -> None:
    async with following(LiveEvents(db)) as upcoming:
        for number in range(3):
            waiting = upcoming()
            await settled(waiting)
            await asyncio.to_thread(tell, other, number)
            assert (await waiting).data == {"n": number}


async def test_the_last_event_ends_the_stream(db: Database, other: Database) -> None:
    live = LiveEvents(db)
    async with following(live) as upcoming:
        waiting = upcoming()
        await settled(waiting)
        await asyncio.to_thread(end, other)
        assert (await waiting).kind == "done"
        with pytest.raises(StopAsyncIteration):
            await upcoming()
    assert [e async for e in live.follow(RUN.id, 1)] == [], "and there is none behind it"


async def test_nobody_asks_the_store_while_nothing_happens(db: Database, other: Database) -> None:
    live = LiveEvents(db)
    async with following(live) as first, following(live) as second:
        waiting = [first(), second()]
        for future in waiting:
            await settled(future)
        with statements() as asked:
            await asyncio.sleep(10 * changes.POLL_S)
        assert asked == []
        await asyncio.to_thread(tell, other, 1)
        assert [(await future).seq for future in waiting] == [1, 1]


async def test_a_stream_that_breaks_off_goes_on_behind_the_last_event(db: Database, other: Database) -> None:
    """Again and again, while another process writes."""
    live, seen, count = LiveEvents(db), list[int](), 40
    writing = asyncio.create_task(asyncio.to_thread(tell, other, *range(count)))
    while len(seen) < count:
        async with following(live, seen[-1] if seen else 0) as upcoming:
            for _ in range(min(7, count - len(seen))):
                seen.append((await upcoming()).seq)
    await writing
    assert seen == list(range(1, count + 1))


def listeners(url: str) -> list[tuple[int, str]]:
    """Process and start of the last statement of each connection that listens."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT pid, query_start::text FROM pg_stat_activity WHERE query = %s AND datname = current_database()",
            (f"LISTEN {CHANNEL}",),
        )
        return [(int(row[0]), str(row[1])) for row in rows]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
class TestPostgreSQL:
    async def test_one_connection_listens_for_all_watchers_and_asks_nothing(
        self, db: Database, other: Database
    ) -> None:
        live = LiveEvents(db)
        async with following(live) as first, following(live) as second:
            waiting = [first(), second()]
            for future in waiting:
                await settled(future)
            (before,) = await asyncio.to_thread(listeners, db.url)
            await asyncio.to_thread(tell, other, 1)
            assert [(await future).seq for future in waiting] == [1, 1]
            assert await asyncio.to_thread(listeners, db.url) == [before]
        for _ in range(200):
            if not await asyncio.to_thread(listeners, db.url):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("it listens though nobody watches")

    async def test_a_lost_connection_is_opened_again(self, db: Database, other: Database, postgres: Server) -> None:
        async with following(LiveEvents(db)) as upcoming:
            waiting = upcoming()
            await settled(waiting)
            (before,) = await asyncio.to_thread(listeners, db.url)
            await asyncio.to_thread(postgres.cut)
            await asyncio.to_thread(tell, other, 1)  # perhaps before it listens again
            assert (await waiting).seq == 1
            waiting = upcoming()
            await settled(waiting, quiet_s=1.0)
            (again,) = await asyncio.to_thread(listeners, db.url)
            assert again != before
            await asyncio.to_thread(tell, other, 2)
            assert (await waiting).seq == 2


def test_the_worker_says_in_lines_what_is_new_and_waits_for_nobody() -> None:
    reading, writing = os.pipe()
    announce = announce_on(writing)
    announce(["inv_1", "inv_2"])
    assert [announced_ids(line) for line in os.read(reading, 4096).splitlines()] == [("inv_1",), ("inv_2",)]
    assert announced_ids(b"something else\n") == announced_ids(b"") == ()
    for _ in range(10_000):
        announce(["inv_1"])  # more than a pipe holds
    os.close(reading)
    announce(["inv_1"])  # and nobody reads any more
    os.close(writing)


async def test_the_servers_own_worker_announces_its_steps(
    tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "midwatch.db"
    path.write_bytes(migrated_file.read_bytes())
    monkeypatch.setenv("MIDWATCH_HOME", str(tmp_path))
    heard = asyncio.Queue[str]()
    with Database.open(f"sqlite:///{path}") as db:
        with db.write() as tx:
            investigations.add(tx, RUN)  # there is no cluster: it fails
        async with worker_process(1, str(tmp_path / "no-kubeconfig")) as beside:
            beside.heard = lambda run_ids: [heard.put_nowait(run_id) for run_id in run_ids].clear()
            async with asyncio.timeout(60):
                assert [await heard.get(), await heard.get()] == [RUN.id, RUN.id]
        with db.read() as tx:
            assert [e.kind for e in investigations.events_after(tx, RUN.id)] == ["started", "failed"]


async def test_what_runs_in_a_thread_ends_before_its_connection_is_closed() -> None:
    """Cancelled twice while the driver is at work: a connection that is closed under it takes the process along."""
    begun, go_on, order = threading.Event(), threading.Event(), list[str]()

    def work() -> None:
        begun.set()
        go_on.wait(PATIENCE_S)
        order.append("worked")

    async def connected() -> None:
        try:
            await changes.in_thread(work)
        finally:
            order.append("closed")

    task = asyncio.create_task(connected())
    await asyncio.to_thread(begun.wait)
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    assert order == []
    go_on.set()
    await asyncio.gather(task, return_exceptions=True)
    assert order == ["worked", "closed"]
