"""Reasoners: request more evidence and conclude. The rules are the first; another one may start from their result.

All requests go through the engine: it numbers the results, stores them, and ends when the budget is
spent.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.investigation import Request
from midwatch.engine.analyst import Conclusion
from midwatch.engine.computation import Computation

# Puts the questions that were not put before; False when there was none, or the budget's rounds are spent.
AskFor = Callable[[Sequence[ToolRequest]], Awaitable[bool]]


@dataclass(frozen=True)
class OpenCase:
    """The input of a reasoner. `opening` are the first requests of the participating areas; `evidence` grows at its end
    with every round; `gaps` are the current ones."""

    request: Request
    opening: Sequence[ToolRequest]
    evidence: Sequence[Evidence]
    gaps: Callable[[], Sequence[Gap]]


class Reasoner(Protocol):
    async def reason(self, case: OpenCase, ask: AskFor) -> Conclusion: ...


class RulesReasoner:
    """Makes the requests of the rules until there are no more."""

    def __init__(self, computation: Computation) -> None:
        self._computation = computation

    async def reason(self, case: OpenCase, ask: AskFor) -> Conclusion:
        # An alert is evidence from the start: it may lead to requests where no area has opening ones.
        wanted = case.opening or (await self._computation.next_requests() if case.evidence else ())
        while await ask(wanted):
            wanted = await self._computation.next_requests()
        return await self._computation.conclude(case.gaps())


Reasoning = Callable[[Reasoner], Reasoner]


def rules_alone(rules: Reasoner) -> Reasoner:
    return rules
