"""Lines longer than anybody reads lose their middle, before rules see them and after secrets are cut out."""

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel

from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.observation import LogLines
from midwatch.domain.tool import Tool, ToolResult
from midwatch.kit.longlines import LONGEST, cut_line, cut_lines
from midwatch.reasoning.citations import Library
from midwatch.toolbox.redact import redact
from midwatch.toolbox.toolbox import Toolbox


@pytest.mark.parametrize("text", ["", "a\nb\n", "a" * LONGEST, ("a" * (LONGEST - 1) + "\n") * 3])
def test_what_is_short_enough_stays(text: str) -> None:
    assert cut_lines(text) == text


def test_a_long_line_keeps_its_ends_and_says_how_much_is_gone() -> None:
    text = cut_lines("first\nFATAL: " + "x" * 100_000 + " out of disk\nlast")
    first, long, last = text.split("\n")
    assert (first, last) == ("first", "last")
    assert long.startswith("FATAL: xxx")
    assert long.endswith("x out of disk")
    assert "[… 95,924 characters cut …]" in long
    assert len(long) < LONGEST + 50


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_ends_of_lines_stay(end: str) -> None:
    assert cut_line("a" * 9000 + end).endswith("a" + end)


class _Nothing(BaseModel):
    pass


async def _evidence(text: str) -> Evidence:
    async def read() -> ToolResult:
        return ToolResult(LogLines(namespace="shop", name="web", container="web", text=text), "logs")

    tool = Tool(name="logs", title="", description="", parameters=_Nothing, run=read, timeout_s=5)
    found = await Toolbox([tool], [redact], lambda: datetime(2026, 11, 27, tzinfo=UTC)).call("logs", {})
    assert isinstance(found, Evidence)
    return found.model_copy(update={"id": "E1"})


async def test_a_line_that_was_cut_is_found_by_a_citation() -> None:
    found = await _evidence("start\nERROR " + "deadbeef" * 10_000 + " gone\n")
    assert max(map(len, found.text.splitlines())) < LONGEST + 50
    assert Library([found]).proves(Citation(evidence="E1", quote=found.text.splitlines()[1]))


async def test_no_half_of_a_secret_is_left_where_a_line_is_cut() -> None:
    at = LONGEST - 1024 - 10  # the line is cut within the secret
    found = await _evidence("x" * (at - 1) + " AKIAIOSFODNN7EXAMPLE " + "y " * 10_000)
    assert "AKIA" not in found.text
