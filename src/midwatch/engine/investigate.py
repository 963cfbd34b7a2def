"""The one pipeline: match, gather, and again while the evidence so far leads to more questions; then reason."""

from collections.abc import Sequence

from midwatch.analysis.question import Question
from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.domain.investigation import Budget, Investigation, Request
from midwatch.engine.alerts import told
from midwatch.engine.analyst import Analysts, Case, here, intent_of
from midwatch.engine.computation import Computation
from midwatch.engine.gather import Door, Gathering, Watch
from midwatch.integrations.manifest import Integration
from midwatch.playbooks import playbook
from midwatch.reasoning.scope import Scope

_UNASKED = "nothing was asked that an answer could rest on"


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
    intent = intent_of(request, integrations)
    gathering, question = Gathering(door, budget, watch), Question(request.question, intent)
    integrations = [i for i in integrations if i.takes_part(intent.topic)]
    if request.alert:
        gathering.evidence.append(told(request.alert))
    asks: Sequence[Ask] = [a for i in integrations for a in opening(i, request, question)]
    async with analysts(Case.of(request, integrations)) as analyst:
        computation = Computation(analyst, budget.compute_seconds, gathering.evidence)
        for _ in range(budget.rounds):
            if not await gathering.ask(asks):
                break
            asks = await computation.wanted()
        gaps = (*request.unread, *(_weighed(g, question) for g in gathering.gaps))
        unasked = () if request.alert else _unasked(integrations, intent.topic, gathering.rested_on)
        diagnosis, subject = await computation.conclude((*gaps, *unasked))
    run = Investigation(
        request=request, source=source, evidence=tuple(gathering.evidence), gaps=gaps, diagnosis=diagnosis
    )
    return run, subject


def _weighed(gap: Gap, question: Question) -> Gap:
    """What the question speaks of by its kind ("is an ingress broken") has to be read before it is called well."""
    kind = str(gap.arguments.get("resource", ""))
    return gap.model_copy(update={"essential": True}) if kind and not gap.absent and question.asks_about(kind) else gap


def _unasked(integrations: Sequence[Integration], topic: str, rested_on: frozenset[str]) -> tuple[Gap, ...]:
    """Nothing is called well by who asked nothing that it rests on; an alert, in contrast, speaks for itself."""
    lacking = [i.title for i in integrations if i.answers(topic) and i.name not in rested_on]
    if not lacking and rested_on:
        return ()
    reason = f"{', '.join(lacking)}: {_UNASKED}" if lacking else _UNASKED
    return (Gap(tool="everything", arguments={}, query="", reason=reason, essential=True),)


def opening(integration: Integration, request: Request, question: Question) -> Sequence[Ask]:
    """Its own first questions; a playbook's only where everything may be wrong."""
    if integration.opening:
        asks = integration.opening(question)
    else:
        whole = question.intent.topic in integration.open_topics
        asks = playbook(integration.name).questions(request) if whole else ()
    return [ask.by(integration.name) for ask in asks]
