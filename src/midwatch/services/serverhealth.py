from datetime import timedelta
from importlib.metadata import version

from sqlalchemy.exc import SQLAlchemyError

from midwatch.domain.base import Model
from midwatch.services.desk import Desk
from midwatch.store import effects, incidents, runs, workers
from midwatch.store.errors import StoreError

ALIVE = timedelta(seconds=30)


class ServerHealth(Model, frozen=True):
    """`store` is "ok" or why it does not answer; `workers` have given a sign of life within half a minute."""

    status: str
    version: str
    store: str
    workers: int = 0
    incidents: dict[str, int] = {}
    investigations: dict[str, int] = {}
    effects: dict[str, int] = {}


def server_health(desk: Desk) -> ServerHealth:
    try:
        with desk.db.read() as tx:
            since = desk.now() - ALIVE
            return ServerHealth(
                status="ok",
                version=version("midwatch"),
                store="ok",
                workers=sum(beat_at >= since for _, beat_at in workers.listed(tx)),
                incidents=incidents.counts(tx),
                investigations=runs.counts(tx),
                effects=effects.counts(tx),
            )
    except (SQLAlchemyError, StoreError) as error:
        return ServerHealth(status="degraded", version=version("midwatch"), store=f"the store does not answer: {type(error).__name__}")
