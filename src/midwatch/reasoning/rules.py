"""The answer without a model: the same evidence gives the same diagnosis, every time."""

from collections.abc import Mapping, Sequence

from midwatch.analysis.causality import Chain, chains
from midwatch.analysis.codes import fill
from midwatch.analysis.commands import command, query
from midwatch.domain.diagnosis import Cause, Claim, Diagnosis, Verdict
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.finding import Analysis, CausalRole, Code, Confidence, Finding, Severity
from midwatch.domain.observation import AlertText, LogLines, Measurements, Probe, Resources
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.reasoning.citations import Library
from midwatch.reasoning.scope import Scope

SETTINGS = "settings"  # the resource of what an integration knows beforehand
_SAVED_LOGS = "container_logs"  # the resource that names the logs of a dump
_COMPLAINTS = 6  # that are spelled out
_KINDS = ("pods", "deployments", "statefulsets", "daemonsets", "jobs", "nodes", "services")  # that a summary counts
_COUNTED = 2  # of them, in one headline
_EVERYTHING, _NOTHING_ASKED = Scope(), Question()

_UNMEASURED = (
    "No problems found, but no latency was measured: provide the latency percentiles of each service over time"
)


def diagnose(
    analysis: Analysis,
    evidence: Sequence[Evidence],
    gaps: Sequence[Gap],
    codes: Mapping[str, Code],
    about: Scope = _EVERYTHING,
    question: Question = _NOTHING_ASKED,
    *,
    slow: bool = False,
) -> Diagnosis:
    """The ranked causes for the objects the question names (for everything, when it names none), with verdict, gaps
    and passed checks.

    `slow`: the question is about slowness, so the result is not HEALTHY before latency was measured.
    """
    library, named = Library(evidence), about.named
    findings, unproved = library.proved_findings(analysis.findings)
    causes = [_cause(chain, codes) for chain in chains(findings, analysis.links)]
    asked = [c for c in causes if not named or _concerns(c, named)]
    elsewhere = [c for c in causes if c not in asked]
    complaints = _complaints(findings, codes, about, question, alone=_only_logs(evidence))
    asked = _with_complaints(asked, complaints, question)
    serious = [g for g in (*gaps, *_nothing(evidence)) if g.essential or not g.absent]
    unmeasured = slow and not any(_timed(e) for e in evidence)
    answer = _answer(analysis, library)
    checked = _UNMEASURED if unmeasured else _nothing_found(about, evidence)
    return Diagnosis(
        verdict=_verdict(asked, serious, unmeasured=unmeasured or (bool(about.unknown) and not about.named)),
        headline=answer.text if answer else _headline(asked, elsewhere, serious, about, checked),
        answer=answer,
        causes=tuple(asked),
        elsewhere=tuple(elsewhere),
        risks=tuple(_risks(findings, named, asked)),
        ruled_out=tuple(Claim(text=f.text, cites=f.cites) for f in analysis.fine if library.prove(f.cites)),
        tables=tuple(t for t in analysis.tables if library.prove(t.cites)),
        gaps=tuple(serious),
        unproved=unproved + (analysis.answer is not None and answer is None),
    )


def _nothing(evidence: Sequence[Evidence]) -> tuple[Gap, ...]:
    """Nothing is well where nothing was: no object, no series, no log and no site. Our own settings are nothing that
    was looked at."""
    if any(_counted(e) for e in evidence):
        return ()
    read = len([e for e in evidence if not isinstance(e.observation, AlertText)])
    reason = f"no data: all {read} queries returned nothing" if read > 1 else "no data to check"
    return (Gap(tool="everything", arguments={}, query="", reason=reason, essential=True),)


def _counted(item: Evidence) -> bool:
    seen = item.observation
    if isinstance(seen, Resources):
        return seen.count > 0 and seen.resource != SETTINGS
    return isinstance(seen, LogLines | Probe) or (isinstance(seen, Measurements) and seen.count > 0)


