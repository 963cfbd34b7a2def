"""What both databases say differently, said once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from midwatch.store.tables import counters


async def insert_new(tx: AsyncConnection, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts unless a row with this key exists; whether it did."""
    statement = _insert(tx, table).values(**values).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return (await tx.execute(statement)).first() is not None


async def upsert(tx: AsyncConnection, table: Table, keys: tuple[str, ...], values: Mapping[str, Any]) -> None:
    """Inserts, or puts these values into the row that has the keys."""
    changed = {name: value for name, value in values.items() if name not in keys}
    statement = _insert(tx, table).values(**values).on_conflict_do_update(index_elements=list(keys), set_=changed)
    await tx.execute(statement)


async def next_number(tx: AsyncConnection, name: str) -> int:
    """Counts from 1 without gaps: the row is locked until the transaction ends."""
    statement = (
        _insert(tx, counters)
        .values(name=name, value=1)
        .on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    )
    await tx.execute(statement)
    return (await tx.execute(select(counters.c.value).where(counters.c.name == name))).scalar_one()


def json_text(tx: AsyncConnection, column: ColumnElement[str], field: str) -> ColumnElement[Any]:
    """A field of a JSON text, as text; NULL when it has none."""
    if tx.dialect.name == "postgresql":
        return cast(column, postgresql.JSON)[field].as_string()
    return func.json_extract(column, f"$.{field}")


def _insert(tx: AsyncConnection, table: Table) -> Any:
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)
