from dataclasses import dataclass

from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Gap
from midwatch.domain.investigation import Budget
from midwatch.engine.analyst import Analysts, local_analyst
from midwatch.engine.gather import ToolCaller
from midwatch.engine.reasoner import Reasoning, rules_alone


@dataclass(frozen=True)
class InvestigationContext:
    """Shared context of all use cases: integrations, tool caller, evidence sources, limits, analysts and reasoner.
    `unread` are gaps known beforehand."""

    areas: tuple[Area, ...]
    door: ToolCaller
    source: str
    budget: Budget
    analysts: Analysts = local_analyst
    reasoning: Reasoning = rules_alone
    unread: tuple[Gap, ...] = ()
