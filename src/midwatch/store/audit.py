"""Who did what. Only appended to; each entry's hash covers the entry before it."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from midwatch.domain.base import Model
from midwatch.store.rows import next_number
from midwatch.store.tables import audit as t


class Act(Model, frozen=True):
    """`detail` never holds a secret."""

    seq: int = 0
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any] = {}


async def append(tx: AsyncConnection, act: Act) -> None:
    await next_number(tx, "audit")  # locks: two writers would otherwise both follow the same entry
    last = (await tx.execute(select(t.c.hash).order_by(t.c.seq.desc()).limit(1))).scalar_one_or_none() or ""
    detail = json.dumps(act.detail, sort_keys=True, ensure_ascii=False)
    values = {"at": act.at, "actor": act.actor, "action": act.action, "object": act.object, "detail": detail}
    await tx.execute(insert(t).values(**values, hash=_hash(last, values)))


async def listed(tx: AsyncConnection, actor: str = "", action: str = "", page: int = 1, page_size: int = 50) -> list[Act]:
    """Newest first."""
    query = select(*(t.c[name] for name in Act.model_fields)).order_by(t.c.seq.desc()).limit(page_size).offset((page - 1) * page_size)
    query = query.where(t.c.actor == actor) if actor else query
    query = query.where(t.c.action == action) if action else query
    return [Act.model_validate({**row, "detail": json.loads(row["detail"])}) for row in (await tx.execute(query)).mappings()]


async def broken(tx: AsyncConnection) -> int | None:
    """The first entry that does not follow from the one before it; None when all do."""
    last = ""
    for row in (await tx.execute(select(t).order_by(t.c.seq))).mappings():
        if row["hash"] != _hash(last, row):
            return int(row["seq"])
        last = row["hash"]
    return None


def _hash(before: str, values: Any) -> str:
    said = [before, values["at"].astimezone(UTC).isoformat(), *(str(values[name]) for name in ("actor", "action", "object", "detail"))]
    return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
