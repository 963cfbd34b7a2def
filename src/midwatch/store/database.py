"""One database, SQLite or PostgreSQL, behind two verbs: `read` and `write`, each a transaction.

SQLite lets one writer in at a time. All writes of a process go through one connection that takes the lock at once (BEGIN
IMMEDIATE), so that none of them has to give up half-way; readers see the last committed state meanwhile (WAL).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from midwatch.store.migrate import migrate

BUSY_S = 30  # how long another process's write may take before ours gives up
READERS = 4


class Database:
    """Open with `async with Database.open(url)`; `url` as SQLAlchemy spells it, without a driver."""

    def __init__(self, url: str, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self.url = url
        self._writer, self._reader = writer, reader

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncGenerator["Database"]:
        """Migrates the schema and opens the connections; closes them at the end."""
        await asyncio.to_thread(migrate, url)
        engines = _sqlite(url) if url.startswith("sqlite") else _postgres(url)
        try:
            yield cls(url, *engines)
        finally:
            for engine in set(engines):
                await engine.dispose()

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """Everything in the block happens, or nothing of it."""
        async with self._writer.begin() as tx:
            yield tx

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        async with self._reader.connect() as tx:
            yield tx


def default_url(home: Path) -> str:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{home / 'midwatch.db'}"


def _sqlite(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    spelled = url.replace("sqlite:", "sqlite+aiosqlite:", 1)
    writer = create_async_engine(spelled, pool_size=1, max_overflow=0, pool_timeout=BUSY_S)
    reader = create_async_engine(spelled, pool_size=READERS, max_overflow=0, pool_timeout=BUSY_S)
    for engine, begin in ((writer, "BEGIN IMMEDIATE"), (reader, "BEGIN")):
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "begin", _begin(begin))
    return writer, reader


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_S * 1000}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(statement: str) -> Callable[[Connection], object]:
    return lambda connection: connection.exec_driver_sql(statement)


def _postgres(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    engine = create_async_engine(spell_postgres(url), pool_size=8, max_overflow=4, pool_pre_ping=True)
    return engine, engine


def spell_postgres(url: str) -> str:
    return "postgresql+psycopg://" + url.split("://", 1)[1]
