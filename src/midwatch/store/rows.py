"""SQL that differs between the two databases."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, cast, func
from sqlalchemy.dialects import postgresql, sqlite

from midwatch.store.tables import counters


def insert_new(tx: Connection, table: Table, *rows: Mapping[str, Any]) -> int:
    """Inserts the rows whose key does not exist yet; returns their number."""
    return len(new_keys(tx, table, *rows))


def new_keys(tx: Connection, table: Table, *rows: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Inserts the rows whose key does not exist yet; returns their keys."""
    return [tuple(row) for row in tx.execute(_insert_new(tx.dialect.name, table), rows).all()] if rows else []


def upsert(tx: Connection, table: Table, keys: tuple[str, ...], values: Mapping[str, Any]) -> None:
    """Inserts a row, or updates the one with the keys."""
    changed = tuple(name for name in values if name not in keys)
    tx.execute(_upsert(tx.dialect.name, table, keys, changed), values)


def next_number(tx: Connection, name: str) -> int:
    """The next number of a gapless count: the row is locked until the transaction ends."""
    return tx.execute(_next(tx.dialect.name), {"name": name, "value": 1}).scalar_one()


def json_text(tx: Connection, column: ColumnElement[str], field: str) -> ColumnElement[Any]:
    """A field of a JSON text, as text; NULL when it has none."""
    if tx.dialect.name == "postgresql":
        return cast(column, postgresql.JSON)[field].as_string()
    return func.json_extract(column, f"$.{field}")


# A statement is dearer to put together than to run: each is made once.


@cache
def _insert_new(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing().returning(*table.primary_key.columns)


@cache
def _upsert(dialect: str, table: Table, keys: tuple[str, ...], changed: tuple[str, ...]) -> Any:
    made = _insert(dialect, table)
    return made.on_conflict_do_update(index_elements=list(keys), set_={name: made.excluded[name] for name in changed})


@cache
def _next(dialect: str) -> Any:
    more = {"value": counters.c.value + 1}
    return (
        _insert(dialect, counters).on_conflict_do_update(index_elements=["name"], set_=more).returning(counters.c.value)
    )


def _insert(dialect: str, table: Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