def _only_logs(evidence: Sequence[Evidence]) -> bool:
    """Whether logs are all that was found; that a log was saved is no more than the log."""
    counted = [e.observation for e in evidence if _counted(e)]
    listed = [seen for seen in counted if not isinstance(seen, LogLines)]
    return len(listed) < len(counted) and all(isinstance(s, Resources) and s.resource == _SAVED_LOGS for s in listed)


def _answer(analysis: Analysis, library: Library) -> Claim | None:
    said = analysis.answer
    return Claim(text=said.text, cites=said.cites) if said and library.prove(said.cites) else None


def _complaints(
    findings: Sequence[Finding], codes: Mapping[str, Code], about: Scope, question: Question, *, alone: bool
) -> list[Cause]:
    """What programs say is wrong while they work, in the order of the rules that heard it; mere warnings where there is
    nothing else.

    Every cluster has a program that logs an error now and then: only a question that is about something makes it an
    answer, or that somebody gave the log and nothing else (`alone`).
    """
    heard = [f for f in findings if f.role is CausalRole.COMPLAINT]
    if not (alone or about.named or about.unknown or question.wants_logs or question.wants_speed):
        heard = [f for f in heard if question.speaks_of(f.cites[0].quote)]
    causes = [_cause(Chain(f, ()), codes) for f in heard]
    near = [c for c in causes if not about.named or _concerns(c, about.named)]
    grave = [c for c in near if c.finding.severity is not Severity.INFO]
    return (grave or near)[:_COMPLAINTS]


def _with_complaints(causes: list[Cause], complaints: list[Cause], question: Question) -> list[Cause]:
    """Complaints are the answer where nothing else is, and come first where somebody asked what the logs say."""
    if not causes:
        return complaints
    told = _quoted(causes)
    fresh = [c for c in complaints if c.finding.cites[0].quote not in told]
    return [*fresh, *causes] if question.wants_logs else causes


def _quoted(causes: Sequence[Cause]) -> set[str]:
    return {c.quote for cause in causes for f in (cause.finding, *cause.explains) for c in f.cites}


def _cause(chain: Chain, codes: Mapping[str, Code]) -> Cause:
    code, facts = codes[chain.root.code], chain.root.facts
    return Cause(
        verdict=_certainty(chain.root),
        finding=chain.root,
        meaning=fill(code.meaning, facts),
        explains=chain.explains,
        check=tuple(command(c, facts) for c in code.check),
        fix=tuple(command(c, facts) for c in code.fix),
        prevent=fill(code.prevent, facts),
        monitor=query(code.monitor, facts),
    )


def _certainty(root: Finding) -> Verdict:
    if root.role is CausalRole.SYMPTOM:
        return Verdict.INCONCLUSIVE
    if root.role is CausalRole.INTENDED and root.confidence is Confidence.HIGH:
        return Verdict.EXPECTED
    return {
        Confidence.HIGH: Verdict.CONFIRMED,
        Confidence.MEDIUM: Verdict.LIKELY,
        Confidence.LOW: Verdict.INCONCLUSIVE,
    }[root.confidence]


def _timed(item: Evidence) -> bool:
    seen = item.observation
    if isinstance(seen, Probe):
        return seen.status > 0
    return isinstance(seen, Measurements) and any(s.startswith("latency") for s in seen.signals)


def _verdict(causes: Sequence[Cause], gaps: Sequence[Gap], *, unmeasured: bool) -> Verdict:
    if causes:
        return causes[0].verdict
    return Verdict.INCONCLUSIVE if unmeasured or any(g.essential for g in gaps) else Verdict.HEALTHY


