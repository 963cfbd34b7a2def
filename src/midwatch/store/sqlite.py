"""SQLite connections: always WAL, with explicit transactions, schema changes included."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import URL, Connection, Engine, event

BUSY_S = (
    30.0  # how long another process's write may take before ours gives up; `?timeout=` behind the address changes it
)


def prepare(engine: Engine, begin: str) -> None:
    event.listen(engine, "connect", _pragmas)
    event.listen(engine, "begin", _begin(begin))


def arguments(url: URL) -> dict[str, Any]:
    return {} if "timeout" in url.query else {"timeout": BUSY_S}


def _pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(statement: str) -> Callable[[Connection], object]:
    return lambda connection: connection.exec_driver_sql(statement)
