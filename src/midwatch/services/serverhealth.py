from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import version

from sqlalchemy.exc import SQLAlchemyError

from midwatch.domain.base import Model
from midwatch.services.desk import Desk
from midwatch.store import effects, incidents, runs, workers
from midwatch.store.errors import StoreError

ALIVE = timedelta(seconds=30)


class CacheHealth(Model, frozen=True):
    """What the workers remember of what AWS said: how often it helped, and how old the oldest of it is, in seconds."""

    hits: int = 0
    misses: int = 0
    oldest_age_s: float | None = None


class ServerHealth(Model, frozen=True):
    """`store` is "ok" or why it does not answer; `workers` have given a sign of life within half a minute."""

    status: str
    version: str
    store: str
    workers: int = 0
    incidents: dict[str, int] = {}
    investigations: dict[str, int] = {}
    effects: dict[str, int] = {}
    cache: CacheHealth = CacheHealth()


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
                cache=_added(workers.caches(tx, since)),
            )
    except (SQLAlchemyError, StoreError) as error:
        return ServerHealth(status="degraded", version=version("midwatch"), store=f"the store does not answer: {type(error).__name__}")


def _added(told: Sequence[str]) -> CacheHealth:
    caches = [CacheHealth.model_validate_json(text) for text in told]
    ages = [c.oldest_age_s for c in caches if c.oldest_age_s is not None]
    return CacheHealth(hits=sum(c.hits for c in caches), misses=sum(c.misses for c in caches), oldest_age_s=max(ages, default=None))
