"""Which of the causes a question is about: those of the objects that it names, of what those stand on, and of the
symptoms that it speaks of."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence

from midwatch.domain.diagnosis import Cause
from midwatch.domain.finding import CausalRole, Code, Finding, Link
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.reasoning.scope import Scope
from midwatch.reasoning.symptoms import answers, asked_alone, causes_mentioning, symptom_first, symptoms

_FAR = 4  # links between a named object and the cause of its trouble; Ingress, Service, workload, volume
_MOST_REACHED = 20_000  # subjects


def asked_about(
    causes: Sequence[Cause],
    codes: Mapping[str, Code],
    about: Scope,
    question: Question,
    links: Iterable[Link],
    *,
    paste: bool = False,
) -> tuple[list[Cause], Scope]:
    """The causes, those of a symptom that the question speaks of first, and the scope without words that only messages
    have. With a name that nothing has they are all that is wrong, and no answer to the question. Of a `paste` all is
    about the question, whatever words it uses."""
    spoken_of = symptoms(question)
    speaking, about = causes_mentioning(causes, about)
    if about.named:
        told = {id(c) for c in speaking}
        near = [c for c in causes if concerns(c, about.named) or id(c) in told]
        near = near or _upstream(causes, about.named, links)
    else:
        near = speaking or list(causes)
        if asked_alone(spoken_of) and not about.unknown and not speaking:
            near = [c for c in near if any(answers(f, codes, spoken_of) for f in (c.finding, *c.explains))]
    if paste and not near and causes:
        near, about = list(causes), Scope(unknown=about.unknown)
    return symptom_first(near, codes, spoken_of), about


def concerns(cause: Cause, named: Sequence[Subject]) -> bool:
    """A cause concerns a named object when it, or something it explains, is that object, its workload, or goes by its
    name."""
    touched = {s for f in (cause.finding, *cause.explains) for s in (f.subject.object, f.owner, *f.also, *f.peers)}
    names = {(s.namespace, s.name) for s in touched}
    inside = {s.name for s in named if s.kind == "Namespace"}
    return any((n.namespace, n.name) in names for n in named) or any(s.namespace in inside for s in touched)


def risks_asked_about(
    findings: Sequence[Finding], codes: Mapping[str, Code], about: Scope, question: Question
) -> list[Finding]:
    """Risks that are what the question asks about: a PodDisruptionBudget that allows nothing, for a failed drain. A
    node may be named, of which the risk's object says nothing."""
    spoken_of = symptoms(question)
    risks = [f for f in findings if f.role is CausalRole.RISK and answers(f, codes, spoken_of)]
    if about.unknown and not about.named:
        return []
    places = {s.namespace for s in about.named}
    named = {(s.namespace, s.name) for s in about.named}
    everywhere = not about.named or any(s.kind == "Node" for s in about.named)
    near = [f for f in risks if (f.owner.namespace, f.owner.name) in named or f.subject.name in {n for _, n in named}]
    return risks if everywhere else near or [f for f in risks if f.owner.namespace in places]


def _upstream(causes: Sequence[Cause], named: Sequence[Subject], links: Iterable[Link]) -> list[Cause]:
    """Causes whose trouble can reach a named object: of the Service behind an Ingress, of the claim of a workload."""
    before: dict[Subject, list[Subject]] = defaultdict(list)
    for link in links:
        before[link.target].append(link.source)
    far = dict.fromkeys((s.object for s in named), 0)
    waiting = deque(far)
    while waiting and len(far) < _MOST_REACHED:
        here = waiting.popleft()
        for source in before.get(here, ()) if far[here] < _FAR else ():
            if source not in far:
                far[source] = far[here] + 1
                waiting.append(source)
    reached = [c for c in causes if c.finding.subject.object in far or c.finding.owner in far]
    return sorted(reached, key=lambda c: min(far.get(c.finding.subject.object, 9), far.get(c.finding.owner, 9)))
