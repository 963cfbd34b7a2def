"""`pytest -k` reads fewer files and selects the same tests: conftest.py says how."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import COMPONENTS, MADE_OF_NAMES, TESTS, alternatives, may_hold, text


def matched(item: pytest.Item) -> set[str]:
    """What `-k` looks into, as pytest documents it."""
    names = {node.name for node in item.listchain()} | item.listextrakeywords()
    names |= {mark.name for mark in item.iter_markers()}
    attributes = getattr(getattr(item, "function", None), "__dict__", {})
    return names | {name for name in attributes if not name.startswith("_") and name != "pytestmark"}


def test_a_name_stands_in_its_file_before_it_is_imported(request: pytest.FixtureRequest) -> None:
    """Of all tests of this run; an id that is made of names belongs into MADE_OF_NAMES."""
    for item in request.session.items:
        words = {word for name in matched(item) for word in re.findall(r"\w*test\w+", name.lower())}
        hidden = {word for word in words if word not in text(item.path)}
        assert not hidden or item.path in MADE_OF_NAMES, f"{item.nodeid}: -k would not find {sorted(hidden)}"


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("", ()),
        ("moon", ()),
        ("test", ()),
        ("test_moon", ({"test_moon"},)),
        ("TestJobs", ({"testjobs"},)),
        ("test_moon or test_star", ({"test_moon"}, {"test_star"})),
        ("test_moon and sqlite", ({"test_moon"},)),
        ("test_moon and test_star", ({"test_moon", "test_star"},)),
        ("test_moon and not test_star", ({"test_moon"},)),
        ("test_moon or sqlite", ()),
        ("not test_moon", ()),
        ("test_moon[sqlite]", ()),
        ("not (test_moon)", ()),
        ("not (sun and test_moon and star)", ()),
        ("test_or and test_and", ({"test_or", "test_and"},)),
    ],
)
def test_only_a_name_that_must_be_there_narrows(expression: str, wanted: tuple[set[str], ...]) -> None:
    assert alternatives(expression) == wanted


def test_a_file_is_read_for_its_path_or_its_text() -> None:
    (turn,), (rows,) = TESTS.glob("store/*turn.py"), TESTS.glob("store/*rows.py")  # no name: -k would find it here
    assert may_hold(turn, alternatives(turn.stem.upper())) and may_hold(turn, alternatives("tests"))
    assert all(may_hold(path, alternatives(turn.stem)) for path in MADE_OF_NAMES)
    assert not may_hold(rows, alternatives(turn.stem))
    assert not may_hold(turn, alternatives(f"{turn.stem} and {rows.stem}"))


def test_what_is_selected_is_what_has_the_name() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider", "-k", "test_csv_series"],
        cwd=Path(TESTS.parent),
        capture_output=True,
        text=True,
        check=True,
    )
    files = {line.partition(":")[0] for line in shown.stdout.split("\n") if line.startswith("tests/")}
    assert files == {"tests/unit/test_csv_series.py", "tests/test_requirements.py"}, shown


def test_what_is_not_read_has_nothing_to_run() -> None:
    assert all("\npytestmark = pytest.mark.components\n" in path.read_text() for path in COMPONENTS)
