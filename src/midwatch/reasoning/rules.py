"""The answer without a model: the same evidence gives the same diagnosis, every time."""

from collections.abc import Sequence

from midwatch.analysis.causality import Chain, chains
from midwatch.analysis.codes import fill
from midwatch.domain.diagnosis import Cause, Claim, Diagnosis, Verdict
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.finding import Analysis, Code, Confidence, Finding, Role, Severity
from midwatch.domain.observation import Measurements
from midwatch.domain.subject import Subject
from midwatch.reasoning.citations import Library

_UNMEASURED = "Nothing wrong was seen, but no latency was measured: give the latency of each service over time, by percentile"


def diagnose(
    analysis: Analysis,
    evidence: Sequence[Evidence],
    gaps: Sequence[Gap],
    codes: dict[str, Code],
    named: Sequence[Subject] = (),
    *,
    slow: bool = False,
) -> Diagnosis:
    """The ranked causes of what `named` suffers from (of everything, when nothing is named), with verdict, gaps and what is fine.

    `slow`: the question is about slowness, so that nothing is fine before somebody measured how fast the answers come.
    """
    library = Library(evidence)
    findings, unproved = library.proved(analysis.findings)
    causes = [_cause(chain, codes) for chain in chains(findings, analysis.links)]
    asked = [c for c in causes if not named or _concerns(c, named)]
    elsewhere = [c for c in causes if c not in asked]
    serious = [g for g in gaps if g.essential or not g.absent]
    unmeasured = slow and not any(_timed(e) for e in evidence)
    return Diagnosis(
        verdict=_verdict(asked, serious, unmeasured=unmeasured),
        headline=_headline(asked, elsewhere, serious, named, unmeasured=unmeasured),
        causes=tuple(asked),
        elsewhere=tuple(elsewhere),
        risks=tuple(_risks(findings, named)),
        ruled_out=tuple(Claim(text=f.text, cites=f.cites) for f in analysis.fine if all(library.proves(c) for c in f.cites)),
        gaps=tuple(serious),
        unproved=unproved,
    )


def _cause(chain: Chain, codes: dict[str, Code]) -> Cause:
    code, facts = codes[chain.root.code], chain.root.facts
    return Cause(
        verdict=_certainty(chain.root),
        finding=chain.root,
        meaning=fill(code.meaning, facts),
        explains=chain.explains,
        check=tuple(fill(c, facts) for c in code.check),
        fix=tuple(fill(c, facts) for c in code.fix),
        prevent=fill(code.prevent, facts),
        monitor=fill(code.monitor, facts),
    )


def _certainty(root: Finding) -> Verdict:
    if root.role is Role.SYMPTOM:
        return Verdict.INCONCLUSIVE
    return {Confidence.HIGH: Verdict.CONFIRMED, Confidence.MEDIUM: Verdict.LIKELY, Confidence.LOW: Verdict.INCONCLUSIVE}[root.confidence]


def _timed(item: Evidence) -> bool:
    return isinstance(item.observation, Measurements) and any(s.startswith("latency") for s in item.observation.signals)


def _verdict(causes: Sequence[Cause], gaps: Sequence[Gap], *, unmeasured: bool) -> Verdict:
    if causes:
        return causes[0].verdict
    return Verdict.INCONCLUSIVE if unmeasured or any(g.essential for g in gaps) else Verdict.HEALTHY


def _concerns(cause: Cause, named: Sequence[Subject]) -> bool:
    """A cause concerns a named object when it, or something it explains, is that object, its workload, or goes by its name."""
    touched = {s for f in (cause.finding, *cause.explains) for s in (f.subject.whole, f.owner, *f.also, *f.peers)}
    names = {(s.namespace, s.name) for s in touched}
    inside = {s.name for s in named if s.kind == "Namespace"}
    return any((n.namespace, n.name) in names for n in named) or any(s.namespace in inside for s in touched)


def _risks(findings: Sequence[Finding], named: Sequence[Subject]) -> list[Finding]:
    risks = [f for f in findings if f.role is Role.RISK or f.severity is Severity.INFO]
    asked = {(s.namespace, s.name) for s in named}
    spaces = {s.name for s in named if s.kind == "Namespace"}
    near = [f for f in risks if not named or (f.owner.namespace, f.owner.name) in asked or f.owner.namespace in spaces]
    return sorted(near, key=lambda f: (f.severity is Severity.INFO, f.code, str(f.subject)))


def _headline(
    causes: Sequence[Cause], elsewhere: Sequence[Cause], gaps: Sequence[Gap], named: Sequence[Subject], *, unmeasured: bool
) -> str:
    if causes:
        more = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
        return causes[0].finding.message + more
    if lost := [g for g in gaps if g.essential]:
        return f"Nothing wrong was seen, but {len(lost)} essential question{'s' * (len(lost) > 1)} got no answer: {lost[0].reason}"
    if unmeasured:
        return _UNMEASURED
    about = ", ".join(str(s) for s in named[:3])
    if elsewhere:
        return f"Nothing is wrong with {about}; {len(elsewhere)} problem{'s' * (len(elsewhere) > 1)} elsewhere"
    return f"Nothing is wrong with {about}" if named else "Nothing is wrong: everything that was read is as it should be"
