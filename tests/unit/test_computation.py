"""A computation that is ended leaves an answer: what is found without the evidence that it was ended over, and a gap
that says so."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from midwatch.domain.diagnosis import Diagnosis, Verdict
from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.investigation import Answer, Budget, CaseFile, Request
from midwatch.domain.observation import LogLines
from midwatch.engine.analyst import AnalystProcessDied, Analysts, Case, Conclusion, TookTooLong, local_analyst
from midwatch.engine.analystpool import Pool
from midwatch.engine.computation import Computation
from midwatch.engine.investigate import investigate
from midwatch.reasoning.scope import Scope
from tests.unit.hostile import DIES, FAILS, HANGS, HANGS_EARLY, hostile

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DISK = "fault: no disk"
LONG = 60.0


@pytest.fixture
async def pool() -> AsyncGenerator[Pool]:
    made = Pool(2, 2, at_once=2)
    yield made
    await made.close()


def log(number: int, text: str, size: int = 0) -> Evidence:
    seen = LogLines(namespace="shop", name=f"web-{number}", container="app", text=text + "\n" * size)
    return Evidence(
        id=f"E{number + 1}",
        tool="log",
        arguments={"round": number},
        query=f"log {number}",
        observation=seen,
        taken_at=NOW,
        took_ms=1,
        sha256="",
    )


class Logs:
    """A log for each round."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Evidence | Gap:
        return log(arguments["round"], self._texts[arguments["round"]])


async def answered(
    *texts: str, seconds: float = 1.2, analysts: Analysts = local_analyst, question: str = ""
) -> CaseFile:
    budget, integrations = Budget(compute_seconds=seconds), (hostile(len(texts)),)
    run, scope = await investigate(
        Request(question=question), Logs(*texts), integrations, "test", budget, analysts=analysts
    )
    assert scope.unknown == () or not run.diagnosis.gaps
    return run


def causes(run: CaseFile) -> list[str]:
    return [c.finding.message for c in run.diagnosis.causes]


async def test_what_the_earlier_rounds_show_is_the_answer() -> None:
    run = await answered(DISK, HANGS)
    assert causes(run) == ["no disk"]
    assert len(run.evidence) == 2, "what was left out is kept and listed"
    (gap,) = run.diagnosis.gaps
    assert gap.essential and gap.arguments == {"evidence": ["E2"]}
    assert gap.reason == "the analysis took longer than 1.2 s and was ended; not analysed: E2 (log 1)"


async def test_nothing_is_healthy_that_was_not_analysed() -> None:
    run = await answered("all is well", HANGS)
    assert run.diagnosis.verdict is Verdict.INCONCLUSIVE
    assert "took longer than 1.2 s" in run.diagnosis.headline


async def test_without_an_earlier_round_there_are_no_findings_and_an_end() -> None:
    started = time.process_time()
    run = await answered(HANGS_EARLY, DISK, seconds=0.5)
    assert time.process_time() - started < 2
    assert run.diagnosis.verdict is Verdict.INCONCLUSIVE
    assert run.diagnosis.headline == "No findings: the analysis took longer than 0.5 s and was ended"
    assert [g.essential for g in run.diagnosis.gaps] == [True]
    assert len(run.evidence) == 1, "nothing more is asked"


async def test_an_alarm_that_came_too_late_rings_nowhere_else() -> None:
    await answered(DISK, seconds=0.2)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


async def test_a_process_that_computes_too_long_is_killed(pool: Pool) -> None:
    run = await answered(DISK, HANGS, seconds=3, analysts=pool.open)
    assert causes(run) == ["no disk"]
    assert run.diagnosis.gaps[0].reason == "the analysis took longer than 3 s and was ended; not analysed: E2 (log 1)"
    async with asyncio.timeout(5):
        while computing():
            await asyncio.sleep(0.05)
    again = await answered(DISK, "all is well", seconds=LONG, analysts=pool.open)
    assert causes(again) == ["no disk"] and again.diagnosis.gaps == ()


async def test_a_process_that_ends_by_itself_ends_nothing_else(pool: Pool) -> None:
    died, failed = [await answered(DISK, text, seconds=LONG, analysts=pool.open) for text in (DIES, FAILS)]
    assert causes(died) == causes(failed) == ["no disk"]
    assert died.diagnosis.gaps[0].reason.startswith("the process of the analysis was ended from outside by signal 9")
    assert failed.diagnosis.gaps[0].reason.startswith("the process of the analysis ended by a fault of Midwatch")


async def test_a_process_that_is_killed_while_it_computes_is_replaced(pool: Pool) -> None:
    case = Case.of(Request(), (hostile(1),))
    async with pool.open(case) as analyst:
        computing = asyncio.create_task(Computation(analyst, LONG, [log(0, DISK), log(1, HANGS)]).conclude(()))
        pid = await until_computing()
        os.kill(pid, signal.SIGKILL)
        found = await computing
    assert found.diagnosis.headline.startswith("No findings: the process of the analysis was ended from outside")


