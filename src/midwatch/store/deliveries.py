from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, func, select

from midwatch.domain.base import Model
from midwatch.store.rows import insert_new
from midwatch.store.tables import deliveries as t


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    IGNORED = "ignored"  # of no concern: a ping
    UNPARSED = "unparsed"  # kept for a person to look at

    @property
    def stored(self) -> str:
        """The word for it in the store, which is that of version 0.1.0."""
        return "parked" if self is Outcome.UNPARSED else self.value

    @classmethod
    def _missing_(cls, value: object) -> "Outcome | None":
        return cls.UNPARSED if value == cls.UNPARSED.stored else None


class WebhookDelivery(Model, frozen=True):
    """One stored webhook request of a monitoring system."""

    source: str
    id: str
    received_at: datetime
    outcome: Outcome
    note: str = ""
    body: str = ""


def add(tx: Connection, delivery: WebhookDelivery) -> bool:
    """Stores a delivery. False for one that was stored before: a retry of the sender."""
    return insert_new(tx, t, delivery.model_dump() | {"outcome": delivery.outcome.stored}) == 1


def list_deliveries(
    tx: Connection, source: str = "", outcome: Outcome | None = None, limit: int = 50
) -> list[WebhookDelivery]:
    """Deliveries, newest first."""
    query = select(t).order_by(t.c.received_at.desc()).limit(limit)
    if source:
        query = query.where(t.c.source == source)
    if outcome is not None:
        query = query.where(t.c.outcome == outcome.stored)
    return [WebhookDelivery.model_validate(dict(row)) for row in tx.execute(query).mappings()]


def counts(tx: Connection) -> dict[str, int]:
    """Number of deliveries by outcome."""
    rows = tx.execute(select(t.c.outcome, func.count()).group_by(t.c.outcome))
    return {Outcome(row[0]).value: int(row[1]) for row in rows}


def purge(tx: Connection, before: datetime) -> int:
    """Deletes deliveries before this time; returns their number. A sender's retries end long before any sensible
    `before`."""
    return tx.execute(delete(t).where(t.c.received_at < before)).rowcount
