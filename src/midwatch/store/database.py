"""One database, SQLite or PostgreSQL, behind two verbs: `read` and `write`, each a transaction.

Transactions are for threads, not for an event loop: they are short, wait for nothing but the database, and a hop into a thread
costs less than one for every statement. SQLite lets one writer in at a time: all writes of a process go through one connection
that takes the lock at once (BEGIN IMMEDIATE), so that none of them has to give up half-way; readers see the last committed state
meanwhile (WAL).
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, make_url, text

from midwatch.store import sqlite
from midwatch.store.errors import plain
from midwatch.store.migrate import migrate
from midwatch.store.turn import Turn

READERS = 4


class Database:
    """Open with `with Database.open(url)`; `url` as SQLAlchemy spells it, without a driver.

    Everything here raises StoreError when the database itself is the trouble.
    """

    def __init__(self, url: str, writer: Engine, reader: Engine, turn: Turn) -> None:
        self.url = url
        self._writer, self._reader = writer, reader
        self._turn = turn

    @classmethod
    @contextmanager
    def open(cls, url: str) -> Generator["Database"]:
        """Migrates the schema and opens the connections; closes them at the end."""
        migrate(url)
        engines = _sqlite(url) if url.startswith("sqlite") else _postgres(url)
        turn = Turn(url)
        try:
            yield cls(url, *engines, turn)
        finally:
            turn.close()
            for engine in set(engines):
                engine.dispose()

    @contextmanager
    def write(self) -> Generator[Connection]:
        """Everything in the block happens, or nothing of it."""
        with plain(self.url), self._writer.connect() as tx, self._turn.taken(), tx.begin():
            yield tx

    @contextmanager
    def read(self) -> Generator[Connection]:
        with plain(self.url), self._reader.connect() as tx:
            yield tx

    @contextmanager
    def snapshot(self) -> Generator[Connection]:
        """A read in which everything is as it was at its first question, however long it takes. SQLite reads so anyway."""
        with self.read() as tx:
            if tx.dialect.name == "postgresql":
                tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield tx


def default_url(home: Path) -> str:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{home / 'midwatch.db'}"


def _sqlite(url: str) -> tuple[Engine, Engine]:
    parsed = make_url(url)
    given = sqlite.arguments(parsed)
    writer = create_engine(parsed, pool_size=1, max_overflow=0, pool_timeout=sqlite.BUSY_S, connect_args=given)
    reader = create_engine(parsed, pool_size=READERS, max_overflow=0, pool_timeout=sqlite.BUSY_S, connect_args=given)
    sqlite.prepare(writer, "BEGIN IMMEDIATE")
    sqlite.prepare(reader, "BEGIN")
    return writer, reader


def _postgres(url: str) -> tuple[Engine, Engine]:
    engine = create_engine(spell_postgres(url), pool_size=8, max_overflow=4, pool_pre_ping=True)
    return engine, engine


def spell_postgres(url: str) -> str:
    return "postgresql+psycopg://" + url.split("://", 1)[1]
