from collections.abc import Iterator, Sequence
from datetime import timedelta
from importlib.metadata import version

from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from midwatch.domain.access import Actor, KeylessRole
from midwatch.domain.base import Model
from midwatch.services.server_context import ServerContext
from midwatch.services.use_case import use_case
from midwatch.store import incidents, notifications, workers
from midwatch.store import investigations as runs
from midwatch.store.errors import StoreError

ALIVE = timedelta(seconds=30)
LATE = timedelta(minutes=5)  # an investigation that has waited for so long means that too few work


class CacheHealth(Model, frozen=True):
    """What the workers remember of answers of systems: how often it helped, and how old the oldest is, in seconds."""

    hits: int = 0
    misses: int = 0
    oldest_age_s: float | None = None


class ComponentHealth(Model, frozen=True):
    """A system that is investigated: "ok", or "degraded" and why. Answers rest on the others meanwhile."""

    status: str
    reason: str = ""


class _WorkerReport(CacheHealth, frozen=True):
    """What one worker says with its heartbeat; `systems` have "" or the reason why they cannot be reached."""

    systems: dict[str, str] = {}


class ServerHealth(Model, frozen=True):
    """`store` is "ok" or why it takes no writes; `workers` had a heartbeat within 30 s.

    `components` are the systems that workers read. `status` is "ok" or "degraded", and `reasons` say why.
    `oldest_queued_s` is how long the oldest queued investigation has waited, in seconds. `broken` names the plug-ins
    that are not used, and says why.
    """

    status: str
    version: str
    store: str
    reasons: tuple[str, ...] = ()
    oldest_queued_s: float | None = None
    workers: int = 0
    incidents: dict[str, int] = {}
    investigations: dict[str, int] = {}
    notifications: dict[str, int] = {}
    broken: tuple[str, ...] = ()
    components: dict[str, ComponentHealth] = {}
    cache: CacheHealth = CacheHealth()


@use_case(needs=KeylessRole.ANONYMOUS)
def store_trouble(ctx: ServerContext, _caller: Actor) -> str:
    """Why no alert can be taken now: the store does not take a write. "" when it does."""
    return ctx.probe.trouble()


@use_case(needs=KeylessRole.ANONYMOUS)
def server_health(ctx: ServerContext, _caller: Actor) -> ServerHealth:
    if trouble := ctx.probe.trouble():
        return ServerHealth(status="degraded", version=version("midwatch"), store=trouble, reasons=(trouble,))
    try:
        with ctx.db.read() as tx:
            return _health(ctx, tx)
    except (SQLAlchemyError, StoreError) as error:
        away = f"the store does not answer: {type(error).__name__}"
        return ServerHealth(status="degraded", version=version("midwatch"), store=away, reasons=(away,))


def _health(ctx: ServerContext, tx: Connection) -> ServerHealth:
    now = ctx.now()
    # A clock that was set back makes a sign of life lie ahead: far ahead proves as little as long ago.
    living = sum(abs(now - beat_at) <= ALIVE for _, beat_at in workers.list_workers(tx))
    oldest = runs.oldest_queued(tx)
    waited = max(now - oldest, timedelta()) if oldest else None
    reports = [report for text in workers.caches(tx, now - ALIVE) if (report := _report(text))]
    components = _components(reports)
    degraded = (f"{name}: degraded: {one.reason}" for name, one in components.items() if one.reason)
    reasons = (*_reasons(living, waited), *_unused(ctx.broken), *degraded)
    return ServerHealth(
        status="degraded" if reasons else "ok",
        version=version("midwatch"),
        store="ok",
        reasons=reasons,
        oldest_queued_s=waited.total_seconds() if waited is not None else None,
        workers=living,
        incidents=incidents.counts(tx),
        investigations=runs.counts(tx),
        notifications=notifications.counts(tx),
        broken=ctx.broken,
        components=components,
        cache=_added(reports),
    )


def _reasons(living: int, waited: timedelta | None) -> Iterator[str]:
    if not living:
        yield "No worker heartbeat within 30 s: alerts are accepted, investigations wait."
    if waited is not None and waited > LATE:
        yield f"An investigation has been queued for {waited / timedelta(minutes=1):.0f} minutes."


def _unused(broken: Sequence[str]) -> Iterator[str]:
    if broken:
        yield f"{len(broken)} plug-in{'s are' if len(broken) > 1 else ' is'} not used: {broken[0]}"


def _components(reports: Sequence[_WorkerReport]) -> dict[str, ComponentHealth]:
    """Each system that a worker is configured for; degraded when one of them cannot reach it."""
    found = dict[str, str]()
    for name, reason in (item for report in reports for item in report.systems.items()):
        found[name] = found.get(name) or reason
    return {
        name: ComponentHealth(status="degraded" if reason else "ok", reason=reason)
        for name, reason in sorted(found.items())
    }


def _added(caches: Sequence[CacheHealth]) -> CacheHealth:
    ages = [c.oldest_age_s for c in caches if c.oldest_age_s is not None]
    return CacheHealth(
        hits=sum(c.hits for c in caches), misses=sum(c.misses for c in caches), oldest_age_s=max(ages, default=None)
    )


def _report(text: str) -> _WorkerReport | None:
    """None for what another version's worker, or a plug-in, tells in words of its own."""
    try:
        return _WorkerReport.model_validate_json(text)
    except ValidationError:
        return None
