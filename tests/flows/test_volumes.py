"""Several jobs in one night: each is told with what its own log says, and only one that sent it can be why."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from midwatch.diagnosis.traffic.fake import Refresh
from midwatch.domain.diagnosis import Verdict
from midwatch.domain.investigation import CaseFile
from midwatch.integrations.aws.fake import FakeFlowLog, Talker
from tests.flows.traffic import TWO, Night, night

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SPIKE = "What caused the NAT spike at 2am?"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with night(tmp_path, monkeypatch) as made:
        yield made


def spike(*sizes: float) -> list[tuple[datetime, float]]:
    """From 02:00 on, GB in each five minutes."""
    return [(TWO + n * 5 * MINUTE, size * 1e9) for n, size in enumerate(sizes)]


def job(client: str, space: str, *gigabytes: float | None, began: datetime = TWO - HOUR, pods: bool = True) -> Refresh:
    """One that runs through the spike, with its uploads at 02:02, 02:03, …"""
    after = max(0.0, (TWO - began) / MINUTE) + 2
    files = [(f"f{n}.csv", after + n, size and size * 1e9) for n, size in enumerate(gigabytes)]
    return Refresh(client, f"refresh-{space}", began, TWO + HOUR, "INCREMENTAL", files=files, pods=pods)


def codes(found: CaseFile) -> list[str]:
    return [c.finding.code for c in found.diagnosis.causes]


def first_row(found: CaseFile) -> str:
    return next(t.rows[0][1] for t in found.diagnosis.tables if t.title.startswith("Jobs"))


async def test_who_sent_it_is_named_first_with_what_it_sent(here: Night) -> None:
    """Northwind ran through all of it and sent 0.2 GB; Globex began during it and sent nearly all."""
    here.sends(spike(1.3, 16, 1.3))
    small, large = job("Northwind", "a", 0.2), job("Globex", "b", 9.2, 9.2, began=TWO + 6 * MINUTE)
    here.runs(small, large)
    found = await here.ask(SPIKE)
    said = found.diagnosis.headline
    assert codes(found) == ["TRF-101"] and found.diagnosis.verdict is Verdict.EXPECTED
    assert (
        f"refresh job {large.name} (client Globex" in said
        and "uploaded 18.4 GB according to its log (correlation 0.8)" in said
    )
    assert (
        f"Other jobs at the same time: {small.name} (client Northwind, INCREMENTAL, started by ops@example.com), "
        "uploaded 200 MB according to its log" in said
    )
    assert "18.6 GB by" not in said
    assert [s.name for s in found.diagnosis.causes[0].finding.peers] == [large.name], (
        "who sent 1 % of it is not its cause"
    )
    assert first_row(found) == "Globex"
    assert "uploaded 18.4 GB according to its log" in (await here.ask("how much was it?")).diagnosis.headline
    assert (await here.ask("which client was it?")).diagnosis.headline.endswith("ran for client Globex.")


@pytest.mark.parametrize(("total", "code"), [((1.3, 16, 1.3), "TRF-103"), ((9, 60, 9), "TRF-104")])
async def test_one_that_sent_next_to_nothing_explains_nothing(here: Night, total: tuple[float, ...], code: str) -> None:
    here.sends(spike(*total))
    here.runs(job("Northwind", "a", 0.2))
    here.aws.flow_logs.append(FakeFlowLog("vpc-0a1b2c3d"))
    here.aws.talkers += [Talker("10.0.3.7", "198.51.100.9", 443, 17_000_000_000)]
    found = await here.ask(SPIKE)
    assert (codes(found), found.diagnosis.verdict) == ([code], Verdict.INCONCLUSIVE)
    said = found.diagnosis.headline
    assert (
        "Only 200 MB explained by refresh jobs at that time" in said and "uploaded 200 MB according to its log" in said
    )
    assert "No refresh jobs were running" not in said
    assert "flow logs show 17 GB from 10.0.3.7" in said, "then it is worth asking who else it was"
    assert not (await here.ask("which client was it?")).diagnosis.headline.endswith("ran for client Northwind.")


async def test_three_jobs_each_with_its_own_volume(here: Night) -> None:
    here.sends(spike(4, 5, 4))
    here.runs(job("Alderbrook", "a", 4.0), job("Borealis", "b", 5.0, began=TWO + 6 * MINUTE), job("Corvane", "c", 3.5))
    found = await here.ask(SPIKE)
    said = found.diagnosis.headline
    assert codes(found) == ["TRF-101"]
    assert "Other jobs at the same time: " in said
    for volume in ("uploaded 4 GB according", "uploaded 5 GB according", "uploaded 3.5 GB according"):
        assert said.count(volume) == 1
    assert "12.5 GB" not in said, "the sum is nobody's"


@pytest.mark.parametrize(
    ("sizes", "pods", "said"),
    [
        ((None, None), True, "upload volume unknown: no sizes in its log"),
        ((3.0,), False, "upload volume unknown: log not available"),
        ((), True, "no upload in its log at that time"),
    ],
)
async def test_a_volume_that_nobody_knows_is_said_to_be_unknown(
    here: Night, sizes: tuple[float | None, ...], pods: bool, said: str
) -> None:
    here.sends(spike(1.3, 12.5, 1.3))
    here.runs(job("Alderbrook", "a", *sizes, pods=pods))
    found = await here.ask(SPIKE)
    assert found.diagnosis.verdict is Verdict.LIKELY, "it ran then; that it sent it is not proved"
    assert said in found.diagnosis.headline
    assert "its log tells of 0" not in found.diagnosis.headline


async def test_what_is_left_unexplained_is_never_confirmed(here: Night) -> None:
    here.sends(spike(4, 12, 4))
    here.runs(job("Alderbrook", "a", 3.0))
    found = await here.ask(SPIKE)
    assert (codes(found), found.diagnosis.verdict) == (["TRF-102"], Verdict.LIKELY)
    assert "Unusual: more than the usual 15 GB per job; job logs account for only 3 GB" in found.diagnosis.headline


async def test_a_log_that_was_not_read_is_counted_beside_those_that_were(here: Night) -> None:
    here.runs(job("Alderbrook", "a", 3.0), job("Borealis", "b", 9.0, pods=False))
    found = await here.ask("Which client refresh is using the most bandwidth?")
    assert "Alderbrook 3 GB" in found.diagnosis.headline
    assert found.diagnosis.headline.endswith("volume of 1 more refresh job unknown.")


@pytest.mark.parametrize(
    "question", ["Show me NAT traffic patterns for the last 2 days", SPIKE, "Show me NAT traffic for the last 48 hours"]
)
@pytest.mark.parametrize("jobs", [(), (job("Northwind", "a", 0.2),)], ids=["no job", "one that sent little"])
async def test_a_spike_that_nothing_explains_is_never_healthy(
    here: Night, question: str, jobs: tuple[Refresh, ...]
) -> None:
    here.sends(spike(9, 60, 9))
    here.runs(*jobs)
    found = await here.ask(question)
    assert (found.diagnosis.verdict, codes(found)) == (Verdict.INCONCLUSIVE, ["TRF-104"])
