"""The source document's scenarios of traffic and jobs, from the question to the report, over real HTTP."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from midwatch.diagnosis.traffic import fake
from midwatch.diagnosis.traffic.fake import Refresh
from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.diagnosis import Verdict
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Answer, CaseFile, Request
from midwatch.engine.investigations import investigate
from midwatch.integrations.aws.fake import FakeFlowLog, Talker
from midwatch.questions.understand import understand
from midwatch.reports.compose import compose
from midwatch.services.bundles import load, save_file
from midwatch.wiring.questions import entities
from midwatch.wiring.replays import replay
from tests.flows.traffic import NOW, TWO, Night, night
from tests.plugged import AREAS
from tests.plugged import settings as composed

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SPIKE = "What caused the NAT spike at 2am?"
JOBS_ONLY = fake.CONFIG.replace("refresh-c]", "refresh-c, refresh-gone]")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with night(tmp_path, monkeypatch) as made:
        yield made


def codes(found: CaseFile) -> list[str]:
    return [c.finding.code for c in found.diagnosis.causes]


def table(found: CaseFile, title: str) -> list[tuple[str, ...]]:
    return [row for t in found.diagnosis.tables if t.title.startswith(title) for row in t.rows]


def reasons(found: CaseFile) -> str:
    return "\n".join(f"{g.reason} {g.permission} {g.arguments}" for g in found.diagnosis.gaps)


def grown(factor: float) -> list[tuple[datetime, float]]:
    return [(at, size * factor) for at, size in fake.burst(TWO)]


class TestSpike:
    async def test_it_was_a_known_job(self, here: Night) -> None:
        """Scenario 5 and example 6: time, volume, gateway, job, client, type, destination, and that it was expected."""
        here.sends(fake.burst(TWO))
        refresh, *others = fake.night(TWO)
        here.runs(refresh, *others)
        found = await here.ask(SPIKE)
        assert (found.diagnosis.verdict, codes(found)) == (Verdict.EXPECTED, ["TRF-101"])
        said = found.diagnosis.headline
        for part in (
            "12.5 GB in 5 min at 02:05",
            "14.9 GB",
            fake.GATEWAY,
            refresh.name,
            "Alderbrook",
            "MULTI_CLIENT_FULL",
            "correlation 1.0",
        ):
            assert part in said
        first, second = table(found, "Jobs")
        assert first[:2] == ("1.0", "Alderbrook") and first[-1].startswith(
            f"{refresh.name}: MULTI_CLIENT_FULL, ran throughout the spike"
        )
        assert (
            "to Databricks, Halverin, run " in first[-1]
            and "of job 1010112485260230 (TERMINATED, https://alderbrook.cloud" in first[-1]
        )
        assert second[:2] == ("0.8", "Borealis")
        assert found.diagnosis.unproved == 0
        cited = {c.evidence for c in found.diagnosis.causes[0].finding.cites}
        tools = {e.tool for e in found.evidence if e.id in cited}
        assert tools == {"aws_nat_metrics", "kubernetes_list", "kubernetes_logs"}

    async def test_nobody_ran(self, here: Night) -> None:
        here.sends(fake.burst(TWO))
        here.runs(fake.night(TWO)[2])
        found = await here.ask(SPIKE)
        assert (found.diagnosis.verdict, codes(found)) == (Verdict.INCONCLUSIVE, ["TRF-103"])
        assert "No refresh jobs were running during the spike window" in found.diagnosis.headline
        assert "Traffic may be from other workloads" in found.diagnosis.headline
        assert "flow log" in reasons(found).lower(), "who else it was could not be looked at, and that is said"

    async def test_nobody_ran_and_flow_logs_tell_who_it_was(self, here: Night) -> None:
        here.sends(fake.burst(TWO))
        here.aws.flow_logs.append(FakeFlowLog("vpc-0a1b2c3d"))
        here.aws.talkers += [
            Talker("10.0.3.7", "198.51.100.9", 443, 11_800_000_000),
            Talker("10.0.3.9", "198.51.100.9", 443, 7),
        ]
        found = await here.ask(SPIKE)
        assert "flow logs show 11.8 GB from 10.0.3.7 to 198.51.100.9:443" in found.diagnosis.headline

    async def test_one_that_began_shortly_after_is_named_but_explains_nothing(self, here: Night) -> None:
        here.sends(fake.burst(TWO))
        here.runs(Refresh("Borealis", "refresh-b", TWO + 30 * MINUTE, None))
        found = await here.ask(SPIKE)
        assert codes(found) == ["TRF-103"]
        assert "started shortly after the spike (correlation 0.4)" in found.diagnosis.headline

    async def test_a_great_deal_without_a_job_is_unexpected(self, here: Night) -> None:
        here.sends(grown(4))
        found = await here.ask(SPIKE)
        assert codes(found) == ["TRF-104"]
        assert "UNEXPECTED" in found.diagnosis.headline and "more than 50 GB" in found.diagnosis.headline

    async def test_more_than_a_job_usually_moves(self, here: Night) -> None:
        here.sends(grown(4))
        here.runs(*fake.night(TWO))
        found = await here.ask(SPIKE)
        assert (found.diagnosis.verdict, codes(found)) == (Verdict.LIKELY, ["TRF-102"]), (
            "their logs account for a fifth of it"
        )
        for doubt in ("more than the usual 15 GB", "outside business hours", "job logs account for only 13.4 GB"):
            assert doubt in found.diagnosis.headline

    async def test_a_job_without_a_readable_log_is_only_likely(self, here: Night) -> None:
        here.sends(fake.burst(TWO))
        here.runs(Refresh("Alderbrook", "refresh-a", TWO - 3 * HOUR, TWO + 21 * MINUTE, pods=False))
        found = await here.ask(SPIKE)
        assert (found.diagnosis.verdict, codes(found)) == (Verdict.LIKELY, ["TRF-101"])
        assert "pods deleted, logs not available" in reasons(found)

    async def test_a_slow_log_is_given_up_and_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        config = fake.CONFIG.replace("pack: refresh", "pack: refresh\n  timeout_seconds: 0.2")
        with night(tmp_path, monkeypatch, config) as here:
            here.sends(fake.burst(TWO))
            here.runs(*fake.night(TWO))
            here.cluster.trouble("*refresh-a*log*", delay=1.0)
            found = await here.ask(SPIKE)
        assert (found.diagnosis.verdict, codes(found)) == (Verdict.LIKELY, ["TRF-101"])
        assert "was not read within 0.2 s" in reasons(found)

    async def test_jobs_that_cannot_be_looked_at_are_not_taken_for_none(self, here: Night) -> None:
        here.sends(fake.burst(TWO))
        here.runs(*fake.night(TWO))
        here.cluster.forbid("jobs")
        found = await here.ask(SPIKE)
        assert codes(found) == ["TRF-105"]
        assert "could not be checked" in found.diagnosis.headline
        assert "list jobs" in reasons(found)

    async def test_there_was_none(self, here: Night) -> None:
        found = await here.ask(SPIKE)
        assert found.diagnosis.verdict is Verdict.HEALTHY
        assert found.diagnosis.headline.startswith("No NAT traffic spike from ")
        assert "peaked at 437 MB in 5 min" in found.diagnosis.headline

    async def test_ports_that_ran_out_are_a_cause_of_their_own(self, here: Night) -> None:
        here.aws.metrics[fake.GATEWAY, "ErrorPortAllocation"] = [((TWO + 5 * MINUTE).timestamp(), 310.0)]
        found = await here.ask(SPIKE)
        assert codes(found) == ["TRF-110"]
        assert "310 connections" in found.diagnosis.causes[0].finding.message

    async def test_a_namespace_that_does_not_exist_warns_and_fails_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with night(tmp_path, monkeypatch, JOBS_ONLY) as here:
            here.sends(fake.burst(TWO))
            here.runs(*fake.night(TWO))
            found = await here.ask(SPIKE)
        assert found.diagnosis.verdict is Verdict.EXPECTED
        assert "does not exist in this cluster" in reasons(found) and "refresh-gone" in reasons(found)


class TestAws:
    async def test_without_the_right_to_read_metrics_the_jobs_are_still_told(self, here: Night) -> None:
        here.runs(*fake.night(TWO))
        here.aws.deny("cloudwatch:GetMetricData")
        found = await here.ask(SPIKE)
        assert found.diagnosis.verdict is Verdict.INCONCLUSIVE
        assert "could not be measured; 2 refresh jobs ran at that time" in found.diagnosis.headline
        assert "cloudwatch:GetMetricData" in reasons(found)

    async def test_throttled_for_ever(self, here: Night) -> None:
        here.aws.throttle("GetMetricData")
        found = await here.ask(SPIKE)
        assert found.diagnosis.verdict is Verdict.INCONCLUSIVE
        assert "throttl" in reasons(found).lower()

    async def test_a_second_question_costs_no_call(self, here: Night) -> None:
        here.sends(fake.burst(TWO))
        first = await here.ask(SPIKE)
        asked = here.aws.calls["GetMetricData"]
        assert (
            await here.ask("what made the nat traffic jump around 2am")
        ).diagnosis.headline == first.diagnosis.headline
        assert here.aws.calls["GetMetricData"] == asked == 1
        assert json.loads(here.connections.memory)["hits"] >= 1

    def test_a_gateway_that_nobody_configured(self, here: Night) -> None:
        asked = here.asks_back("what caused the spike of nat-0123456789abcdef0 at 2am?")
        assert asked.question.startswith(
            "NAT gateway nat-0123456789abcdef0 not found or not configured for this cluster"
        )
        assert fake.GATEWAY in asked.choices[0]

    async def test_a_gateway_that_aws_does_not_know(self, here: Night) -> None:
        here.aws.gateways.clear()
        here.aws.metrics.clear()
        found = await here.ask(SPIKE)
        assert f"NAT gateway {fake.GATEWAY} not found or not configured for this cluster" in reasons(found)


class TestTraffic:
    async def test_a_gateway_that_only_aws_knows_without_a_cluster(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with night(tmp_path, monkeypatch, "jobs: {pack: refresh}\n") as here:
            here.sends(fake.burst(TWO))
            here.cluster.forbid("*")
            found = await here.ask(SPIKE)
        assert codes(found) == ["TRF-105"]
        assert fake.GATEWAY in found.diagnosis.headline

    async def test_the_last_day(self, here: Night) -> None:
        """Example 8, of a day: totals, rates, spikes and the jobs behind them."""
        here.sends(fake.burst(NOW.replace(minute=0) - 3 * HOUR))
        found = await here.ask("Show me NAT traffic for the last 24 hours")
        assert "1 spike" in found.diagnosis.headline and "out" in found.diagnosis.headline
        ((_, out, _, peak, _, most),) = table(found, "Traffic")
        assert out.endswith("GB") and most.startswith("12.5 GB in 5 min at ") and peak.endswith("Mbps")

    async def test_the_last_week(self, here: Night) -> None:
        """Scenario 7: the spikes of a week, the jobs that they go with, and when they come."""
        nights = [TWO - n * DAY for n in (1, 3, 5)]
        here.sends(*(fake.burst(two) for two in nights))
        for two in nights[:2]:
            here.runs(fake.night(two)[0])
        found = await here.ask("Show me NAT traffic patterns for the last week")
        assert found.diagnosis.headline.startswith("3 spikes from ")
        assert "2 explained by a refresh job" in found.diagnosis.headline
        assert (
            "most often Alderbrook" in found.diagnosis.headline
            and "between 02:00 and 03:00 UTC" in found.diagnosis.headline
        )
        assert [row[-1].split()[0] for row in table(found, "Spikes")] == ["no", "Alderbrook", "Alderbrook"]

    async def test_two_days_compared(self, here: Night) -> None:
        here.sends([(NOW - 10 * MINUTE - timedelta(minutes=NOW.minute % 5), 9e9)])
        found = await here.ask("Compare NAT traffic of the last hour with the same hour yesterday")
        assert " more (+" in found.diagnosis.headline and "1 spike vs 0" in found.diagnosis.headline
        assert len(table(found, "Compared with")) == 1

    async def test_which_gateways_there_are(self, here: Night) -> None:
        found = await here.ask("What NAT gateways do we have?")
        assert fake.GATEWAY in found.diagnosis.headline
        assert table(found, "NAT gateways") == [
            (fake.GATEWAY, "demo-nat-1c", "us-east-1c", "vpc-0a1b2c3d", "available")
        ]


class TestJobs:
    async def test_what_runs_now(self, here: Night) -> None:
        """Scenario 6 and example 7: who runs, for whom, since when, and whether data is being uploaded."""
        running = Refresh("Borealis", "refresh-b", NOW - 40 * MINUTE, None, files=[("delta.csv", 12.0, 0.2e9)])
        here.runs(running, fake.night(TWO - DAY)[0])
        found = await here.ask("Are any refresh jobs uploading data right now?")
        assert found.diagnosis.headline.startswith("1 refresh job from ")
        assert "1 still running (1 with uploads in the log); clients: Borealis" in found.diagnosis.headline
        ((client, state, ran, job),) = table(found, "Jobs")
        assert (client, state) == ("Borealis", "running") and ran.endswith(" to now")
        assert job.startswith(f"{running.name}: MULTI_CLIENT_FULL, uploaded 200 MB, to Databricks, Halverin, run ")
        assert not any(e.tool.startswith("aws") for e in found.evidence)

    async def test_none_runs(self, here: Night) -> None:
        found = await here.ask("Are any refresh jobs running right now?")
        assert (found.diagnosis.verdict, found.diagnosis.headline[:24]) == (Verdict.HEALTHY, "No refresh jobs ran from")

    async def test_those_of_a_client(self, here: Night) -> None:
        here.runs(*fake.night(TWO), *fake.night(TWO - 2 * DAY))
        found = await here.ask("Show all Alderbrook refreshes in the last week")
        assert found.diagnosis.headline.startswith("2 refresh jobs from ")
        assert {row[0] for row in table(found, "Jobs")} == {"Alderbrook"}

    async def test_a_client_that_nobody_configured(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        config = fake.CONFIG.replace("clients: [Alderbrook, Borealis, Corvane]\n", "")
        with night(tmp_path, monkeypatch, config) as here:
            here.runs(*fake.night(TWO))
            found = await here.ask("show all Aldebrrook refreshes in the last week")
        assert {row[0] for row in table(found, "Jobs")} == {"Alderbrook"}

    def test_one_that_is_unknown_beside_known_ones_is_asked_back(self, here: Night) -> None:
        assert here.asks_back("show all Umbrella refreshes in the last week").choices == (
            "Alderbrook",
            "Borealis",
            "Corvane",
        )

    async def test_who_moves_the_most(self, here: Night) -> None:
        here.runs(*fake.night(TWO))
        found = await here.ask("Which client refresh is using the most bandwidth?")
        assert "Alderbrook 13.2 GB, Borealis 200 MB" in found.diagnosis.headline

    async def test_without_a_job_nothing_was_uploaded(self, here: Night) -> None:
        found = await here.ask("Which client refresh is using the most bandwidth?")
        assert found.diagnosis.headline.startswith("No refresh jobs ran from ")

    async def test_a_failed_one_is_noticed(self, here: Night) -> None:
        here.runs(Refresh("Corvane", "refresh-c", NOW - 3 * HOUR, NOW - 2 * HOUR, failed=True))
        found = await here.ask("Which refresh jobs ran in the last 6 hours?")
        assert [f.code for f in found.diagnosis.risks] == ["TRF-120"]


class TestAlert:
    """Scenario 5 as it begins at night: a monitoring system calls about the gateway."""

    ALERT = Alert(
        source="datadog",
        fingerprint="nat",
        status=AlertStatus.FIRING,
        severity=AlertSeverity.HIGH,
        title="NAT gateway egress is high on demo-nat-1c",
        summary="bytes out over the last 5 minutes: 12.5 GB > 5 GB",
        starts_at=TWO + 6 * MINUTE,
    )

    async def test_the_job_behind_it_explains_the_alert(self, here: Night) -> None:
        here.sends(fake.burst(TWO))
        here.runs(*fake.night(TWO))
        intent = understand(self.ALERT, entities(here.connections), NOW, AREAS)
        assert isinstance(intent, Intent) and intent.first("gateway") == fake.GATEWAY
        request = Request(alert=self.ALERT, intent=intent)
        async with here.connections.investigation(request) as ctx:
            found = await investigate(ctx, request)
        assert (found.diagnosis.verdict, codes(found)) == (Verdict.EXPECTED, ["TRF-101"])
        assert any(f.code.startswith("ALT-") for f in found.diagnosis.causes[0].explains)

    @pytest.mark.parametrize(
        "title", ["CPU is high on web-1", "Pod restarts a lot", "Certificate expires", "natural gas price rises", ""]
    )
    def test_other_alerts_are_looked_into_as_before(self, here: Night, title: str) -> None:
        other = self.ALERT.model_copy(update={"title": title, "summary": ""})
        assert understand(other, entities(here.connections), NOW, AREAS) == Intent(topic="cluster")


class TestConversation:
    async def test_one_thing_after_another(self, here: Night) -> None:
        here.sends(fake.burst(TWO), fake.burst(TWO - DAY))
        refresh = fake.night(TWO)[0]
        here.runs(refresh)
        await here.ask(SPIKE)
        for question, answer in (
            ("How long did the upload take?", f"{refresh.name} took 3 h 21 min"),
            ("which client was it?", f"{refresh.name} ran for client Alderbrook."),
            ("where did the data go?", "Halverin (api.halverin.example)"),
            ("who started it?", f"ops@example.com started {refresh.name}."),
            ("how much was it?", "14.9 GB sent"),
            ("was that expected?", "Yes: demo-nat-1c"),
        ):
            assert answer in (await here.ask(question)).diagnosis.headline
        yesterday = await here.ask("and the day before?")
        assert codes(yesterday) == ["TRF-103"]
        assert here.before and here.before.window and here.before.window.since.date() == (TWO - DAY).date()

    def test_what_is_not_clear_is_asked_back(self, here: Night) -> None:
        for question in (
            "and yesterday?",
            "how long did it take?",
            "tell me a joke",
            "restart the pods of web",
            "NAT traffic tomorrow",
        ):
            assert here.asks_back(question).question


async def test_a_bundle_gives_the_same_answer_where_nothing_is_configured(here: Night, tmp_path: Path) -> None:
    here.sends(grown(4))
    here.runs(fake.night(TWO)[2])
    found = await here.ask(SPIKE)
    save_file([found], str(tmp_path / "night.tgz"))
    (bundle,) = load(tmp_path / "night.tgz")
    again = await investigate(replay(bundle, composed()), bundle.manifest.request)
    assert Answer.of(again).json_text() == bundle.answer


async def test_every_answer_can_be_laid_out(here: Night) -> None:
    here.sends(fake.burst(TWO))
    here.runs(*fake.night(TWO))
    for question in (
        SPIKE,
        "Show NAT traffic for the last 24 hours",
        "Which refresh jobs ran today?",
        "what nat gateways do we have",
    ):
        report = compose(await here.ask(question))
        assert report.marks and report.sections
