from datetime import datetime

from sqlalchemy import Connection, func, select, update

from midwatch.domain.work import Effect
from midwatch.store.rows import insert_new
from midwatch.store.tables import effects as t

PENDING, SENT, GIVEN_UP = "pending", "sent", "given up"


def add(tx: Connection, effect: Effect) -> bool:
    """False when it was asked for before."""
    return insert_new(tx, t, {"key": effect.key, **_columns(effect)}) == 1


def due(tx: Connection, now: datetime, limit: int = 50) -> list[Effect]:
    query = select(t.c.body).where(t.c.state == PENDING, t.c.next_at <= now).order_by(t.c.next_at).limit(limit)
    return [Effect.model_validate_json(body) for body in tx.execute(query).scalars()]


def claim(tx: Connection, effect: Effect, until: datetime) -> Effect | None:
    """Takes the effect for one attempt; None when another process took it first. If the attempt dies, it is due again at `until`."""
    taken = effect.model_copy(update={"attempts": effect.attempts + 1, "next_at": until})
    same = (t.c.key == effect.key) & (t.c.state == PENDING) & (t.c.next_at == effect.next_at)
    done = tx.execute(update(t).where(same).values(**_columns(taken)))
    return taken if done.rowcount == 1 else None


def put(tx: Connection, effect: Effect) -> None:
    """How an attempt ended."""
    tx.execute(update(t).where(t.c.key == effect.key).values(**_columns(effect)))


def get(tx: Connection, key: str) -> Effect | None:
    body = tx.execute(select(t.c.body).where(t.c.key == key)).scalar_one_or_none()
    return None if body is None else Effect.model_validate_json(body)


def counts(tx: Connection) -> dict[str, int]:
    """How many effects are pending, sent, given up."""
    rows = tx.execute(select(t.c.state, func.count()).group_by(t.c.state))
    return {str(row[0]): int(row[1]) for row in rows}


def _columns(effect: Effect) -> dict[str, object]:
    state = SENT if effect.sent_at else GIVEN_UP if effect.given_up else PENDING
    return {"state": state, "next_at": effect.next_at, "body": effect.model_dump_json()}
