"""Another reasoner starts from the rules and asks on: what comes back is numbered and budgeted by the engine."""

from collections.abc import Mapping
from typing import Any

import pytest

from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.investigation import Budget, CaseFile, Request
from midwatch.engine.analyst import Conclusion
from midwatch.engine.investigate import investigate
from midwatch.engine.reasoner import AskFor, OpenCase, Reasoner
from tests.unit.hostile import hostile
from tests.unit.test_computation import causes, log

TEXTS = ("all is well", "fault: no disk", "all is well too")


class Logs:
    def __init__(self) -> None:
        self.asked: list[int] = []

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Evidence | Gap:
        self.asked.append(arguments["round"])
        return log(arguments["round"], TEXTS[arguments["round"]])


class Curious:
    """Asks for two more logs, one after the other, and lets the rules conclude again."""

    def __init__(self, rules: Reasoner) -> None:
        self._rules = rules
        self.seen: list[tuple[bool, int, int]] = []

    async def reason(self, case: OpenCase, ask: AskFor) -> Conclusion:
        await self._rules.reason(case, ask)
        for number in (1, 2, 2):
            more = await ask([ToolRequest(tool="log", arguments={"round": number})])
            self.seen.append((more, len(case.evidence), len(case.gaps())))
        return await self._rules.reason(case, ask)


async def reasoned(**budget: Any) -> tuple[CaseFile, Curious, Logs]:
    made, door = list[Curious](), Logs()

    def curious(rules: Reasoner) -> Reasoner:
        made.append(Curious(rules))
        return made[0]

    run, _ = await investigate(Request(), door, (hostile(1),), "test", Budget(**budget), reasoning=curious)
    return run, made[0], door


async def test_what_it_asks_is_numbered_and_asked_once() -> None:
    run, reasoner, door = await reasoned()
    assert [e.id for e in run.evidence] == ["E1", "E2", "E3"] and door.asked == [0, 1, 2]
    assert reasoner.seen == [(True, 2, 0), (True, 3, 0), (False, 3, 0)]
    assert causes(run) == ["no disk"], "which is in what it asked for"


@pytest.mark.parametrize(
    ("budget", "asked", "seen"),
    [
        ({"calls": 2}, [0, 1], [(True, 2, 0), (False, 2, 1), (False, 2, 1)]),
        ({"rounds": 3}, [0, 1], [(True, 2, 0), (False, 2, 0), (False, 2, 0)]),
    ],
    ids=["calls", "rounds"],
)
async def test_its_budget_is_the_engines(
    budget: dict[str, int], asked: list[int], seen: list[tuple[bool, int, int]]
) -> None:
    _, reasoner, door = await reasoned(**budget)
    assert (door.asked, reasoner.seen) == (asked, seen)
