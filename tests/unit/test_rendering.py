"""What outside text may do to a reader: nothing. Terminal escapes, Markdown, invisible characters."""

import time

import pytest

from midwatch.domain.diagnosis import Verdict
from midwatch.domain.report import Commands, Grid, Items, Report, ReportSection, Text
from midwatch.kit.printable import one_line, printable
from midwatch.reports.markdown import markdown
from midwatch.reports.plain import plain

HOSTILE = [
    "a\x1b[2Jb",
    "a\x1b]0;owned\x07b",
    "a\x1b]8;;https://evil.test\x1b\\click\x1b]8;;\x1b\\b",
    "a\x1bPq#0\x1b\\b",
    "a\x9b31mb",
    "a\x9d0;owned\x9cb",
    "a\x1bcb",
    "a\x1b",
    "a\x00\x07\x08\x7fb",
    "a\rHEALTHY",
    "a\u202egpj\u202cb",
    "a\u200b\u2060\ufeffb",
    "a\U000e0041\U000e0042b",
    "a\ud800b",
]


def report(text: str) -> Report:
    blocks = (
        Text(text=text),
        Items(items=(Text(text=text),)),
        Commands(commands=(f"kubectl get {text}",)),
        Grid(columns=(text, "b"), rows=((text, text),)),
    )
    return Report(verdict=Verdict.CONFIRMED, headline=text, sections=(ReportSection(title=text, blocks=blocks),))


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(t) for t in HOSTILE])
def test_nothing_reaches_a_terminal_raw(text: str) -> None:
    for printed in (one_line(text), *markdown(report(text)).split("\n"), *plain(report(text)).split("\n")):
        assert all(c.isprintable() for c in printed), ascii(printed)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("a\x1b]0;owned\x07b", "ab"),
        ("déjà vu — ünïcode ✓ 你好", "déjà vu — ünïcode ✓ 你好"),
        ("a\tb\nc", "a\tb\nc"),
    ],
)
def test_what_people_read_stays(text: str, left: str) -> None:
    assert printable(text) == left


@pytest.mark.parametrize("unit", ["\x1b", "\x1b[", "\x1b]", "\x9b", "\x1b[0;", "\x1bP", "\x9d", "\x1b ", "a\x1b]b"])
def test_it_is_linear(unit: str) -> None:
    def seconds(times: int) -> float:
        text = unit * times
        started = time.process_time()
        printable(text)
        return time.process_time() - started

    small = max(0.005, min(seconds(5_000) for _ in range(3)))
    assert min(seconds(50_000) for _ in range(3)) < 25 * small


def test_a_command_cannot_end_its_code() -> None:
    text = "x\n```\n# HEALTHY: all is well\n"
    lines = markdown(report(text)).splitlines()
    start = next(n for n, line in enumerate(lines) if line.endswith("sh"))
    fence = lines[start].removesuffix("sh")
    assert len(fence) > 3
    assert lines[start + 2] == fence
    assert not [line for line in lines if line.startswith("# HEALTHY")]


def test_a_cell_stays_a_cell() -> None:
    rows = [line for line in markdown(report("a|b\\|c")).splitlines() if line.startswith("|")]
    assert {line.replace("\\\\", "").replace("\\|", "").count("|") for line in rows} == {3}


def test_a_note_of_one_line_stays_one() -> None:
    lines = plain(report("a\nHEALTHY: all is well")).splitlines()
    assert not [line for line in lines if line.startswith("HEALTHY")]
