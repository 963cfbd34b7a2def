"""The headline where nothing was found: what was checked, and in which numbers."""

import json

import pytest

from midwatch.domain.diagnosis import Verdict
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.finding import Analysis
from midwatch.domain.observation import Resources
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.reasoning.rules import diagnose
from midwatch.reasoning.scope import Scope
from tests.unit.test_computation import log

WEB = Subject(kind="Deployment", name="web", namespace="shop")


def listed(resource: str, count: int, scope: str = "") -> Evidence:
    seen = Resources(body=json.dumps([{}] * count).encode(), count=count, resource=resource, scope=scope)
    return log(0, "").model_copy(update={"observation": seen})


def headline(*evidence: Evidence, about: Scope | None = None, gaps: tuple[Gap, ...] = ()) -> str:
    return diagnose(Analysis(), evidence, gaps, {}, about or Scope()).headline


@pytest.mark.parametrize(
    ("evidence", "checked"),
    [
        ([listed("deployments", 2), listed("pods", 6)], "6 pods, 2 deployments"),
        ([listed("pods", 1), listed("secrets", 9)], "1 pod"),
        ([listed("pods", 6), listed("pods", 2), listed("pods", 4, "shop")], "6 pods"),
        ([listed("pods", 3, "shop"), listed("pods", 4, "billing")], "7 pods"),
        ([listed("pods", 3), listed("nodes", 2), listed("jobs", 1)], "3 pods, 1 job"),
    ],
    ids=["kinds", "one", "parts of a list", "namespaces", "at most two"],
)
def test_what_was_checked_is_counted(evidence: list[Evidence], checked: str) -> None:
    assert headline(*evidence) == f"No problems found ({checked} checked)"


def test_of_kinds_that_are_not_counted_no_number_is_given() -> None:
    assert headline(listed("secrets", 3)) == "No problems found"


def test_a_named_object_is_named() -> None:
    assert headline(listed("pods", 6), about=Scope(named=(WEB,))) == f"No problems found for {WEB}"


def test_a_name_that_nothing_has_comes_first() -> None:
    said = headline(listed("pods", 6), about=Scope(unknown=(("webb", ()),)))
    assert said == "webb not found in the checked objects. No problems found (6 pods checked)"


def test_a_check_that_failed_is_said_with_its_reason() -> None:
    lost = Gap(tool="kubernetes_list", arguments={}, query="", reason="timeout after 10 s", essential=True)
    assert headline(listed("pods", 6), gaps=(lost,)) == (
        "No problems found, but 1 essential check failed: timeout after 10 s"
    )


def lost(reason: str) -> Gap:
    return Gap(tool="kubernetes_list", arguments={}, query="", reason=reason, essential=True)


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (("the dump holds no pods", "the dump holds no services"), "not in the input: pods, services"),
        (
            ("1 part of the dump not read: a line 2: not understood: no luck",),
            "1 part of the dump not read: a line 2: not understood: no luck",
        ),
        (("pods were not read: a line 2: part of a Pod",), "pods were not read: a line 2: part of a Pod"),
        (("timeout", "the dump holds no pods"), "1 essential check failed: timeout; not in the input: pods"),
    ],
)
def test_what_the_input_does_not_hold_is_no_failed_check(reasons: tuple[str, ...], said: str) -> None:
    assert headline(listed("pods", 6), gaps=tuple(map(lost, reasons))) == f"No problems found, but {said}"


def test_without_latency_nothing_is_said_of_slowness() -> None:
    found = diagnose(Analysis(), [listed("pods", 6)], (), {}, question=Question("why is it slow"))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.headline.startswith("No problems found, but no latency was measured")
