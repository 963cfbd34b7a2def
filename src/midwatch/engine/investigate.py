"""The investigation pipeline: match, then reason, gathering while the evidence leads to more requests."""

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
    """A progress callback that does nothing."""


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
    """Investigates one request within the budget: when time runs out, the diagnosis uses the evidence so far.

    `reasoning` gets the rules, and returns the reasoner. `unread` are gaps that were known before anything was asked.
    """
    intent, case = intent_of(request, areas), Case.of(request, areas)
    gathering, question = Gathering(door, budget, watch), case.question
    if request.alert:
        gathering.evidence.append(alert_evidence(request.alert))

    def gaps() -> tuple[Gap, ...]:
        return (*request.unread, *unread, *(_as_essential(g, question) for g in gathering.gaps))

    def all_gaps() -> tuple[Gap, ...]:
        unasked = () if request.alert else _coverage_gaps(case.areas, intent.topic, gathering.rested_on)
        return (*gaps(), *unasked)

    open_case = OpenCase(request, case.opening(), gathering.evidence, all_gaps)
    async with analysts(case) as analyst:
        rules = RulesReasoner(Computation(analyst, budget.compute_seconds, gathering.evidence))
        diagnosis, subject = await reasoning(rules).reason(open_case, gathering.rounds(budget.rounds))
    run = CaseFile(request=request, source=source, evidence=tuple(gathering.evidence), gaps=gaps(), diagnosis=diagnosis)
    return run, subject


def _as_essential(gap: Gap, question: Question) -> Gap:
    """The gap, essential if the question mentions its kind ("is an ingress broken"): without it the verdict cannot be
    HEALTHY."""
    kind = str(gap.arguments.get("resource", ""))
    return gap.model_copy(update={"essential": True}) if kind and not gap.absent and question.asks_about(kind) else gap


def _coverage_gaps(areas: Sequence[Area], topic: str, rested_on: frozenset[str]) -> tuple[Gap, ...]:
    """A gap for a question without any essential request: the verdict cannot be HEALTHY. An alert is evidence by
    itself."""
    lacking = [area.title for area in areas if area.owns(topic) and area.name not in rested_on]
    if not lacking and rested_on:
        return ()
    reason = f"{', '.join(lacking)}: {_UNASKED}" if lacking else _UNASKED
    return (Gap(tool="data sources", arguments={}, query="", reason=reason, essential=True),)
