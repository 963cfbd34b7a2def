"""Computation of one investigation within its time limit, with a reduced answer when the limit is reached."""

from collections.abc import Sequence

from midwatch.domain.diagnosis import Diagnosis, Verdict
from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.engine.analyst import Analyst, AnalystProcessDied, Conclusion, Ended
from midwatch.reasoning.scope import Scope

TOOL = "analysis"
RETRY_SHARE = (
    1 / 6
)  # of the limit, for each attempt with less evidence: with 4 rounds all of them have half as much again
_LEAST_S = 0.05  # that every computation gets
_LISTED = 5  # pieces of evidence that are named as left out; the others are counted


class Computation:
    """Computes over the evidence of the rounds so far; `seconds` are for all rounds together.

    When a computation is ended, nothing more is asked, and the evidence of the earlier rounds is tried: the latest
    round that was computed without trouble first. What is left out then, or that nothing could be computed, is an
    essential gap.
    """

    def __init__(self, analyst: Analyst, seconds: float, evidence: Sequence[Evidence]) -> None:
        self._analyst, self._seconds = analyst, seconds
        self._evidence = evidence
        self._sizes = [len(evidence)]  # of the evidence, as it was computed with
        self._trouble = ""

    async def next_requests(self) -> Sequence[ToolRequest]:
        """Requests of the next round; empty after a computation that was ended."""
        size = len(self._evidence)
        try:
            asks = await self._analyst.next_requests(self._evidence, self._remaining_s)
        except Ended as ended:
            self._trouble = self._sentence(ended)
            return ()
        self._sizes.append(size)
        return asks

    async def conclude(self, gaps: Sequence[Gap]) -> Conclusion:
        if not self._trouble:
            try:
                return await self._analyst.conclude(self._evidence, gaps, self._remaining_s)
            except Ended as ended:
                self._trouble = self._sentence(ended)
        return await self._conclude_with_less(gaps)

    async def _conclude_with_less(self, gaps: Sequence[Gap]) -> Conclusion:
        """The diagnosis over less evidence. No name is reported as unknown: its object may have been left out."""
        for size in sorted({s for s in self._sizes if 0 < s < len(self._evidence)}, reverse=True):
            gap = _omission_gap(self._trouble, self._evidence[size:])
            try:
                found = await self._analyst.conclude(self._evidence[:size], (*gaps, gap), self._seconds * RETRY_SHARE)
                return Conclusion(found.diagnosis, Scope(found.scope.named))
            except Ended:
                continue
        gap = _omission_gap(self._trouble, self._evidence)
        serious = tuple(g for g in gaps if g.essential or not g.absent)
        diagnosis = Diagnosis(
            verdict=Verdict.INCONCLUSIVE, headline=f"No findings: {self._trouble}", gaps=(*serious, gap)
        )
        return Conclusion(diagnosis, Scope())

    @property
    def _remaining_s(self) -> float:
        return max(_LEAST_S, self._seconds - self._analyst.spent)

    def _sentence(self, ended: Ended) -> str:
        if isinstance(ended, AnalystProcessDied):
            return f"the process of the analysis {ended}"
        return f"the analysis took longer than {self._seconds:g} s and was ended"


def _omission_gap(trouble: str, evidence: Sequence[Evidence]) -> Gap:
    """Gap that lists the left-out evidence, largest first: the most likely cause of the slow computation."""
    largest = sorted(evidence, key=lambda e: -len(e.observation.content))
    named = [f"{e.id} ({e.query})" for e in largest[:_LISTED]]
    more = [f"{len(largest) - _LISTED} more"] if len(largest) > _LISTED else []
    reason = f"{trouble}; not analysed: {', '.join([*named, *more])}"
    return Gap(tool=TOOL, arguments={"evidence": [e.id for e in largest]}, query="", reason=reason, essential=True)