def computing() -> list[int]:
    """The processes under this one that have computed for a second."""
    found: list[int] = []
    for pid in " ".join(task.read_text() for task in Path(f"/proc/{os.getpid()}/task").glob("*/children")).split():
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z" and int(fields[11]) > os.sysconf("SC_CLK_TCK"):
                found.append(int(pid))
    return found


async def until_computing() -> int:
    while not (found := computing()):
        await asyncio.sleep(0.05)
    return found[0]


async def test_only_a_long_computation_is_late(pool: Pool) -> None:
    late: list[str] = []
    async with pool.open(Case.of(Request(), (hostile(1),)), late=lambda: late.append("quick")) as analyst:
        await analyst.next_requests([], LONG)
    async with pool.open(Case.of(Request(), (hostile(1),)), late=lambda: late.append("hangs")) as analyst:
        with pytest.raises(TookTooLong):
            await analyst.conclude([log(0, HANGS)], (), 0.8)
    assert "hangs" in late


async def test_both_analysts_give_the_same_bytes_and_evidence_is_sent_once(pool: Pool) -> None:
    texts = [f"fault: number {n}" for n in range(4)]
    runs = [
        await answered(*texts, seconds=LONG, analysts=analysts) for analysts in (local_analyst, pool.open, pool.open)
    ]
    assert len({Answer.of(run).json_text() for run in runs}) == 1
    assert len(causes(runs[0])) >= 1


class Told:
    """An analyst that takes the seconds it is told to, and dies of more evidence than `bears`."""

    def __init__(self, takes: float = 0.0, bears: int = 99) -> None:
        self._takes, self._bears = takes, bears
        self.spent = 0.0
        self.limits: list[float] = []
        self.tried: list[int] = []

    async def next_requests(self, evidence: Sequence[Evidence], seconds: float) -> Sequence[ToolRequest]:
        self.limits.append(seconds)
        self.spent += self._takes
        return ()

    async def conclude(self, evidence: Sequence[Evidence], gaps: Sequence[Gap], seconds: float) -> Conclusion:
        self.limits.append(seconds)
        self.tried.append(len(evidence))
        if len(evidence) > self._bears:
            raise AnalystProcessDied("ended")
        return Conclusion(
            Diagnosis(verdict=Verdict.HEALTHY, headline="", gaps=tuple(gaps)), Scope(unknown=(("web", ("web-2",)),))
        )


async def test_the_limit_holds_over_all_rounds_together() -> None:
    analyst = Told(takes=0.2)
    computation = Computation(analyst, 10, [])
    for _ in range(3):
        await computation.next_requests()
    await computation.conclude(())
    assert analyst.limits[0] == 10
    assert all(later <= earlier - 0.19 for earlier, later in zip(analyst.limits, analyst.limits[1:], strict=False))


async def test_the_rounds_are_tried_from_the_latest_with_less_time() -> None:
    analyst, evidence = Told(bears=1), list[Evidence]()
    computation = Computation(analyst, 12, evidence)
    for number in range(3):
        evidence.append(log(number, "", size=number))
        await computation.next_requests()
    found = await computation.conclude(())
    assert analyst.tried == [3, 2, 1] and analyst.limits[-2:] == [2, 2]
    assert found.scope.unknown == (), "what was left out may have the name"
    assert found.diagnosis.gaps[0].arguments == {"evidence": ["E3", "E2"]}, "the biggest first"


async def test_of_many_pieces_of_evidence_five_are_named() -> None:
    analyst, evidence = Told(bears=-1), [log(n, "") for n in range(9)]
    found = await Computation(analyst, 12, evidence).conclude(())
    assert found.diagnosis.gaps[0].reason.endswith("E5 (log 4), 4 more")
    assert len(found.diagnosis.gaps[0].arguments["evidence"]) == 9


async def test_as_many_compute_as_may_and_one_that_overruns_holds_up_no_other() -> None:
    pool, inside, late = Pool(2, 2, at_once=1), asyncio.Event(), asyncio.Event()

    async def second() -> bool:
        async with pool.slot(lambda: None):
            return late.is_set()

    async def hang() -> None:
        async with pool.slot(late.set):
            inside.set()
            await asyncio.sleep(LONG)

    first = asyncio.create_task(hang())
    await inside.wait()
    assert await second()  # not before the first one was late
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert not await _at_once(Pool(2, 2, at_once=1), 3) > 1
    assert await _at_once(Pool(2, 2, at_once=2), 3) == 2


async def _at_once(pool: Pool, wanting: int) -> int:
    computing = most = 0

    async def compute() -> None:
        nonlocal computing, most
        async with pool.slot(lambda: None):
            computing += 1
            most = max(most, computing)
            await asyncio.sleep(0)
            computing -= 1

    await asyncio.gather(*(compute() for _ in range(wanting)))
    return most
