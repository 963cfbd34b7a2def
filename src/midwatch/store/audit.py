"""Append-only audit log; each entry's hash covers the entry before it."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select

from midwatch.domain.base import Model
from midwatch.store.rows import next_number
from midwatch.store.storable_text import text_of
from midwatch.store.tables import ACTOR, OBJECT, counters, short_text
from midwatch.store.tables import audit as t


class Act(Model, frozen=True):
    """One audited action. `detail` never holds a secret."""

    seq: int = 0
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any] = {}


def append(tx: Connection, act: Act) -> None:
    next_number(tx, "audit")  # locks: two writers would otherwise both follow the same entry
    last = tx.execute(select(t.c.hash).order_by(t.c.seq.desc()).limit(1)).scalar_one_or_none() or ""
    detail = text_of(act.detail)
    values = {
        "at": act.at,
        "actor": short_text(act.actor, ACTOR),
        "action": act.action,
        "object": short_text(act.object, OBJECT),
        "detail": detail,
    }
    tx.execute(insert(t).values(**values, hash=_hash(last, values)))


def list_entries(tx: Connection, actor: str = "", action: str = "", page: int = 1, page_size: int = 50) -> list[Act]:
    """Audit entries, newest first."""
    said = (t.c.seq, t.c.at, t.c.actor, t.c.action, t.c.object, t.c.detail)
    query = select(*said).order_by(t.c.seq.desc()).limit(page_size).offset((page - 1) * page_size)
    query = query.where(t.c.actor == actor) if actor else query
    query = query.where(t.c.action == action) if action else query
    return [Act.model_validate({**row, "detail": json.loads(row["detail"])}) for row in tx.execute(query).mappings()]


def first_broken_entry(tx: Connection) -> int | None:
    """The first entry that does not follow from the one before it; None when all do.

    Where the newest entries are gone, the number of the first of those: how many there were is counted elsewhere too.
    """
    last, seq, found = "", 0, 0
    with tx.execute(select(t).order_by(t.c.seq).execution_options(yield_per=500)) as rows:
        for row in rows.mappings():
            seq, found = int(row["seq"]), found + 1
            if row["hash"] != _hash(last, row):
                return seq
            last = row["hash"]
    written = tx.execute(select(counters.c.value).where(counters.c.name == "audit")).scalar_one_or_none() or 0
    return seq + 1 if found < written else None


def _hash(before: str, values: Any) -> str:
    said = [
        before,
        values["at"].astimezone(UTC).isoformat(),
        *(str(values[name]) for name in ("actor", "action", "object", "detail")),
    ]
    return sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
