"""An area that asked nothing makes no HEALTHY, whatever the topic, and whatever another area found well."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from midwatch.domain.capabilities import Area
from midwatch.domain.diagnosis import Verdict
from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.finding import Analysis
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Budget, Request
from midwatch.domain.observation import Resources
from midwatch.domain.question import Question
from midwatch.domain.topics import Topic
from midwatch.domain.window import Window
from midwatch.engine.investigate import investigate
from tests.plugged import AREAS

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
TOPICS = [topic.id for area in AREAS for topic in area.topics]


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


def asks_nothing(_question: Question) -> tuple[ToolRequest, ...]:
    return ()


def wants_nothing(_evidence: Sequence[Evidence], _question: Question) -> tuple[ToolRequest, ...]:
    return ()


def looks(_question: Question) -> tuple[ToolRequest, ...]:
    return (ToolRequest(tool="look", essential=True),)


def glances(_question: Question) -> tuple[ToolRequest, ...]:
    return (ToolRequest(tool="look"),)


def finds_nothing(_evidence: Sequence[Evidence], _question: Question) -> Analysis:
    return Analysis()


def silent(area: Area, topic: str) -> Area:
    return replace(area, topics=(Topic(topic, topic, area.name),), opening=asks_nothing, next_requests=wants_nothing)


def looking(topic: str) -> Area:
    return Area(
        name="looking", title="Looking", topics=(Topic(topic, topic, "looking"),), opening=looks, analyse=finds_nothing
    )


async def verdict(topic: str, *areas: Area, mute: str = "") -> Verdict:
    intent = Intent(topic=topic, window=Window(NOW - timedelta(hours=1), NOW))
    request = Request(question="?", intent=intent)
    run, _ = await investigate(request, Door(mute), areas, "test", Budget())
    assert (run.diagnosis.verdict is Verdict.HEALTHY) is not any(g.essential for g in run.diagnosis.gaps)
    return run.diagnosis.verdict


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
async def test_an_area_that_asks_nothing_is_never_healthy(topic: str, area: Area) -> None:
    assert await verdict(topic, silent(area, topic)) is Verdict.INCONCLUSIVE
    assert await verdict(topic, looking(topic), silent(area, topic)) is Verdict.INCONCLUSIVE
    assert await verdict(topic, silent(area, topic), looking(topic)) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("topic", TOPICS)
async def test_one_that_looked_is_and_one_that_only_follows_takes_nothing_from_it(topic: str) -> None:
    assert await verdict(topic, looking(topic)) is Verdict.HEALTHY
    follower = replace(silent(looking("other"), "other"), name="follower", joins=(topic,))
    assert await verdict(topic, looking(topic), follower) is Verdict.HEALTHY


async def test_a_question_that_is_not_essential_does_not_do() -> None:
    assert await verdict("jobs", replace(looking("jobs"), opening=glances)) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_what_one_area_needs_is_missed_although_another_only_glanced(order: tuple[int, int]) -> None:
    pair = (looking("jobs"), replace(looking("other"), name="glancing", opening=glances, joins=("jobs",)))
    asked = [pair[place] for place in order]
    assert await verdict("jobs", *asked, mute="look") is Verdict.INCONCLUSIVE


async def test_what_was_missed_before_is_essential_when_somebody_needs_it_later() -> None:
    def needs(evidence: Sequence[Evidence], _question: Question) -> tuple[ToolRequest, ...]:
        return (ToolRequest(tool="look", essential=True), ToolRequest(tool="listen", essential=True))

    late = replace(looking("jobs"), opening=glances, next_requests=needs)
    assert await verdict("jobs", late, mute="look") is Verdict.INCONCLUSIVE
    assert await verdict("jobs", late) is Verdict.HEALTHY
