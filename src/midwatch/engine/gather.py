"""Evidence gathering: calls tools in parallel and numbers the results in request order, so that the same run gives the
same ids."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from midwatch.domain.evidence import Evidence, Gap, ToolRequest, evidence_id
from midwatch.domain.investigation import Budget
from midwatch.domain.observation import Resources
from midwatch.kit.redaction import redact_arguments


class ToolCaller(Protocol):
    async def call(self, name: str, arguments: Mapping[str, Any]) -> Evidence | Gap: ...


Watch = Callable[[ToolRequest, Evidence | Gap], None]


class Gathering:
    """Evidence and gaps of one investigation as they grow; no request is made twice, and none after the deadline."""

    def __init__(self, door: ToolCaller, budget: Budget, watch: Watch) -> None:
        self.evidence: list[Evidence] = []
        self.gaps: list[Gap] = []
        self._door, self._budget, self._watch = door, budget, watch
        self._asked: set[str] = set()
        self._rested_on: set[str] = set()
        self._missed: dict[str, int] = {}  # place among the gaps, by the question's key
        self._deadline = asyncio.get_running_loop().time() + budget.seconds

    @property
    def rested_on(self) -> frozenset[str]:
        """Areas with an essential request: the answer depends on it."""
        return frozenset(self._rested_on)

    def rounds(self, most: int) -> Callable[[Sequence[ToolRequest]], Awaitable[bool]]:
        """An `ask` that makes no request after this many calls."""
        left = iter(range(most))

        async def ask(asks: Sequence[ToolRequest]) -> bool:
            return next(left, None) is not None and await self.ask(asks)

        return ask

    async def ask(self, asks: Sequence[ToolRequest]) -> bool:
        """Makes the requests that were not made before; False when none were left."""
        fresh = [a for a in _without_duplicates(asks) if a.key not in self._asked]
        self._weigh(asks)
        self._rested_on |= {a.asked_by for a in asks if a.essential}
        room = max(0, self._budget.calls - len(self._asked))
        self._asked |= {a.key for a in fresh}
        calls = [asyncio.create_task(self._put(a)) for a in fresh[:room]]
        left = self._deadline - asyncio.get_running_loop().time()
        if calls:
            await asyncio.wait(calls, timeout=max(0.0, left))
        for ask, call in zip(fresh, calls, strict=False):
            if call.done():
                self._keep(ask, call.result())
            else:
                call.cancel()
                self._keep(ask, _unanswered(ask, f"no answer within the budget of {self._budget.seconds:g} s"))
        for ask in fresh[room:]:
            self._keep(ask, _unanswered(ask, f"not asked: the budget of {self._budget.calls} calls was spent"))
        return bool(calls)

    async def _put(self, ask: ToolRequest) -> Evidence | Gap:
        answer = await self._door.call(ask.tool, ask.arguments)
        self._watch(ask, answer)
        return answer

    def _weigh(self, asks: Sequence[ToolRequest]) -> None:
        """Marks earlier unanswered requests as essential when an area's answer depends on them."""
        for place in (self._missed[a.key] for a in asks if a.essential and a.key in self._missed):
            self.gaps[place] = self.gaps[place].model_copy(update={"essential": True})

    def _keep(self, ask: ToolRequest, answer: Evidence | Gap) -> None:
        if isinstance(answer, Gap):
            self._missed[ask.key] = len(self.gaps)
            self.gaps.append(answer.model_copy(update={"essential": ask.essential}))
        else:
            self.evidence.append(answer.model_copy(update={"id": evidence_id(len(self.evidence) + 1)}))
            seen = answer.observation
            if isinstance(seen, Resources) and seen.missed:
                gap = Gap(
                    tool=ask.tool,
                    arguments=ask.arguments,
                    query=answer.query,
                    reason=seen.missed,
                    essential=ask.essential,
                )
                self.gaps.append(gap)


def _without_duplicates(asks: Sequence[ToolRequest]) -> list[ToolRequest]:
    """Each request once; essential when one of its areas marks it so."""
    found: dict[str, ToolRequest] = {}
    for ask in asks:
        known = found.get(ask.key, ask)
        found[ask.key] = ask if ask.essential and not known.essential else known
    return list(found.values())


def _unanswered(ask: ToolRequest, reason: str) -> Gap:
    told = redact_arguments(ask.arguments)
    return Gap(tool=ask.tool, arguments=told, query=ToolRequest(tool=ask.tool, arguments=told).key, reason=reason)
