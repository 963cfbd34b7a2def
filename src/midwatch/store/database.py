"""One database, SQLite or PostgreSQL, behind two verbs: `read` and `write`, each a transaction.

SQLite lets one writer in at a time. All writes of a process go through one connection that takes the lock at once (BEGIN
IMMEDIATE), so that none of them has to give up half-way; readers see the last committed state meanwhile (WAL).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from midwatch.store import sqlite
from midwatch.store.errors import plain
from midwatch.store.migrate import migrate

READERS = 4


class Database:
    """Open with `async with Database.open(url)`; `url` as SQLAlchemy spells it, without a driver.

    Everything here raises StoreError when the database itself is the trouble.
    """

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
        with plain(self.url):
            async with self._writer.begin() as tx:
                yield tx

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        with plain(self.url):
            async with self._reader.connect() as tx:
                yield tx

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[AsyncConnection]:
        """A read in which everything is as it was at its first question, however long it takes. SQLite reads so anyway."""
        async with self.read() as tx:
            if tx.dialect.name == "postgresql":
                await tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield tx


def default_url(home: Path) -> str:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{home / 'midwatch.db'}"


def _sqlite(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    parsed = make_url(url).set(drivername="sqlite+aiosqlite")
    given = sqlite.arguments(parsed)
    writer = create_async_engine(parsed, pool_size=1, max_overflow=0, pool_timeout=sqlite.BUSY_S, connect_args=given)
    reader = create_async_engine(parsed, pool_size=READERS, max_overflow=0, pool_timeout=sqlite.BUSY_S, connect_args=given)
    sqlite.prepare(writer.sync_engine, "BEGIN IMMEDIATE")
    sqlite.prepare(reader.sync_engine, "BEGIN")
    return writer, reader


def _postgres(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    engine = create_async_engine(spell_postgres(url), pool_size=8, max_overflow=4, pool_pre_ping=True)
    return engine, engine


def spell_postgres(url: str) -> str:
    return "postgresql+psycopg://" + url.split("://", 1)[1]
