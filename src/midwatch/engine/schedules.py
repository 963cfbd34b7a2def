"""Schedules: recurring work of the areas becomes investigations, each time once, whichever worker is first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from midwatch.domain.alert import AlertSeverity
from midwatch.domain.capabilities import Scheduled
from midwatch.domain.work import Investigation
from midwatch.engine.worker_context import WorkerContext
from midwatch.kit.ids import repeatable_id
from midwatch.store import investigations as runs
from midwatch.store.retry import patiently


class Schedules:
    """Schedules declared to this process, by name. Raises ValueError for a duplicate name."""

    def __init__(self, ctx: WorkerContext, declared: Sequence[Scheduled] = ()) -> None:
        self._ctx = ctx
        self.declared: Mapping[str, Scheduled] = {scheduled.name: scheduled for scheduled in declared}
        if len(self.declared) < len(declared):
            raise ValueError("two schedules have one name")

    async def enqueue(self, name: str, at: datetime) -> None:
        """Queues the investigation of one scheduled time; does nothing for a schedule declared only by another process.
        May be called again for the same time."""
        if scheduled := self.declared.get(name):
            await patiently(_enqueue, self._ctx, scheduled, at.astimezone(UTC))


def _enqueue(ctx: WorkerContext, scheduled: Scheduled, at: datetime) -> None:
    """Queues the run behind those of alerts and users."""
    run = Investigation(
        id=repeatable_id("inv", at, scheduled.name),
        request=scheduled.request(at),
        severity=AlertSeverity.LOW,
        asked_by=f"schedule {scheduled.name}",
        created_at=ctx.now(),
    )
    with ctx.db.write() as tx:
        runs.add_once(tx, run)
    ctx.wake()
