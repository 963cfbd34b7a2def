import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.investigation import Budget
from midwatch.domain.observation import LogLines
from midwatch.domain.tool import Mode, Tool, ToolError, ToolResult
from midwatch.engine.gather import Gathering
from midwatch.engine.investigate import no_progress
from midwatch.toolbox.cache import cache
from midwatch.toolbox.guard import guard
from midwatch.toolbox.limit import limit
from midwatch.toolbox.redact import redact
from midwatch.toolbox.replay import ReplayToolbox
from midwatch.toolbox.toolbox import Policy, Toolbox

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def log(text: str) -> ToolResult:
    return ToolResult(LogLines(namespace="n", name="p", container="c", text=text), "GET /log")


async def read_log(pod: str, lines: int = 10) -> ToolResult:
    """Reads a log."""
    if pod == "gone":
        raise ToolError("no such pod", permission="get pods")
    if pod == "slow":
        await asyncio.sleep(60)
    return log(f"{pod} {lines} password=hunter22")


def toolbox(*policies: Policy, mode: Mode = Mode.READ) -> Toolbox:
    return Toolbox([Tool.of(read_log, mode=mode, timeout_s=0.05)], policies, lambda: NOW)


async def called(box: Toolbox, **arguments: Any) -> Evidence | Gap:
    return await box.call("read_log", arguments)


async def test_a_call_becomes_evidence() -> None:
    found = await called(toolbox(), pod="web")
    assert isinstance(found, Evidence)
    assert (found.tool, found.query, found.text) == ("read_log", "GET /log", "web 10 password=hunter22")
    assert len(found.sha256) == 64


async def test_every_failure_becomes_a_gap() -> None:
    for arguments in ({"pod": "gone"}, {}, {"pod": "web", "unknown": 1}, {"pod": "web", "lines": "many"}):
        assert isinstance(await called(toolbox(), **arguments), Gap)
    refused = await called(toolbox(), pod="gone")
    assert isinstance(refused, Gap)
    assert refused.permission == "get pods"
    assert isinstance(await toolbox().call("drop_table", {}), Gap)


async def test_a_fault_inside_of_a_tool_is_not_told_as_a_tool_that_is_missing() -> None:
    async def read_table() -> ToolResult:
        """Reads a table."""
        raise KeyError("rows")

    with pytest.raises(KeyError, match="rows"):
        await Toolbox([Tool.of(read_table)], (), lambda: NOW).call("read_table", {})


async def test_a_tool_of_a_system_that_cannot_be_reached_says_why() -> None:
    found = await Toolbox([], (), lambda: NOW, {"read": "read is away"}).call("read_log", {})
    assert isinstance(found, Gap) and found.reason == "read is away"


async def test_a_change_is_refused() -> None:
    found = await called(toolbox(guard, mode=Mode.WRITE), pod="web")
    assert isinstance(found, Gap)
    assert "only read" in found.reason


async def test_time_and_size_are_bounded() -> None:
    slow = await called(toolbox(limit()), pod="slow")
    assert isinstance(slow, Gap)
    assert "no answer within 0.05 s" in slow.reason
    large = await called(toolbox(limit(largest=10)), pod="web")
    assert isinstance(large, Gap)
    assert "more than the 10 allowed" in large.reason


async def test_secrets_do_not_get_through() -> None:
    found = await called(toolbox(redact), pod="web")
    assert isinstance(found, Evidence)
    assert "hunter22" not in found.model_dump_json()


async def test_the_same_question_is_asked_once_while_fresh() -> None:
    calls, times = count(), iter([0.0, 1.0, 20.0])

    async def counted() -> ToolResult:
        """Counts."""
        return log(str(next(calls)))

    box = Toolbox([Tool.of(counted)], (cache(10.0, lambda: next(times)),), lambda: NOW)
    texts = [(await box.call("counted", {})) for _ in range(3)]
    assert [t.text for t in texts if isinstance(t, Evidence)] == ["0", "0", "1"]


async def test_a_tape_answers_what_was_recorded_and_nothing_else() -> None:
    recorded = await called(toolbox(), pod="web")
    tape = ReplayToolbox([recorded])
    assert await tape.call("read_log", {"pod": "web"}) is recorded
    assert isinstance(await tape.call("read_log", {"pod": "api"}), Gap)


async def test_evidence_is_numbered_in_the_order_of_asking() -> None:
    class Door:
        async def call(self, name: str, arguments: Mapping[str, Any]) -> Evidence | Gap:
            await asyncio.sleep(0.02 if arguments["pod"] == "first" else 0)
            return await called(toolbox(), **arguments)

    gathering = Gathering(Door(), Budget(), no_progress)
    asks = [ToolRequest(tool="read_log", arguments={"pod": p}) for p in ("first", "gone", "second", "first")]
    assert await gathering.ask(asks)
    assert [(e.id, e.arguments["pod"]) for e in gathering.evidence] == [("E1", "first"), ("E2", "second")]
    assert [g.arguments["pod"] for g in gathering.gaps] == ["gone"]
    assert not await gathering.ask(asks)


async def test_what_comes_after_the_budget_is_a_gap_and_nothing_is_lost() -> None:
    box = Toolbox([Tool.of(read_log)], (), lambda: NOW)
    gathering = Gathering(box, Budget(calls=2, seconds=0.2), no_progress)
    await gathering.ask(
        [ToolRequest(tool="read_log", arguments={"pod": p}, essential=True) for p in ("web", "slow", "late")]
    )
    assert [e.arguments["pod"] for e in gathering.evidence] == ["web"]
    assert [(g.arguments["pod"], g.essential) for g in gathering.gaps] == [("slow", True), ("late", True)]
    assert "budget of 2 calls" in gathering.gaps[1].reason


async def test_the_time_of_the_budget_is_for_all_rounds_together() -> None:
    class Door:
        async def call(self, name: str, arguments: Mapping[str, Any]) -> Evidence | Gap:
            await asyncio.sleep(arguments["seconds"])
            return await called(toolbox(), pod="web")

    gathering = Gathering(Door(), Budget(seconds=0.4), no_progress)
    for seconds in (60, 0.2):
        await gathering.ask([ToolRequest(tool="read_log", arguments={"seconds": seconds})])
    assert [g.reason for g in gathering.gaps] == ["no answer within the budget of 0.4 s"] * 2, (
        "the first round took all of it"
    )
    assert gathering.evidence == []


async def test_no_password_of_an_argument_is_kept() -> None:
    for arguments in (
        {"pod": "https://anna:hunter22@shop.example"},
        {"pod": "https://anna:hunter22@shop.example", "lines": "many"},
    ):
        answer = await called(toolbox(redact), **arguments)
        assert "hunter22" not in answer.model_dump_json()
        assert (await ReplayToolbox([answer]).call("read_log", arguments)) == answer
