"""The database, SQLite or PostgreSQL, with two operations: `read` and `write`, each a transaction.

Transactions are for threads, not for an event loop: they are short, wait for nothing but the database, and a hop into a
thread costs less than one for every statement. SQLite lets one writer in at a time: all writes of a process go through
one connection that takes the lock at once (BEGIN IMMEDIATE), so that none of them has to give up half-way; readers see
the last committed state meanwhile (WAL).
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Pool, create_engine, make_url, text

from midwatch.store import sqlite
from midwatch.store.errors import StoreError, plain
from midwatch.store.migrate import migrate
from midwatch.store.private import OWN_FOLDER, file_of, narrow, private
from midwatch.store.write_lock import WriteLock

READERS = 4
OUR_FOLDER = ".midwatch"  # a folder name that only Midwatch uses
# PostgreSQL's server can vanish without closing connections: host down, or firewall state lost. Seconds, and one
# in ms.
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class Database:
    """The opened database: `with Database.open(url)`; `url` as SQLAlchemy spells it, without a driver. `path` is
    SQLite's file.

    Everything here raises StoreError when the database itself is the trouble.
    """

    def __init__(self, url: str, writer: Engine, reader: Engine, turn: WriteLock) -> None:
        self.url = url
        self._writer, self._reader = writer, reader
        self._turn = turn
        self.path = file_of(url)
        self._file = _identity(self.path)

    @classmethod
    @contextmanager
    def open(cls, url: str) -> Generator["Database"]:
        """Migrates the schema and opens the connections; closes them at the end."""
        private(url)
        migrate(url)
        with cls._opened(url, READERS) as opened:
            yield opened

    @contextmanager
    def separate_connections(self) -> Generator["Database"]:
        """The same database by connections of its own, which do not queue behind those of this process."""
        with self._opened(self.url, 1) as opened:
            yield opened

    @classmethod
    @contextmanager
    def _opened(cls, url: str, readers: int) -> Generator["Database"]:
        engines = _sqlite(url, readers) if url.startswith("sqlite") else _postgres(url, 2 * readers)
        turn = WriteLock(url)
        try:
            yield cls(url, *engines, turn)
        finally:
            turn.close()
            for engine in set(engines):
                engine.dispose()

    @contextmanager
    def write(self) -> Generator[Connection]:
        """A transaction: all changes of the block are stored, or none."""
        self.still_there()
        with plain(self.url), self._writer.connect() as tx, self._turn.hold(), tx.begin():
            yield tx

    def still_there(self) -> None:
        """Raises StoreError when the SQLite file was deleted or replaced: writes to an unlinked file are lost."""
        if self._file is not None and _identity(self.path) != self._file:
            raise StoreError(
                f"The file {self.path} was deleted or replaced while Midwatch had it open.",
                "Put it back, or restart Midwatch to go on with the file that is there now",
            )

    @contextmanager
    def read(self) -> Generator[Connection]:
        with plain(self.url), self._reader.connect() as tx:
            yield tx

    @contextmanager
    def snapshot(self) -> Generator[Connection]:
        """A read with one consistent state for all of its queries, however long it takes. SQLite always reads so."""
        with self.read() as tx:
            if tx.dialect.name == "postgresql":
                tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield tx


def default_url(home: Path) -> str:
    home.mkdir(parents=True, exist_ok=True, mode=OWN_FOLDER)
    if home.name == OUR_FOLDER:
        narrow(home)
    return f"sqlite:///{home / 'midwatch.db'}"


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Identity of the file at this path; None where there is none."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _sqlite(url: str, readers: int) -> tuple[Engine, Engine]:
    parsed = make_url(url)
    given = sqlite.arguments(parsed)
    writer = create_engine(parsed, pool_size=1, max_overflow=0, pool_timeout=sqlite.BUSY_S, connect_args=given)
    reader = create_engine(parsed, pool_size=readers, max_overflow=0, pool_timeout=sqlite.BUSY_S, connect_args=given)
    sqlite.prepare(writer, "BEGIN IMMEDIATE")
    sqlite.prepare(reader, "BEGIN")
    return writer, reader


def _postgres(url: str, size: int) -> tuple[Engine, Engine]:
    parsed = make_url(spell_postgres(url))
    engine = create_engine(parsed, pool_size=size, max_overflow=4, pool_pre_ping=True, connect_args=patience(parsed))
    return engine, engine


def one_connection(url: str, wait_s: int, pool: type[Pool]) -> Engine:
    """One connection for a write that may wait at most this many seconds for a lock or a response of PostgreSQL."""
    if url.startswith("sqlite"):
        engine = create_engine(make_url(url), poolclass=pool, connect_args={"timeout": float(wait_s)})
        sqlite.prepare(engine, "BEGIN IMMEDIATE")
        return engine
    parsed = make_url(spell_postgres(url))
    return create_engine(parsed, poolclass=pool, connect_args=patience(parsed) | {"connect_timeout": wait_s})


def patience(url: URL) -> dict[str, Any]:
    """PostgreSQL connection timeouts, except those that the address sets itself."""
    return {name: value for name, value in _PATIENCE.items() if name not in url.query}


def spell_postgres(url: str) -> str:
    return "postgresql+psycopg://" + url.split("://", 1)[1]
