"""The one pipeline: match, then reason, gathering while the evidence so far leads to more questions."""

from collections.abc import Sequence

from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.investigation import Budget, CaseFile, Request
from midwatch.domain.question import Question
from midwatch.engine.alerts import alert_evidence
from midwatch.engine.analyst import Analysts, Case, intent_of, local_analyst
from midwatch.engine.computation import Computation
from midwatch.engine.gather import Gathering, ToolCaller, Watch
from midwatch.engine.reasoner import OpenCase, Reasoning, RulesReasoner, rules_alone
from midwatch.reasoning.scope import Scope

_UNASKED = "no data source was queried for this question"


def no_progress(_ask: ToolRequest, _answer: Evidence | Gap) -> None:
    """Nobody watches."""


async def investigate(
    request: Request,
    door: ToolCaller,
    areas: Sequence[Area],
    source: str,
    budget: Budget,
    watch: Watch = no_progress,
    analysts: Analysts = local_analyst,
    reasoning: Reasoning = rules_alone,
    unread: Sequence[Gap] = (),
) -> tuple[CaseFile, Scope]:
    """The investigation of one request, within the budget: when time runs out, the evidence so far is what counts.

    `reasoning` gets the rules, and gives who reasons. `unread` are gaps that were known before anything was asked.
    """
    intent, case = intent_of(request, areas), Case.of(request, areas)
    gathering, question = Gathering(door, budget, watch), case.question
    if request.alert:
        gathering.evidence.append(alert_evidence(request.alert))

    def gaps() -> tuple[Gap, ...]:
        return (*request.unread, *unread, *(_weighed(g, question) for g in gathering.gaps))

    def all_gaps() -> tuple[Gap, ...]:
        unasked = () if request.alert else _unasked(case.areas, intent.topic, gathering.rested_on)
        return (*gaps(), *unasked)

    open_case = OpenCase(request, case.opening(), gathering.evidence, all_gaps)
    async with analysts(case) as analyst:
        rules = RulesReasoner(Computation(analyst, budget.compute_seconds, gathering.evidence))
        diagnosis, subject = await reasoning(rules).reason(open_case, gathering.rounds(budget.rounds))
    run = CaseFile(request=request, source=source, evidence=tuple(gathering.evidence), gaps=gaps(), diagnosis=diagnosis)
    return run, subject


def _weighed(gap: Gap, question: Question) -> Gap:
    """What the question speaks of by its kind ("is an ingress broken") has to be read before it is called well."""
    kind = str(gap.arguments.get("resource", ""))
    return gap.model_copy(update={"essential": True}) if kind and not gap.absent and question.asks_about(kind) else gap


def _unasked(areas: Sequence[Area], topic: str, rested_on: frozenset[str]) -> tuple[Gap, ...]:
    """Nothing is called well by who asked nothing that it rests on; an alert, in contrast, speaks for itself."""
    lacking = [area.title for area in areas if area.owns(topic) and area.name not in rested_on]
    if not lacking and rested_on:
        return ()
    reason = f"{', '.join(lacking)}: {_UNASKED}" if lacking else _UNASKED
    return (Gap(tool="data sources", arguments={}, query="", reason=reason, essential=True),)
