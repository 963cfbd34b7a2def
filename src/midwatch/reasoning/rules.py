"""The answer without a model: the same evidence gives the same diagnosis, every time."""

import re
from collections.abc import Mapping, Sequence

from midwatch.analysis.causality import Chain, chains
from midwatch.analysis.codes import fill, location
from midwatch.analysis.commands import command, query
from midwatch.domain.diagnosis import Cause, Claim, Diagnosis, Verdict
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.finding import Analysis, CausalRole, Code, Confidence, Finding, Severity
from midwatch.domain.observation import AlertText, LogLines, Measurements, Probe, Resources
from midwatch.domain.question import Question
from midwatch.domain.subject import Subject
from midwatch.reasoning.alert_claims import refutation
from midwatch.reasoning.citations import Library
from midwatch.reasoning.onsets import date_onsets
from midwatch.reasoning.periods import past_period, split_later, unread_history
from midwatch.reasoning.relevance import asked_about, concerns, risks_asked_about
from midwatch.reasoning.scope import Scope
from midwatch.reasoning.symptoms import (
    asked_alone,
    is_paste,
    is_sentence_on_paste,
    symptoms,
    without_written_words,
)

SETTINGS = "settings"  # the resource of what an integration knows beforehand
_SAVED_LOGS = "container_logs"  # the resource that names the logs of a dump
_COMPLAINTS = 6  # that are spelled out
_SERIOUS = 50  # directness of a failed request, or of a dependency that cannot be reached
_KINDS = ("pods", "deployments", "statefulsets", "daemonsets", "jobs", "nodes", "services")  # that a summary counts
_COUNTED = 2  # of them, in one headline
_NAMED = 3  # of the names that nothing has
_EVERYTHING, _NOTHING_ASKED = Scope(), Question()

_NO_LATENCY = (
    "No problems found, but no latency was measured: provide the latency percentiles of each service over time"
)
_NO_CONNECTION = (
    "No problems found, but no connection was tested: provide the client's error, or check from a client's pod"
)


def diagnose(
    analysis: Analysis,
    evidence: Sequence[Evidence],
    gaps: Sequence[Gap],
    codes: Mapping[str, Code],
    about: Scope = _EVERYTHING,
    question: Question = _NOTHING_ASKED,
) -> Diagnosis:
    """The ranked causes for the objects the question names (for everything, when it names none), with verdict, gaps
    and passed checks."""
    library = Library(evidence)
    findings, unproved = library.proved_findings(analysis.findings)
    causes = [_cause(chain, codes) for chain in chains(findings, analysis.links)]
    answer = _answer(analysis, library)
    fact = analysis.fact and answer is not None
    about = without_written_words(about, question, evidence)
    asked, about = asked_about(causes, codes, about, question, analysis.links, paste=is_paste(evidence))
    asked = asked or [_cause(Chain(f, ()), codes) for f in risks_asked_about(findings, codes, about, question)]
    chosen = {id(c) for c in asked}  # to compare thousands of causes with each other takes minutes
    elsewhere = [c for c in causes if fact or id(c) not in chosen]
    asked = [] if fact else _with_complaints(asked, _complaints(findings, codes, about, question, evidence), question)
    if refuted := refutation(asked, analysis):
        answer, asked = refuted, []
    period = past_period(analysis, evidence)
    asked, later = split_later(asked, period)
    history = [unread_history(period, evidence)] if period and not asked and not analysis.period_covered else []
    serious = [g for g in (*history, *gaps, *_nothing(evidence)) if g.essential or not g.absent]
    unmeasured = _unmeasured(question, evidence)
    # What is in a paste is about the question, though a name of it may not be there.
    missing = bool(about.unknown) and not about.named and not (asked and is_sentence_on_paste(question, evidence))
    checked = unmeasured or _nothing_found(about, evidence, () if missing else asked_alone(symptoms(question)))
    diagnosis = Diagnosis(
        verdict=_verdict(asked, serious, fact=fact, unanswered=bool(unmeasured) or missing, in_vain=missing),
        headline=answer.text if answer else _headline(asked, elsewhere, serious, about, checked, in_vain=missing),
        answer=answer,
        causes=tuple(asked),
        elsewhere=tuple(elsewhere),
        later=tuple(later),
        risks=tuple(_risks(findings, about.named, asked)),
        ruled_out=tuple(Claim(text=f.text, cites=f.cites) for f in analysis.fine if library.prove(f.cites)),
        tables=tuple(t for t in analysis.tables if library.prove(t.cites)),
        gaps=tuple(serious),
        unproved=unproved + (analysis.answer is not None and answer is None),
        not_found=tuple(name for name, _ in about.unknown[:_NAMED]) if missing else (),
    )
    return date_onsets(diagnosis, evidence)


