"""The one pipeline: match, then reason, gathering while the evidence so far leads to more questions."""

from collections.abc import Sequence

from midwatch.analysis.question import Question
from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.domain.intent import Intent, Topic
from midwatch.domain.investigation import Budget, Investigation, Request
from midwatch.engine.alerts import told
from midwatch.engine.analyst import Analysts, Case, here
from midwatch.engine.computation import Computation
from midwatch.engine.gather import Door, Gathering, Watch
from midwatch.engine.reasoner import OpenCase, Reasoning, RulesReasoner, rules_alone
from midwatch.integrations.manifest import Integration
from midwatch.playbooks import playbook
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
    reasoning: Reasoning = rules_alone,
) -> tuple[Investigation, Scope]:
    """The investigation of one request, within the budget: when time runs out, the evidence so far is what counts.

    `reasoning` gets the rules, and gives who reasons.
    """
    intent = request.intent or Intent(topic=request.topic)
    gathering, question = Gathering(door, budget, watch), Question(request.question, intent)
    integrations = [i for i in integrations if intent.topic in i.topics]
    if request.alert:
        gathering.evidence.append(told(request.alert))

    def gaps() -> tuple[Gap, ...]:
        return (*request.unread, *(_weighed(g, question) for g in gathering.gaps))

    def all_gaps() -> tuple[Gap, ...]:
        return (*gaps(), *(() if gathering.essential or request.alert else (_UNASKED,)))

    first = [a for i in integrations for a in opening(i, request, question)]
    case = OpenCase(request, first, gathering.evidence, all_gaps)
    async with analysts(Case.of(request, integrations)) as analyst:
        rules = RulesReasoner(Computation(analyst, budget.compute_seconds, gathering.evidence))
        diagnosis, subject = await reasoning(rules).reason(case, gathering.rounds(budget.rounds))
    run = Investigation(
        request=request, source=source, evidence=tuple(gathering.evidence), gaps=gaps(), diagnosis=diagnosis
    )
    return run, subject


def _weighed(gap: Gap, question: Question) -> Gap:
    """What the question speaks of by its kind ("is an ingress broken") has to be read before it is called well."""
    kind = str(gap.arguments.get("resource", ""))
    return gap.model_copy(update={"essential": True}) if kind and not gap.absent and question.asks_about(kind) else gap


def opening(integration: Integration, request: Request, question: Question) -> Sequence[Ask]:
    """Its own first questions; a playbook's only where everything may be wrong."""
    if integration.opening:
        return integration.opening(question)
    return playbook(integration.name).questions(request) if question.intent.topic is Topic.CLUSTER else ()
