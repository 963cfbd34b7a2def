"""A question that is one name is about that object: found, asked back or not found, and never about another one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from midwatch.analysis.name_positions import whole_name
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.interfaces.cli.exits import Exit
from tests.flows.cluster import Site, site


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(demo(), tmp_path_factory.mktemp("names")) as found:
        yield found


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("payments", "payment-service"),
        ("paymentservice", "payment-service"),
        ("memoryhog -n demo-apps", "memory-hog"),
        ("pod payments", "payment-service"),
    ],
)
def test_a_misspelt_name_is_asked_back(here: Site, words: str, meant: str) -> None:
    shown = here.run("diagnose", *words.split())
    assert (shown.code, shown.out) == (Exit.FAILED, "")
    assert "not found." in shown.err and f"Did you mean {meant}" in shown.err


def test_a_name_that_nothing_resembles_is_not_found_and_no_other_workload_is_the_answer(here: Site) -> None:
    shown = here.run("diagnose", "web", "-n", "demo-apps")
    first, *rest = shown.out.splitlines()
    assert shown.code == Exit.UNKNOWN
    assert first.split() == "UNKNOWN inconclusive · cluster fake · web not found in the checked objects".split()  # noqa: SIM905
    assert rest == ["", "7 other problems found: midwatch diagnose -n demo-apps"]


@pytest.mark.parametrize("words", ["help", "everything", "cluster", "pods", "evictions", "CrashLoopBackOff"])
def test_a_word_of_plain_english_stays_a_question(here: Site, words: str) -> None:
    assert whole_name(words) == ""
    assert "not found in the checked objects" not in here.run("diagnose", words, "-q").out


def test_a_part_of_a_name_is_that_object(here: Site) -> None:
    shown = here.run("diagnose", "payment", "-q")
    assert shown.code == Exit.PROBLEM and "payment matches demo-apps/deployment/payment-service" in shown.out


def test_other_problems_are_one_line_unless_verbose(here: Site) -> None:
    short = here.run("diagnose", "memory-hog", "-n", "demo-apps").out
    full = here.run("diagnose", "memory-hog", "-n", "demo-apps", "-v").out
    assert "6 other problems found: midwatch diagnose -n demo-apps" in short and "frontend-app" not in short
    assert "Other problems found" in full and "demo-apps/deployment/frontend-app" in full


def test_what_was_named_and_is_not_there_has_one_exit_code(here: Site) -> None:
    for words in ("zzqqx", "-n nowhere", "-l app=nothing"):
        assert here.run("diagnose", *words.split()).code == Exit.UNKNOWN, words


def test_several_answers_are_one_document(here: Site, tmp_path: Path) -> None:
    shown = here.run("diagnose", "-n", "demo-apps", "-n", "kube-system", "-o", "json")
    answers = json.loads(shown.out)
    assert [one["request"]["namespace"] for one in answers] == ["demo-apps", "kube-system"]
    assert shown.code == Exit.PROBLEM
