"""Store health check by a test write: a full disk, a deleted file and a replica all answer reads."""

import threading
import time

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from midwatch.store.database import Database, one_connection
from midwatch.store.errors import StoreError, plain
from midwatch.store.rows import next_number

EVERY_S = 3.0  # at most one write in that time, however often the health is read
WAIT_S = 2  # for a lock or a response; health checks have short timeouts


class StoreProbe:
    """Periodic write test. `trouble` is the reason in one sentence why the store accepts no write; "" when it does.
    From any thread.

    Each look opens a connection of its own: one that is open already remembers what the file held when it was still
    whole. (By SQLite, never by hand: closing a SQLite file that this process has open elsewhere gives up all its
    locks.)
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._looked: float | None = None
        self._found = ""

    def trouble(self) -> str:
        with self._lock:
            if self._looked is None or time.monotonic() - self._looked > EVERY_S:
                self._found = self._test_write()
                self._looked = time.monotonic()
            return self._found

    def _test_write(self) -> str:
        try:
            self._db.still_there()
            self._write()
        except StoreError as error:
            return error.reason
        except SQLAlchemyError as error:
            return f"The store does not answer: {type(error).__name__}."
        return ""

    def _write(self) -> None:
        engine = one_connection(self._db.url, WAIT_S, NullPool)
        try:
            with plain(self._db.url), engine.begin() as tx:
                if tx.dialect.name == "postgresql":
                    tx.execute(text(f"SET LOCAL statement_timeout = {WAIT_S * 1000}"))
                next_number(tx, "probe")
        finally:
            engine.dispose()
