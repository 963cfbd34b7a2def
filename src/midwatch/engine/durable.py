"""Carries runs through their steps, whatever dies meanwhile. The queue and the record of steps are DBOS's.

A run's workflow has the run's id: starting it twice is harmless. A workflow that its process left behind is resumed by whoever
notices (`adopt`), from the first step that was not finished; a process that was only thought dead may then do a step a second
time, which is why every step may be repeated.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

QUEUE = "investigations"
VERSION = "1"  # of the steps: workflows that an older program began are resumed only while it stays the same
POLL_S = 0.25
LATE = "-late"  # behind the id of a run: the workflow of what it still computes

log = structlog.get_logger()


class Steps(Protocol):
    """What is done with a run. `begin` says whether there is anything to do, `look` whether it goes on after all (what it computes
    takes long): then `finish` waits for its end. Each may be called again after a crash."""

    async def begin(self, run_id: str) -> bool: ...
    async def look(self, run_id: str) -> bool: ...
    async def finish(self, run_id: str) -> None: ...
    async def fail(self, run_id: str, reason: str) -> None: ...


class Durable:
    """One process's share of the work: `workers` runs at a time. `url` is where DBOS keeps its record."""

    def __init__(self, steps: Steps, url: str, worker: str, workers: int) -> None:
        DBOS(
            config={
                "name": "midwatch",
                "system_database_url": url,
                "application_version": VERSION,
                "executor_id": worker,
                "log_level": "ERROR",
            }
        )
        self._workers = workers
        self._investigate = _workflow(steps)

    async def start(self) -> None:
        DBOS.launch()
        await DBOS.register_queue_async(QUEUE, worker_concurrency=self._workers, polling_interval_sec=POLL_S)

    async def enqueue(self, run_id: str, priority: int) -> None:
        """Lower numbers go first; 1 is the lowest."""
        with SetWorkflowID(run_id), SetEnqueueOptions(priority=priority):
            await DBOS.enqueue_workflow_async(QUEUE, self._investigate, run_id)

    def adopt(self, worker: str) -> list[str]:
        """Goes on with what a dead worker began; the runs it concerns. From a thread: it asks the database."""
        left = DBOS.list_workflows(status="PENDING", executor_id=worker, load_input=False, load_output=False)
        runs = [found.workflow_id for found in left]
        if runs:
            DBOS.resume_workflows(runs)
        return runs

    async def stop(self) -> None:
        """Lets go at once: what is unfinished is found by the next process."""
        DBOS.destroy(workflow_completion_timeout_sec=0)


def _workflow(steps: Steps):
    late = _late_workflow(steps)

    @DBOS.step(name="begin")
    async def begin(run_id: str) -> bool:
        return await steps.begin(run_id)

    @DBOS.step(name="look")
    async def look(run_id: str) -> bool:
        return await steps.look(run_id)

    async def looked_into(run_id: str) -> None:
        if await begin(run_id) and await look(run_id):
            # Started by itself it takes no place in the queue: those behind it do not wait for it.
            with SetWorkflowID(f"{run_id}{LATE}"):
                await DBOS.start_workflow_async(late, run_id)

    return _guarded(steps, "investigate", looked_into)


def _late_workflow(steps: Steps):
    @DBOS.step(name="finish")
    async def finish(run_id: str) -> None:
        await steps.finish(run_id)

    return _guarded(steps, "late", finish)


def _guarded(steps: Steps, name: str, work: Callable[[str], Awaitable[None]]):
    @DBOS.step(name="fail" if name == "investigate" else f"fail {name}")
    async def fail(run_id: str, reason: str) -> None:
        await steps.fail(run_id, reason)

    @DBOS.workflow(name=name)
    async def workflow(run_id: str) -> None:
        try:
            await work(run_id)
        except Exception as error:  # whatever it is, the run ends with it: nobody else waits for this coroutine
            log.error("investigation failed", run=run_id, exc_info=error)
            await fail(run_id, f"a fault of Midwatch: {type(error).__name__}")

    return workflow