def _nothing(evidence: Sequence[Evidence]) -> tuple[Gap, ...]:
    """Nothing is well where nothing was: no object, no series, no log and no site. Our own settings are nothing that
    was looked at."""
    if any(_counted(e) for e in evidence):
        return ()
    read = len([e for e in evidence if not isinstance(e.observation, AlertText)])
    reason = f"no data: all {read} queries returned nothing" if read > 1 else "no data source was read"
    return (Gap(tool="data sources", arguments={}, query="", reason=reason, essential=True),)


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
    findings: Sequence[Finding],
    codes: Mapping[str, Code],
    about: Scope,
    question: Question,
    evidence: Sequence[Evidence],
) -> list[Cause]:
    """What programs say is wrong while they work, in the order of the rules that heard it; mere warnings where there is
    nothing else.

    Every cluster has a program that logs an error now and then: only a question that is about something makes it an
    answer, or that nothing but logs was read.
    """
    heard = [f for f in findings if f.role is CausalRole.COMPLAINT]
    if about.unknown and not about.named:
        heard = [f for f in heard if any(name in f.cites[0].quote.lower() for name, _ in about.unknown)]
    elif not (about.named or question.wants_logs or question.wants_speed or _only_logs(evidence)):
        heard = [f for f in heard if _serious(f) or question.speaks_of(f.cites[0].quote)]
    causes = [_cause(Chain(f, ()), codes) for f in heard]
    near = [c for c in causes if not about.named or concerns(c, about.named)]
    grave = [c for c in near if c.finding.severity is not Severity.INFO]
    return (grave or near)[:_COMPLAINTS]


def _serious(finding: Finding) -> bool:
    """Requests that fail, or a dependency that cannot be reached: no log of a healthy program ends so."""
    return finding.directness >= _SERIOUS and finding.confidence is not Confidence.LOW


def _with_complaints(causes: list[Cause], complaints: list[Cause], question: Question) -> list[Cause]:
    """Complaints are the answer where nothing else is, and come first where somebody asked what the logs say. What an
    alert claims is explained by what the log of its object says."""
    if not causes:
        return complaints
    if complaints and all("category" in c.finding.facts for c in causes):  # nothing but the alert
        grave = [c for c in complaints if c.finding.confidence is not Confidence.LOW] or complaints
        effects = tuple(c.finding for c in causes)
        worst = min((*effects, grave[0].finding), key=lambda f: list(Severity).index(f.severity)).severity
        first = grave[0].finding.model_copy(update={"severity": worst})
        explaining = grave[0].model_copy(update={"explains": effects, "finding": first})
        return [explaining, *(c for c in complaints if c is not grave[0])]
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
        check=tuple(filter(None, (command(c, facts) for c in code.check))),
        fix=tuple(filter(None, (command(c, facts) for c in code.fix))),
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


def _unmeasured(question: Question, evidence: Sequence[Evidence]) -> str:
    """Why "everything runs" is no answer to the question; "" where it is one."""
    if question.is_about_slowness and not any(_timed(e) for e in evidence):
        return _NO_LATENCY
    tested = any(isinstance(e.observation, Probe) for e in evidence)
    return _NO_CONNECTION if question.is_about_reachability and not tested else ""


