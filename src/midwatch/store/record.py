"""Database of the durable engine: a second SQLite file, or a schema of its own in the same PostgreSQL.

What keeps it (DBOS) tries again for ever when PostgreSQL cuts a connection, with pauses that grow to a minute and more,
and gives up at once when SQLite's disk is full. Here both are waited out before it hears of them: a connection is given
when there is one to give, and after a failure only once the file takes a write again.
"""

import sqlite3
import threading
from typing import Any

from sqlalchemy import Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, TimeoutError

from midwatch.kit.backoff import pauses
from midwatch.store import sqlite
from midwatch.store.database import patience, spell_postgres
from midwatch.store.errors import database_error
from midwatch.store.private import private

CONNECTIONS = 8
_CANCELLED = "57014"  # a statement cancelled on purpose: a retry would undo that


class Closed(Exception):
    """The record was closed while a caller waited for its database."""


def record_url(url: str) -> str:
    """Address of the record for the store at this address."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return spell_postgres(url)
    beside = (parsed.database or "midwatch").removesuffix(".db") + "-work.db"
    return parsed.set(database=beside).render_as_string(hide_password=False)


class Record:
    """The record's engine. `close` ends every wait for the database: waiting callers get Closed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._closed = threading.Event()
        self._failed = False
        self.engine = self._sqlite() if url.startswith("sqlite") else self._postgres()
        event.listen(self.engine, "handle_error", self._raise_unavailable)

    def close(self) -> None:
        self._closed.set()
        self.engine.dispose()

    def _sqlite(self) -> Engine:
        private(self.url)
        parsed = make_url(self.url)
        engine = create_engine(
            parsed,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=sqlite.BUSY_S,
            connect_args=sqlite.arguments(parsed),
        )
        event.listen(engine, "connect", _configure)
        event.listen(engine.pool, "checkout", self._await_writable)
        return engine

    def _postgres(self) -> Engine:
        parsed = make_url(self.url)
        engine = create_engine(
            parsed, pool_size=CONNECTIONS, max_overflow=4, pool_pre_ping=True, connect_args=patience(parsed)
        )
        event.listen(engine, "do_connect", self._connected)
        return engine

    def _connected(self, dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        for pause in pauses():
            try:
                return dialect.connect(*arguments, **options)
            except dialect.loaded_dbapi.OperationalError as away:
                self._wait(pause, away)
        return None

    def _await_writable(self, connection: Any, _record: Any, _proxy: Any) -> None:
        """Holds back a connection after a failure until the file accepts a write."""
        for pause in pauses():
            if not self._failed:
                return
            try:
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                connection.execute(f"PRAGMA user_version = {int(version)}").close()
            except sqlite3.Error as away:
                self._wait(pause, away)
            else:
                self._failed = False

    def _wait(self, pause: float, away: Exception) -> None:
        if self._closed.wait(pause):
            raise Closed from away

    def _raise_unavailable(self, context: ExceptionContext) -> None:
        """Turns database failures into the errors that DBOS retries."""
        error = context.sqlalchemy_exception
        if context.is_pre_ping or not isinstance(error, DBAPIError) or not _is_unavailable(error):
            return
        self._failed = True
        if self._closed.is_set():
            raise Closed from error
        raise TimeoutError(f"the record's database is unavailable: {error.orig}") from error


def _is_unavailable(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", "") != _CANCELLED and database_error(error) is not None


def _configure(connection: Any, _record: Any) -> None:
    """Opens a file as DBOS does, and in WAL: readers need not wait for writers."""
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
