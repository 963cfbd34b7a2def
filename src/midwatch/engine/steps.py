"""The steps a worker takes with an investigation. Each may be repeated after a crash: `begin` and `conclude` change it
only in the state they expect, and `run_investigation` makes no tool call twice, because each result is stored before it
is used. Temporary store failures are waited out; only where a tool result cannot be stored the step is given up and
taken anew, so that the wait is not taken from the time budget of the investigation."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from midwatch.domain.alert import Alert
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.investigation import Answer, CaseFile, Request
from midwatch.domain.refusal import Refusal
from midwatch.domain.work import UNFINISHED, Investigation, RunEvent, RunState
from midwatch.engine import investigations
from midwatch.engine.analyst import Analysts, local_analyst
from midwatch.engine.analystpool import Pool
from midwatch.engine.cached_tool_caller import CachedToolCaller
from midwatch.engine.investigation_context import InvestigationContext
from midwatch.engine.notifications import add_notifications
from midwatch.engine.progress import add_event, add_to_timeline
from midwatch.engine.worker_context import WorkerContext
from midwatch.kit.batching import Batching
from midwatch.kit.redaction import redact_text
from midwatch.reports.compose import compose
from midwatch.store import investigations as runs
from midwatch.store import tool_calls
from midwatch.store.errors import StoreError
from midwatch.store.retry import patiently

log = structlog.get_logger()

Opened = Callable[[Request], AbstractAsyncContextManager[InvestigationContext]]
Understand = Callable[[Alert, datetime, str], Awaitable[Request]]  # an alert, the time, a namespace or ""
RunResult = tuple[str, Evidence | Gap]  # in the run of this id
StoreResult = Callable[[RunResult], Awaitable[set[str]]]  # stores a result; returns the finished runs of the same write


class Cancelled(Exception):
    """The run was cancelled."""


@dataclass(frozen=True)
class _Underway:
    """A running investigation. `late` is set when its computation takes so long that the step should not wait for
    it."""

    task: asyncio.Task[None]
    late: asyncio.Event


class InvestigationSteps:
    """The steps that the queue calls by name. `opened` gives the clusters and tools to investigate with; `understand`
    makes the request of an alert, with the details that its sender left out.

    With a `pool`, computing is done there; at most `late` investigations that compute for long are not waited for.
    """

    def __init__(
        self,
        ctx: WorkerContext,
        opened: Opened,
        understand: Understand,
        worker: str = "",
        pool: Pool | None = None,
        late: int = 0,
    ) -> None:
        self._ctx, self._opened, self._understand, self._worker = ctx, opened, understand, worker
        self._pool, self._late = pool, late
        self._kept: StoreResult = Batching(partial(_keep, ctx))
        self._underway: dict[str, _Underway] = {}

    async def begin(self, run_id: str) -> bool:
        return await begin(self._ctx, run_id, self._understand, self._worker)

    async def run_investigation(self, run_id: str) -> bool:
        """Whether the run continues: its computation takes long, and `finish` waits for it."""
        underway = self._started(run_id)
        late = asyncio.create_task(underway.late.wait())
        await asyncio.wait((underway.task, late), return_when=asyncio.FIRST_COMPLETED)
        late.cancel()
        if underway.task.done():
            await self._finished(run_id)
        return run_id in self._underway

    async def finish(self, run_id: str) -> None:
        """Waits for a run left over by `run_investigation`; begins again where that was in another process."""
        await asyncio.wait((self._started(run_id).task,))
        await self._finished(run_id)

    async def fail(self, run_id: str, reason: str) -> None:
        await patiently(_fail, self._ctx, run_id, reason)

    async def close(self) -> None:
        """Cancels the running investigations: another process begins them again."""
        for underway in self._underway.values():
            underway.task.cancel()
        await asyncio.gather(*(underway.task for underway in self._underway.values()), return_exceptions=True)

    def _started(self, run_id: str) -> _Underway:
        if run_id not in self._underway:
            late = asyncio.Event()
            analysts = partial(self._pool.open, late=partial(self._is_late, late)) if self._pool else local_analyst
            task = asyncio.create_task(run_investigation(self._ctx, run_id, self._opened, self._kept, analysts))
            self._underway[run_id] = _Underway(task, late)
        return self._underway[run_id]

    def _is_late(self, late: asyncio.Event) -> None:
        if sum(underway.late.is_set() for underway in self._underway.values()) < self._late:
            late.set()

    async def _finished(self, run_id: str) -> None:
        """Waits for the end of the investigation and raises its exception."""
        await self._underway.pop(run_id).task


async def begin(ctx: WorkerContext, run_id: str, understand: Understand, worker: str = "") -> bool:
    """Whether there is something to do: not when the run was cancelled or is over."""
    run = await patiently(_get, ctx, run_id)
    request = run.request
    if run.state is RunState.QUEUED and request.alert:
        request = await understand(request.alert, ctx.now(), request.namespace)
    running = run.model_copy(
        update={"state": RunState.RUNNING, "request": request, "started_at": run.started_at or ctx.now()}
    )
    return await patiently(_mark_begun, ctx, running, worker)


def _mark_begun(ctx: WorkerContext, running: Investigation, worker: str) -> bool:
    """Whether the run goes on. The event "started" is stored only by the worker that takes it out of the queue; one
    that takes it over continues."""
    with ctx.db.write() as tx:
        if not runs.change(tx, running, RunState.QUEUED):
            return not runs.final_ids(tx, {running.id})
        add_event(tx, ctx.now(), running.id, "started", {"worker": worker})
        add_to_timeline(tx, running, "started", "investigation started")
    log.info("investigation started", investigation=running.id, incident=running.incident_id)
    ctx.announce([running.id])
    return True


async def run_investigation(
    ctx: WorkerContext, run_id: str, opened: Opened, kept: StoreResult, analysts: Analysts
) -> None:
    """Investigates and concludes; what cannot be investigated ends the run with its reason."""
    run, before = await patiently(_load_run, ctx, run_id)
    if run.state.is_final:
        return

    async def keep(answer: Evidence | Gap) -> None:
        if run_id in await kept((run_id, answer)):
            raise Cancelled(run_id)

    try:
        async with opened(run.request) as opening:
            door = CachedToolCaller(opening.door, before, keep)
            found = await investigations.investigate(replace(opening, door=door, analysts=analysts), run.request)
    except Cancelled:
        return
    except StoreError:
        raise
    except Refusal as refusal:
        await patiently(_fail, ctx, run_id, f"{refusal.reason} {refusal.hint}".strip())
        return
    await patiently(conclude, ctx, run, found, len(before) + door.asked)


def _get(ctx: WorkerContext, run_id: str) -> Investigation:
    with ctx.db.read() as tx:
        run = runs.get(tx, run_id)
    if run is None:
        raise Refusal(f"There is no investigation {run_id!r}.")
    return run


def _load_run(ctx: WorkerContext, run_id: str) -> tuple[Investigation, list[Evidence | Gap]]:
    """The run, and its stored tool results, possibly of another process."""
    run = _get(ctx, run_id)
    with ctx.db.read() as tx:
        return run, tool_calls.for_investigation(tx, run_id)


def _keep(ctx: WorkerContext, said: Sequence[RunResult]) -> set[str]:
    """Stores tool results, of several runs perhaps, in one transaction; returns the runs that are over and need no
    more.

    Only new results are announced: two workers may believe that a run is theirs.
    """
    now = ctx.now()
    rows = [tool_calls.row(run_id, answer) for run_id, answer in said]
    events = [_result_event(run_id, answer, now) for run_id, answer in said]
    with ctx.db.write() as tx:
        over = runs.final_ids(tx, {run_id for run_id, _ in said})
        new = tool_calls.keep(tx, [row for row in rows if row["run_id"] not in over])
        runs.append_events(
            tx, [event for row, event in zip(rows, events, strict=True) if (row["run_id"], row["key"]) in new]
        )
    ctx.announce({run_id for run_id, _ in new})
    return over


def conclude(ctx: WorkerContext, run: Investigation, found: CaseFile, asked: int) -> None:
    """Stores the answer, its timeline entry and its notifications, in one transaction."""
    now = ctx.now()
    answer = Answer.of(found)
    done = run.model_copy(
        update={
            "state": RunState.DONE,
            "finished_at": now,
            "verdict": str(answer.verdict),
            "headline": answer.headline,
            "answer": answer.json_text(),
            "calls": asked,
            "seconds": round((now - (run.started_at or now)) / timedelta(seconds=1), 3),
        }
    )
    report = compose(found)
    with ctx.db.write() as tx:
        if not runs.change(tx, done, RunState.RUNNING):
            return
        tool_calls.number(tx, run.id, found.evidence)
        add_event(tx, now, run.id, "done", {"verdict": done.verdict, "headline": done.headline})
        add_to_timeline(tx, done, "answered", f"{report.label} {report.certainty}".rstrip() + f": {done.headline}")
        add_notifications(tx, ctx.notifiers, done, report, answer)
    log.info(
        "investigation finished",
        investigation=run.id,
        incident=run.incident_id,
        verdict=done.verdict,
        seconds=done.seconds,
    )
    ctx.announce([run.id])
    ctx.wake()


def _fail(ctx: WorkerContext, run_id: str, reason: str) -> None:
    reason = redact_text(reason)
    run = _get(ctx, run_id)
    failed = run.model_copy(update={"state": RunState.FAILED, "finished_at": ctx.now(), "reason": reason})
    with ctx.db.write() as tx:
        if runs.change(tx, failed, *UNFINISHED):
            add_event(tx, ctx.now(), run.id, "failed", {"reason": reason})
            add_to_timeline(tx, failed, "failed", f"investigation failed: {reason}")
            log.warning("investigation failed", investigation=run.id, incident=run.incident_id, reason=reason)
    ctx.announce([run.id])


def _result_event(run_id: str, answer: Evidence | Gap, now: datetime) -> RunEvent:
    what = {"reason": answer.reason} if isinstance(answer, Gap) else {"size": answer.size}
    data = {"tool": answer.tool, "query": answer.query, **what}
    return RunEvent(run_id=run_id, at=now, kind=type(answer).__name__.lower(), data=data)
