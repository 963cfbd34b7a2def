"""Change notification between processes, without repeated queries to the store.

PostgreSQL notifies by itself (LISTEN/NOTIFY, at the commit). SQLite counts commits: `PRAGMA data_version` reads a
number from shared memory and takes no lock.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Generator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NoReturn, ParamSpec, TypeVar

from sqlalchemy import ARRAY, Connection, String, bindparam, text
from sqlalchemy.pool import NullPool

from midwatch.store.database import Database, one_connection
from midwatch.store.errors import StoreError, plain

P = ParamSpec("P")
T = TypeVar("T")
CHANNEL = "midwatch_run_events"
POLL_S = 0.2  # between two looks at SQLite's counter
CONNECT_S = 10
_NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', run_id) FROM unnest(:run_ids) AS run_id").bindparams(  # noqa: S608
    bindparam("run_ids", type_=ARRAY(String))
)

# The investigations that have new events; None: any may have.
Changed = Callable[[Collection[str] | None], Awaitable[None]]


def notify(tx: Connection, run_ids: Collection[str]) -> None:
    """Announces, once the transaction is committed, new events of these investigations."""
    if tx.dialect.name == "postgresql":
        tx.execute(_NOTIFY, {"run_ids": list(run_ids)})


async def watch(db: Database, changed: Changed) -> NoReturn:
    """Calls `changed` as soon as no change can be missed any more, and then after every write.

    Takes one connection while it runs. Raises StoreError when that is lost.
    """
    with ExitStack() as stack:
        connection = await in_thread(stack.enter_context, _driver(db))
        if db.url.startswith("sqlite"):
            await _count(db, connection, changed)
        await _listen(connection, changed)
    raise AssertionError("neither has an end")


async def _count(db: Database, connection: Any, changed: Changed) -> NoReturn:
    before = None
    while True:
        db.still_there()
        version = await in_thread(_version, connection)
        if version != before:
            before = version
            await changed(None)
        await asyncio.sleep(POLL_S)


async def in_thread(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a call in a thread and waits for its end even when cancelled: closing a connection under a thread that uses
    it ends the process with a segmentation fault."""
    running = asyncio.ensure_future(asyncio.to_thread(do, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    finally:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait((running,))


def _version(connection: Any) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


async def _listen(connection: Any, changed: Changed) -> NoReturn:
    await in_thread(connection.execute, f"LISTEN {CHANNEL}")
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    socket = int(connection.fileno())
    loop.add_reader(socket, readable.set)
    try:
        await changed(None)
        while True:
            await readable.wait()
            readable.clear()
            if run_ids := _received(connection):
                await changed(run_ids)
    finally:
        loop.remove_reader(socket)


def _received(connection: Any) -> set[str]:
    """Run ids of the notifications that have arrived, without waiting."""
    connection.pgconn.consume_input()
    found = set[str]()
    while notice := connection.pgconn.notifies():
        found.add(notice.extra.decode())
    return found


@contextmanager
def _driver(db: Database) -> Generator[Any]:
    """A connection of the driver's own, outside SQLAlchemy's transactions. Raises StoreError for its errors."""
    engine = one_connection(db.url, CONNECT_S, NullPool)
    try:
        with plain(db.url):
            opened = engine.raw_connection()
        try:
            if engine.dialect.name == "postgresql":
                opened.driver_connection.autocommit = True  # pyright: ignore[reportOptionalMemberAccess]
            yield opened.driver_connection
        except engine.dialect.loaded_dbapi.Error as lost:
            raise StoreError("The connection that hears of changes is lost.", "It is opened again") from lost
        finally:
            opened.invalidate()
    finally:
        engine.dispose()
