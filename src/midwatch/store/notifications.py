"""Notifications, in the table `effects`: due, claimed for one attempt, sent or given up."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select, update

from midwatch.domain.work import Notification
from midwatch.store.rows import insert_new
from midwatch.store.storable_text import to_json
from midwatch.store.tables import effects as t

PENDING, SENT, GIVEN_UP = "pending", "sent", "given up"
FARTHEST = timedelta(hours=1)  # no wait is longer: a later due time was stored before the clock was set back


def _now_due() -> ColumnElement[bool]:
    return (t.c.state == PENDING) & or_(
        t.c.next_at <= bindparam("now", type_=t.c.next_at.type), t.c.next_at > bindparam("far", type_=t.c.next_at.type)
    )


_DUE = select(t.c.body).where(_now_due()).order_by(t.c.next_at)
_ANY = select(t.c.key).where(_now_due()).limit(1)


def add(tx: Connection, notification: Notification) -> bool:
    """Adds a notification. False when its key exists."""
    return insert_new(tx, t, {"key": notification.key, **_columns(notification)}) == 1


def due(tx: Connection, now: datetime, limit: int = 50) -> list[Notification]:
    rows = tx.execute(_DUE.limit(limit), {"now": now, "far": now + FARTHEST})
    return [Notification.model_validate_json(body) for body in rows.scalars()]


def waits(tx: Connection, now: datetime) -> bool:
    """Whether any notification is due."""
    return tx.execute(_ANY, {"now": now, "far": now + FARTHEST}).first() is not None


def claim(tx: Connection, notification: Notification, until: datetime) -> Notification | None:
    """Claims a notification for one attempt; None when another process was first. If the attempt dies, it is due again
    at `until`."""
    taken = notification.model_copy(update={"attempts": notification.attempts + 1, "next_at": until})
    same = (t.c.key == notification.key) & (t.c.state == PENDING) & (t.c.next_at == notification.next_at)
    done = tx.execute(update(t).where(same).values(**_columns(taken)))
    return taken if done.rowcount == 1 else None


def put(tx: Connection, taken: Notification, notification: Notification) -> bool:
    """Stores the result of the attempt `taken`. False when another attempt has been made meanwhile.

    A success is always stored, unless one was stored before.
    """
    open_still = (t.c.key == notification.key) & (t.c.state == PENDING)
    same = open_still if notification.sent_at else open_still & (t.c.next_at == taken.next_at)
    return tx.execute(update(t).where(same).values(**_columns(notification))).rowcount == 1


def get(tx: Connection, key: str) -> Notification | None:
    body = tx.execute(select(t.c.body).where(t.c.key == key)).scalar_one_or_none()
    return None if body is None else Notification.model_validate_json(body)


def counts(tx: Connection) -> dict[str, int]:
    """Number of notifications: pending, sent, given up."""
    rows = tx.execute(select(t.c.state, func.count()).group_by(t.c.state))
    return {str(row[0]): int(row[1]) for row in rows}


def _columns(notification: Notification) -> dict[str, object]:
    state = SENT if notification.sent_at else GIVEN_UP if notification.given_up else PENDING
    return {"state": state, "next_at": notification.next_at, "body": to_json(notification)}