def _concerns(cause: Cause, named: Sequence[Subject]) -> bool:
    """A cause concerns a named object when it, or something it explains, is that object, its workload, or goes by its
    name."""
    touched = {s for f in (cause.finding, *cause.explains) for s in (f.subject.object, f.owner, *f.also, *f.peers)}
    names = {(s.namespace, s.name) for s in touched}
    inside = {s.name for s in named if s.kind == "Namespace"}
    return any((n.namespace, n.name) in names for n in named) or any(s.namespace in inside for s in touched)


def _risks(findings: Sequence[Finding], named: Sequence[Subject], told: Sequence[Cause]) -> list[Finding]:
    said = _quoted(told)
    risks = [f for f in findings if f.role in (CausalRole.RISK, CausalRole.COMPLAINT) or f.severity is Severity.INFO]
    risks = [f for f in risks if f.role is not CausalRole.COMPLAINT or f.cites[0].quote not in said]
    asked = {(s.namespace, s.name) for s in named}
    spaces = {s.name for s in named if s.kind == "Namespace"}
    near = [f for f in risks if not named or (f.owner.namespace, f.owner.name) in asked or f.owner.namespace in spaces]
    heard = [f for f in near if f.role is CausalRole.COMPLAINT][:_COMPLAINTS]
    others = [f for f in near if f.role is not CausalRole.COMPLAINT]
    return sorted([*others, *heard], key=lambda f: (f.severity is Severity.INFO, f.code, str(f.subject)))


def _headline(
    causes: Sequence[Cause], elsewhere: Sequence[Cause], gaps: Sequence[Gap], about: Scope, healthy: str
) -> str:
    """`healthy`: the sentence where nothing was found."""
    missing = "" if about.named else _missing(about)
    if causes:
        return missing + causes[0].finding.message
    if lost := [g for g in gaps if g.essential]:
        where = f" for {_list(about.named)}" if about.named else ""
        count = f"{len(lost)} essential check{'s' * (len(lost) > 1)}"
        return f"{missing}No problems found{where}, but {count} failed: {lost[0].reason}"
    if elsewhere and healthy != _UNMEASURED:
        return f"{healthy}; {len(elsewhere)} other problem{'s' * (len(elsewhere) > 1)} found"
    return healthy if healthy == _UNMEASURED else missing + healthy


def _nothing_found(about: Scope, evidence: Sequence[Evidence]) -> str:
    """`No problems found (6 pods, 2 deployments checked)`."""
    where = f" for {_list(about.named)}" if about.named else ""
    counts = _object_counts(evidence)
    checked = ", ".join(f"{n} {kind if n != 1 else kind[:-1]}" for kind, n in counts[:_COUNTED])
    return f"No problems found{where}{f' ({checked} checked)' if checked and not where else ''}"


def _object_counts(evidence: Sequence[Evidence]) -> list[tuple[str, int]]:
    """Objects by kind, the kinds that people ask about. Of several lists of one namespace the longest counts: the
    others are parts of it, or the same again."""
    longest: dict[tuple[str, str], int] = {}
    for item in evidence:
        seen = item.observation
        if isinstance(seen, Resources) and seen.resource in _KINDS:
            key = (seen.resource, seen.scope)
            longest[key] = max(longest.get(key, 0), seen.count)
    sites = len({e.observation.url for e in evidence if isinstance(e.observation, Probe)})
    found = {kind: _total(kind, longest) for kind in _KINDS} | {"URLs": sites}
    return [(kind, n) for kind, n in found.items() if n]


def _total(kind: str, longest: Mapping[tuple[str, str], int]) -> int:
    """All namespaces in one list, or the sum of theirs."""
    scopes = {scope: n for (resource, scope), n in longest.items() if resource == kind}
    return max(scopes.get("", 0), sum(n for scope, n in scopes.items() if scope))


def _missing(about: Scope) -> str:
    """A name that nothing has changes what the answer is about."""
    names = " or ".join(name for name, _ in about.unknown[:3])
    return f"{names} not found in the checked objects. " if names else ""


def _list(named: Sequence[Subject]) -> str:
    return ", ".join(str(s) for s in named[:3])
