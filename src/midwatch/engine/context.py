from dataclasses import dataclass

from midwatch.domain.investigation import Budget
from midwatch.engine.analyst import Analysts, here
from midwatch.engine.gather import Door
from midwatch.engine.reasoner import Reasoning, rules_alone
from midwatch.integrations.manifest import Integration


@dataclass(frozen=True)
class Context:
    """What every use case needs: the integrations, the door to their tools, where the evidence comes from, the limits,
    who computes and who reasons."""

    integrations: tuple[Integration, ...]
    door: Door
    source: str
    budget: Budget
    analysts: Analysts = here
    reasoning: Reasoning = rules_alone
