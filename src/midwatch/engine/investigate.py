"""The one pipeline: match, gather, and again while the evidence so far leads to more questions; then reason."""

from collections.abc import Sequence

from midwatch.analysis.question import Question
from midwatch.domain.evidence import Ask, Evidence, Gap
from midwatch.domain.finding import Analysis
from midwatch.domain.intent import Intent, Topic
from midwatch.domain.investigation import Budget, Investigation, Request
from midwatch.engine.alerts import ALERT, told
from midwatch.engine.gather import Door, Gathering, Watch
from midwatch.integrations.manifest import Integration
from midwatch.playbooks import playbook, speaks_of
from midwatch.reasoning.alertscope import concerned, tied
from midwatch.reasoning.rules import diagnose
from midwatch.reasoning.scope import Scope, scope

# Without a question that the answer rests on nothing can be called well; an alert speaks for itself.
_UNASKED = Gap(tool="everything", arguments={}, query="", reason="nothing was asked that an answer could rest on", essential=True)


def silent(_ask: Ask, _answer: Evidence | Gap) -> None:
    """Nobody watches."""


async def investigate(
    request: Request, door: Door, integrations: Sequence[Integration], source: str, budget: Budget, watch: Watch = silent
) -> tuple[Investigation, Scope]:
    """The investigation of one request, within the budget: when time runs out, the evidence so far is what counts."""
    intent = request.intent or Intent(topic=request.topic)
    gathering, question = Gathering(door, budget, watch), Question(request.question, intent)
    integrations = [i for i in integrations if intent.topic in i.topics]
    if request.alert:
        gathering.evidence.append(told(request.alert))
    await _gather(gathering, integrations, request, question, budget.rounds)
    analysis = _analyse(integrations, gathering.evidence, question)
    # Other topics were told what is named when the question was understood.
    subject = scope(request.question, analysis.subjects) if intent.topic is Topic.CLUSTER else Scope()
    if request.alert and intent.topic is not Topic.CLUSTER:
        analysis = tied(analysis, ALERT, all_of_it=True)
    elif request.alert:
        analysis = tied(analysis, ALERT)
        subject = Scope(concerned(analysis, ALERT) if not subject.named else subject.named)
    codes = {code: entry for i in integrations for code, entry in i.codes.items()}
    gaps = (*request.unread, *(_weighed(g, question) for g in gathering.gaps))
    unasked = () if gathering.essential or request.alert else (_UNASKED,)
    slow = speaks_of(request.question, "slowness")
    diagnosis = diagnose(analysis, gathering.evidence, (*gaps, *analysis.gaps, *unasked), codes, subject, question, slow=slow)
    run = Investigation(request=request, source=source, evidence=tuple(gathering.evidence), gaps=gaps, diagnosis=diagnosis)
    return run, subject


async def _gather(gathering: Gathering, integrations: Sequence[Integration], request: Request, question: Question, rounds: int) -> None:
    asks: Sequence[Ask] = [a for i in integrations for a in opening(i, request, question)]
    for _ in range(rounds):
        if not await gathering.ask(asks):
            break
        asks = [a for i in integrations for a in i.wanted(gathering.evidence, question)]


def _weighed(gap: Gap, question: Question) -> Gap:
    """What the question speaks of by its kind ("is an ingress broken") has to be read before it is called well."""
    kind = str(gap.arguments.get("resource", ""))
    return gap.model_copy(update={"essential": True}) if kind and not gap.absent and question.asks_about(kind) else gap


def opening(integration: Integration, request: Request, question: Question) -> Sequence[Ask]:
    """Its own first questions; a playbook's only where everything may be wrong."""
    if integration.opening:
        return integration.opening(question)
    return playbook(integration.name).questions(request) if question.intent.topic is Topic.CLUSTER else ()


def _analyse(integrations: Sequence[Integration], evidence: Sequence[Evidence], question: Question) -> Analysis:
    parts = [i.analyse(evidence, question) for i in integrations if i.analyse]
    return Analysis(
        findings=tuple(f for p in parts for f in p.findings),
        links=tuple(x for p in parts for x in p.links),
        subjects=tuple(s for p in parts for s in p.subjects),
        fine=tuple(f for p in parts for f in p.fine),
        gaps=tuple(g for p in parts for g in p.gaps),
        answer=next((p.answer for p in parts if p.answer), None),
        tables=tuple(t for p in parts for t in p.tables),
    )