def _timed(item: Evidence) -> bool:
    seen = item.observation
    if isinstance(seen, Probe):
        return seen.status > 0
    return isinstance(seen, Measurements) and any(s.startswith("latency") for s in seen.signals)


def _verdict(causes: Sequence[Cause], gaps: Sequence[Gap], *, fact: bool, unanswered: bool, in_vain: bool) -> Verdict:
    """`fact`: a fact was asked for, and is proved. `in_vain`: what was asked about is not there."""
    if fact:
        return Verdict.CONFIRMED
    if causes and not in_vain:
        return causes[0].verdict
    return Verdict.INCONCLUSIVE if causes or unanswered or any(g.essential for g in gaps) else Verdict.HEALTHY


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


# How the reader of a dump says that it does not hold a kind of object, and that it could not read a part.
_NOT_HELD, _NOT_READ = "the dump holds no ", re.compile(r" of the dump not read|^\w+ were not read: ")


def _headline(
    causes: Sequence[Cause],
    elsewhere: Sequence[Cause],
    gaps: Sequence[Gap],
    about: Scope,
    healthy: str,
    *,
    in_vain: bool,
) -> str:
    """`healthy`: the sentence where nothing was found. `in_vain`: the causes are not those of what was asked about."""
    missing = "" if about.named else _missing(about)
    if causes:
        return missing.rstrip(". ") if in_vain else missing + _matched(about) + causes[0].finding.message
    if lost := [g for g in gaps if g.essential]:
        where = f" for {_list(about.named)}" if about.named else ""
        found = "Nothing was checked under that name" if missing else f"No problems found{where}"
        return f"{missing}{_matched(about)}{found}, {_lost(lost)}"
    if elsewhere and healthy not in (_NO_LATENCY, _NO_CONNECTION):
        others = f"{len(elsewhere)} other problem{'s' * (len(elsewhere) > 1)} found"
        return f"{missing}{others}" if missing else f"{_matched(about)}{healthy}; {others}"
    return missing + _matched(about) + healthy


def _lost(gaps: Sequence[Gap]) -> str:
    """What the sentence rests on: that a check failed, or only that the input does not hold what it looks at."""
    absent = [g.reason.removeprefix(_NOT_HELD) for g in gaps if g.reason.startswith(_NOT_HELD)]
    parts = [g.reason for g in gaps if _NOT_READ.search(g.reason)]
    failed = [g for g in gaps if not g.reason.startswith(_NOT_HELD) and not _NOT_READ.search(g.reason)]
    said = [f"{len(failed)} essential check{'s' * (len(failed) > 1)} failed: {failed[0].reason}"] if failed else []
    said += parts + ([f"not in the input: {', '.join(absent)}"] if absent else [])
    return f"but {'; '.join(said)}"


def _nothing_found(about: Scope, evidence: Sequence[Evidence], titles: Sequence[str]) -> str:
    """`No problems found (6 pods, 2 deployments checked)`, `No problems found with nodes`."""
    where = f" for {_list(about.named)}" if about.named else f" with {' and '.join(titles)}" if titles else ""
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
    names = " or ".join(name for name, _ in about.unknown[:_NAMED])
    return f"{names} not found in the checked objects. " if names else ""


def _matched(about: Scope) -> str:
    """What a word was taken for that is no object's name: `payment matches shop/deployment/payment-service. `"""
    return "".join(f"{m.word} matches {_places(m.subjects)}{_by(m.how)}. " for m in about.matches[:2])


def _places(subjects: Sequence[Subject]) -> str:
    shown = ", ".join(location(s) for s in subjects[:2])
    return f"{shown} and {len(subjects) - 2} more" if len(subjects) > 2 else shown


def _by(label: str) -> str:
    return "" if label == "name" else f" (label {label})"


def _list(named: Sequence[Subject]) -> str:
    return ", ".join(str(s) for s in named[:3])
