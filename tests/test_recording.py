"""The recording of the five-minute tour: made by a command, the same whenever it is made, with nothing of a machine."""

import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from docs import picture, recording

ROOT = Path(__file__).parents[1]
CAST = (ROOT / "docs" / "tour.cast").read_text()
PICTURES = ("tour.svg", "demo.svg")


def commands() -> list[str]:
    """What is typed on each screen, between its prompt and its output."""
    typed = [event[2] for event in map(json.loads, CAST.splitlines()[1:])]
    return re.findall(r"\$ (.*?)\r\n", "".join(typed))


def test_it_is_an_asciicast() -> None:
    header, *events = map(json.loads, CAST.splitlines())
    assert header["version"] == 2 and (header["width"], header["height"]) == (recording.COLUMNS, recording.ROWS)
    assert all(kind == "o" and text for _, kind, text in events)
    assert all(before[0] <= after[0] for before, after in pairwise(events))
    plain = re.sub(r"\x1b\[[\d;]*m", "", "".join(event[2] for event in events))
    assert max(len(line) for line in plain.splitlines()) < 2 * recording.COLUMNS


def test_its_commands_are_those_of_the_readme() -> None:
    tour = (ROOT / "README.md").read_text().partition("## Five-minute tour")[2].partition("\n## ")[0]
    shown = [re.sub(r"inc_\w+", "INCIDENT", command).removesuffix(" &") for command in commands()]
    assert len(shown) >= 9
    assert [command for command in shown if command not in tour] == []


@pytest.mark.parametrize("name", ["tour.cast", *PICTURES])
def test_nothing_of_a_machine_is_in_it(name: str) -> None:
    text = (ROOT / "docs" / name).read_text()
    assert re.findall(r"/(?:home|root|tmp|work|Users|usr|opt|var)/\S*", text) == []
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", text)) <= {"8350"}
    assert set(re.findall(r"\d{4}-\d\d-\d\d", text)) == {"2026-01-15"}
    assert not re.search(r"mw_\w{8}", text), "a key"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_loads_nothing(name: str) -> None:
    text = (ROOT / "docs" / name).read_text()
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(r"<script|<image|href|@import|url\((?!['\"]?#)", text)


def test_what_changes_from_run_to_run_is_fixed() -> None:
    ids: dict[str, str] = {}
    first = recording.fixed(
        "inc_01m8g99zsfzx7vrnrpw619khyf at 2026-11-28T05:09:57Z, 2026-11-28 04:45\nUTC (1h24m ago)  7s  at "
        "http://127.0.0.1:36429 in /x/y",
        "/x",
        ids,
    )
    assert first == (
        "inc_01hm0000000000000000000001 at 2026-01-15T02:14:00Z, 2026-01-15 02:14\nUTC (25m ago)  12s  at "
        "http://127.0.0.1:8350 in ~/y"
    )
    assert recording.fixed("inc_01m8g99zsfzx7vrnrpw619khyf inc_01m8g9a03f5vgvd637fhf26z32", "", ids).split() == [
        "inc_01hm0000000000000000000001",
        "inc_01hm0000000000000000000002",
    ]


def test_the_picture_is_up_to_date() -> None:
    assert (ROOT / "docs" / "demo.svg").read_text() == picture.draw(), "run make picture"


@pytest.mark.components
def test_the_recording_is_up_to_date() -> None:
    for name, text in recording.files().items():
        assert (ROOT / "docs" / name).read_text() == text, "run make recording"
