from dataclasses import dataclass

from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Gap
from midwatch.domain.investigation import Budget
from midwatch.engine.analyst import Analysts, local_analyst
from midwatch.engine.gather import ToolCaller
from midwatch.engine.reasoner import Reasoning, rules_alone


@dataclass(frozen=True)
class InvestigationContext:
    """What every use case needs: the integrations, the door to their tools, where the evidence comes from, the limits,
    who computes and who reasons. `unread` is what is not asked, and should have been."""

    areas: tuple[Area, ...]
    door: ToolCaller
    source: str
    budget: Budget
    analysts: Analysts = local_analyst
    reasoning: Reasoning = rules_alone
    unread: tuple[Gap, ...] = ()
