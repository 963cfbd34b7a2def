"""Durable execution: carries runs through their steps across crashes. The queue and the record of steps are DBOS's.

A run's workflow has the run's id: starting it twice is harmless. An abandoned workflow is found by
`stranded` and resumed from the first step that was not finished; a process that was only thought dead may then do a
step a second time, which is why every step may be repeated. What the store cannot do just now is waited out here; only
a fault of the run itself ends a run.

DBOS asks its database several times a second even when there is nothing to do, so it runs only while there is work, or
where a schedule is declared. One workflow serves all schedules: a time that falls to a process which does not know its
schedule is passed over, and no workflow is left that cannot continue. What is missed while no worker runs is not
made up for.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import structlog
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from midwatch.engine.queue import Left, Steps
from midwatch.engine.schedules import Schedules
from midwatch.kit.backoff import pauses
from midwatch.store.errors import AWAY
from midwatch.store.record import Record

QUEUE = "investigations"
VERSION = "1"  # of the steps: workflows that an older program began are resumed only while it stays the same
POLL_S = 0.1  # while there is work
WAITING = ("ENQUEUED", "DELAYED")
UNDER_WAY = "PENDING"
SCHEDULED = "scheduled"  # the workflow of all schedules
NEW_SCHEDULES_S = 30.0  # how often DBOS looks for those of other processes
LATE = "-late"  # suffix of a run's id: the workflow of its long computation

T = TypeVar("T")

log = structlog.get_logger()


@dataclass
class _Seat:
    """Executes steps in the worker's own event loop, whichever of DBOS's loops runs the workflow."""

    loop: asyncio.AbstractEventLoop
    counts: Counter[str] = field(default_factory=Counter[str])  # workflows of each run in this process

    @contextmanager
    def carrying(self, run_id: str) -> Generator[None]:
        self.counts[run_id] += 1
        try:
            yield
        finally:
            self.counts[run_id] -= 1
            if not self.counts[run_id]:
                del self.counts[run_id]

    async def do(self, step: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(step, self.loop))


class DurableQueue:
    """The Queue on DBOS: `workers` investigations at a time in this process. `url` is the address of DBOS's record."""

    def __init__(self, steps: Steps, url: str, worker: str, workers: int, schedules: Schedules) -> None:
        self._url, self._worker, self._workers = url, worker, workers
        self._declared = schedules.declared
        self._record: Record | None = None
        self._seat: _Seat | None = None
        self._investigate = _workflow(steps, self._current_seat)
        self._scheduled = _schedule_workflow(schedules, self._current_seat)

    @property
    def has_schedules(self) -> bool:
        return bool(self._declared)

    @property
    def is_started(self) -> bool:
        return self._record is not None

    @property
    def running_ids(self) -> frozenset[str]:
        """Runs whose workflow is executing in this process."""
        return frozenset(self._seat.counts) if self._seat else frozenset()

    async def start(self) -> None:
        self._seat = _Seat(asyncio.get_running_loop())
        self._record = record = Record(self._url)
        try:
            await asyncio.to_thread(self._launch, record)
        except BaseException:
            await self.stop()
            raise

    def _launch(self, record: Record) -> None:
        DBOS(
            config={
                "name": "midwatch",
                "system_database_url": self._url,
                "system_database_engine": record.engine,
                "application_version": VERSION,
                "executor_id": self._worker,
                "log_level": "ERROR",
                "notification_listener_polling_interval_sec": POLL_S,  # no notifications are sent; also the stop time
                "notification_coalesce_sec": POLL_S,
                "scheduler_polling_interval_sec": NEW_SCHEDULES_S if self._declared else 3600.0,
            }
        )
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, worker_concurrency=self._workers, polling_interval_sec=POLL_S, on_conflict="always_update"
        )

        self._apply_schedules()

    def _apply_schedules(self) -> None:
        """Registers exactly the declared schedules. Existing ones are left alone: DBOS would restart them in every
        process."""
        found = {schedule["schedule_name"]: schedule for schedule in DBOS.list_schedules()}
        for name in found.keys() - self._declared.keys():
            DBOS.delete_schedule(name)
        changed = [s for name, s in self._declared.items() if name not in found or found[name]["schedule"] != s.cron]
        if changed:
            DBOS.apply_schedules(
                [
                    {"schedule_name": s.name, "workflow_fn": self._scheduled, "schedule": s.cron, "context": s.name}
                    for s in changed
                ]
            )

    async def stop(self) -> None:
        record, self._record = self._record, None
        if record is not None:
            record.close()  # first: threads waiting for its database would delay the end
            await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=0)

    def enqueue(self, run_id: str, priority: int) -> None:
        with SetWorkflowID(run_id), SetEnqueueOptions(priority=priority):
            DBOS.enqueue_workflow(QUEUE, self._investigate, run_id)

    def find_abandoned(self, run_ids: Sequence[str], living: Collection[str]) -> Left:
        missed = self._abandoned_schedules(living) if self._declared else ()
        if not run_ids:
            return Left(dropped=missed)
        ids = [*run_ids, *(f"{run_id}{LATE}" for run_id in run_ids)]
        found = DBOS.list_workflows(workflow_ids=ids, load_input=False, load_output=False)
        # The later workflow decides: a long computation continues in a workflow of its own.
        known = {w.workflow_id.removesuffix(LATE): w for w in sorted(found, key=lambda w: w.workflow_id)}
        begun = [w for w in known.values() if w.status == UNDER_WAY and w.executor_id not in living]
        mine = {w.workflow_id for w in begun if w.executor_id == self._worker}
        return Left(
            dropped=(*missed, *(w.workflow_id for w in begun if w.workflow_id not in mine)),
            lost=tuple(begun_here for begun_here in mine if begun_here.removesuffix(LATE) not in self.running_ids),
            ended=tuple(run_id for run_id, w in known.items() if w.status not in (*WAITING, UNDER_WAY)),
            unknown=tuple(run_id for run_id in run_ids if run_id not in known),
        )

    def _abandoned_schedules(self, living: Collection[str]) -> tuple[str, ...]:
        """Scheduling workflows that a dead worker began."""
        begun = DBOS.list_workflows(name=SCHEDULED, status=UNDER_WAY, load_input=False, load_output=False)
        return tuple(w.workflow_id for w in begun if w.executor_id not in (*living, self._worker))

    def resume(self, dropped: Sequence[str]) -> None:
        DBOS.resume_workflows(list(dropped), queue_name=QUEUE)

    def forget(self, run_ids: Sequence[str]) -> None:
        """Deletes the workflows of the runs, so that they can be queued anew; tool results are stored elsewhere."""
        DBOS.delete_workflows([*run_ids, *(f"{run_id}{LATE}" for run_id in run_ids)])

    def _current_seat(self) -> _Seat:
        assert self._seat is not None, "a workflow runs only after the start"  # noqa: S101
        return self._seat


