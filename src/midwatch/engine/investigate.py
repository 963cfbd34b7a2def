"""The one pipeline: match, gather, and again while the evidence so far leads to more questions; then reason."""

from collections.abc import Sequence

from midwatch.analysis.question import Question
from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.domain.intent import Intent
from midwatch.domain.investigation import Budget, Investigation, Request
from midwatch.engine.alerts import told
from midwatch.engine.analyst import Analysts, Case, here
from midwatch.engine.computation import Computation
from midwatch.engine.gather import Door, Gathering, Watch
from midwatch.integrations.manifest import Integration
from midwatch.reasoning.scope import Scope

# Without a question that the answer rests on nothing can be called well; an alert speaks for itself.
_UNASKED = Gap(
    tool="everything", arguments={}, query="", reason="nothing was asked that an answer could rest on", essential=True
)


def silent(_ask: Ask, _answer: Evidence | Gap) -> None:
    """Nobody watches."""


async def investigate(
    request: Request,
    door: Door,
    integrations: Sequence[Integration],
    source: str,
    budget: Budget,
    watch: Watch = silent,
    analysts: Analysts = here,
) -> tuple[Investigation, Scope]:
    """The investigation of one request, within the budget: when time runs out, the evidence so far is what counts."""
    intent = request.intent or Intent(topic=request.topic)
    gathering, question = Gathering(door, budget, watch), Question(request.question, intent, request.namespace)
    integrations = [i for i in integrations if intent.topic in i.topics]
    if request.alert:
        gathering.evidence.append(told(request.alert))
    asks: Sequence[Ask] = [a for i in integrations if i.opening for a in i.opening(question)]
    async with analysts(Case.of(request, integrations)) as analyst:
        computation = Computation(analyst, budget.compute_seconds, gathering.evidence)
        for _ in range(budget.rounds):
            if not await gathering.ask(asks):
                break
            asks = await computation.wanted()
        gaps = (*request.unread, *(_weighed(g, question) for g in gathering.gaps))
        unasked = () if gathering.essential or request.alert else (_UNASKED,)
        diagnosis, subject = await computation.conclude((*gaps, *unasked))
    run = Investigation(
        request=request, source=source, evidence=tuple(gathering.evidence), gaps=gaps, diagnosis=diagnosis
    )
    return run, subject


def _weighed(gap: Gap, question: Question) -> Gap:
    """What the question speaks of by its kind ("is an ingress broken") has to be read before it is called well."""
    kind = str(gap.arguments.get("resource", ""))
    return gap.model_copy(update={"essential": True}) if kind and not gap.absent and question.asks_about(kind) else gap
