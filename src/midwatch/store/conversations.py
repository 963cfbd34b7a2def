"""Context of conversations, so that "and yesterday?" can be understood."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from midwatch.domain.intent import Intent
from midwatch.store.rows import upsert
from midwatch.store.storable_text import to_json
from midwatch.store.tables import conversations as t

_GET = select(t.c.body).where(t.c.id == bindparam("id"))


def last(tx: Connection, conversation: str) -> Intent | None:
    body = tx.execute(_GET, {"id": conversation}).scalar_one_or_none()
    return None if body is None else Intent.model_validate_json(body)


def set_intent(tx: Connection, conversation: str, intent: Intent, now: datetime) -> None:
    upsert(tx, t, ("id",), {"id": conversation, "said_at": now, "body": to_json(intent)})


def purge(tx: Connection, before: datetime) -> int:
    return tx.execute(delete(t).where(t.c.said_at < before)).rowcount