def _workflow(steps: Steps, here: Callable[[], _Seat]) -> Callable[[str], Coroutine[Any, Any, None]]:
    @DBOS.step(name="begin")
    async def begin(run_id: str) -> bool:
        return bool(await here().do(_run_step(steps, run_id, steps.begin)))

    @DBOS.step(name="look")  # the name in 0.1.0: workflows begun by it continue
    async def run_investigation(run_id: str) -> bool:
        return bool(await here().do(_run_step(steps, run_id, steps.run_investigation)))

    @DBOS.step(name="finish")
    async def finish(run_id: str) -> None:
        await here().do(_run_step(steps, run_id, steps.finish))

    @DBOS.workflow(name="late")
    async def late(run_id: str) -> None:
        with here().carrying(run_id):
            await finish(run_id)

    @DBOS.workflow(name="investigate")
    async def investigate(run_id: str) -> None:
        """Runs the steps of one investigation. Exceptions raised here are DBOS's own errors, never the run's."""
        with here().carrying(run_id):
            if await begin(run_id) and await run_investigation(run_id):
                # Started by itself it takes no place in the queue: those behind it do not wait for it.
                with SetWorkflowID(f"{run_id}{LATE}"):
                    await DBOS.start_workflow_async(late, run_id)

    return investigate


def _schedule_workflow(
    schedules: Schedules, here: Callable[[], _Seat]
) -> Callable[[datetime, Any], Coroutine[Any, Any, None]]:
    @DBOS.step(name="enqueue")
    async def enqueue(at: datetime, name: str) -> None:
        try:
            await here().do(schedules.enqueue(name, at))
        except Exception as error:
            log.error("schedule failed", schedule=name, at=at.isoformat(), exc_info=error)

    @DBOS.workflow(name=SCHEDULED)
    async def scheduled(at: datetime, name: Any) -> None:
        await enqueue(at, str(name))

    return scheduled


async def _run_step(steps: Steps, run_id: str, step: Callable[[str], Awaitable[T]]) -> T | None:
    """Runs a step, and retries while the store is away; any other error ends the run, since no other process waits for
    it."""
    for pause in pauses():
        try:
            return await step(run_id)
        except AWAY as away:
            log.warning("store unavailable", investigation=run_id, error=str(away).partition("\n")[0])
        except Exception as error:
            log.error("investigation error", investigation=run_id, exc_info=error)
            await steps.fail(run_id, f"a fault of Midwatch: {type(error).__name__}")
            return None
        await asyncio.sleep(pause)
    return None
