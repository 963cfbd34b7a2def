"""An area that asked nothing makes no HEALTHY, whatever the topic, and whatever another area found well."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from midwatch.analysis.question import Question
from midwatch.domain.diagnosis import Verdict
from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.domain.finding import Analysis
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Budget, Request
from midwatch.domain.observation import Resources
from midwatch.domain.window import Window
from midwatch.engine.investigate import investigate
from midwatch.integrations import alerttext, kubernetes, traffic, website
from midwatch.integrations.kubernetes.reader import Nobody
from midwatch.integrations.manifest import Integration, nothing_wanted
from midwatch.integrations.traffic.config import Traffic
from midwatch.wiring.areas import areas

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TOPICS = [topic.id for area in areas() for topic in area.topics]
AREAS = (
    alerttext.integration(),
    kubernetes.integration(Nobody()),
    traffic.integration(Traffic()),
    website.integration(()),
)


class Door:
    """Shows one object, whatever is asked; nothing at all of what `mute` names."""

    def __init__(self, mute: str = "") -> None:
        self.mute = mute

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Evidence | Gap:
        if name == self.mute:
            return Gap(tool=name, arguments=dict(arguments), query=name, reason="no answer")
        body = b'[{"metadata":{"name":"web"}}]'
        return Evidence(
            id="",
            tool=name,
            arguments=dict(arguments),
            query=name,
            observation=Resources(resource="things", body=body, count=1),
            taken_at=NOW,
            took_ms=1,
            sha256=sha256(body).hexdigest(),
        )


def asks_nothing(_question: Question) -> tuple[Ask, ...]:
    return ()


def looks(_question: Question) -> tuple[Ask, ...]:
    return (Ask(tool="look", essential=True),)


def glances(_question: Question) -> tuple[Ask, ...]:
    return (Ask(tool="look"),)


def finds_nothing(_evidence: Sequence[Evidence], _question: Question) -> Analysis:
    return Analysis()


def silent(area: Integration, topic: str) -> Integration:
    return replace(area, topics=frozenset([topic]), opening=asks_nothing, wanted=nothing_wanted)


def looking(topic: str) -> Integration:
    return Integration(name="looking", title="Looking", topics=frozenset([topic]), opening=looks, analyse=finds_nothing)


async def verdict(topic: str, *integrations: Integration, mute: str = "") -> Verdict:
    intent = Intent(topic=topic, window=Window(NOW - timedelta(hours=1), NOW))
    request = Request(question="?", intent=intent)
    run, _ = await investigate(request, Door(mute), integrations, "test", Budget())
    assert (run.diagnosis.verdict is Verdict.HEALTHY) is not any(g.essential for g in run.diagnosis.gaps)
    return run.diagnosis.verdict


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
async def test_an_area_that_asks_nothing_is_never_healthy(topic: str, area: Integration) -> None:
    assert await verdict(topic, silent(area, topic)) is Verdict.INCONCLUSIVE
    assert await verdict(topic, looking(topic), silent(area, topic)) is Verdict.INCONCLUSIVE
    assert await verdict(topic, silent(area, topic), looking(topic)) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("topic", TOPICS)
async def test_one_that_looked_is_and_one_that_only_follows_takes_nothing_from_it(topic: str) -> None:
    assert await verdict(topic, looking(topic)) is Verdict.HEALTHY
    follower = replace(silent(looking("other"), "other"), name="follower", follows=frozenset([topic]))
    assert await verdict(topic, looking(topic), follower) is Verdict.HEALTHY


async def test_a_question_that_is_not_essential_does_not_do() -> None:
    assert await verdict("jobs", replace(looking("jobs"), opening=glances)) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_what_one_area_needs_is_missed_although_another_only_glanced(order: tuple[int, int]) -> None:
    pair = (looking("jobs"), replace(looking("other"), name="glancing", opening=glances, follows=frozenset(["jobs"])))
    asked = [pair[place] for place in order]
    assert await verdict("jobs", *asked, mute="look") is Verdict.INCONCLUSIVE


async def test_what_was_missed_before_is_essential_when_somebody_needs_it_later() -> None:
    def needs(evidence: Sequence[Evidence], _question: Question) -> tuple[Ask, ...]:
        return (Ask(tool="look", essential=True), Ask(tool="listen", essential=True))

    late = replace(looking("jobs"), opening=glances, wanted=needs)
    assert await verdict("jobs", late, mute="look") is Verdict.INCONCLUSIVE
    assert await verdict("jobs", late) is Verdict.HEALTHY
