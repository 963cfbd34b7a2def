"""Analysis of alert text: the matching playbook, the measured value, and the sources that could confirm it.

An alert is a claim of another system. It never confirms a cause: at best, when the alert itself states the exhausted
resource with value and limit, the cause is likely.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property

from midwatch.analysis.alertlines import AlertLines, parse_canonical_text
from midwatch.analysis.classify import classify
from midwatch.analysis.codes import location
from midwatch.analysis.facts import Facts, facts
from midwatch.analysis.measure import Measure, measure
from midwatch.diagnosis.alerts.contradictions import is_contradicted
from midwatch.diagnosis.alerts.envelope import without_envelope
from midwatch.diagnosis.alerts.match import UNKNOWN, match
from midwatch.diagnosis.alerts.situations import Situation, catalogue, situations
from midwatch.diagnosis.alerts.subject import kubernetes_subject, namespace, subject
from midwatch.domain.alert_source import Envelope
from midwatch.domain.evidence import Citation, Evidence, Gap
from midwatch.domain.finding import OF_STATE, Analysis, CausalRole, Confidence, Finding
from midwatch.domain.observation import AlertText
from midwatch.domain.question import Question

ORDERS = "ALT-901"
_LEAST = 0.8  # of a limit: below it the resource is not exhausted
_QUOTE = 300  # characters of a quotation
# Characters that are safe in a command to copy. Any other one in a name leaves the placeholder.
_SAFE = re.compile(r"[A-Za-z0-9/_][A-Za-z0-9._:/@%+=,-]{0,200}")
_WORKLOADS = ("deployment", "statefulset", "daemonset")
_HANDLED = frozenset({"value", "limit", "about"})
_NOTHING_ASKED = Question()
_NO_ENVELOPE = Envelope()


def analyse(
    evidence: Sequence[Evidence], _question: Question = _NOTHING_ASKED, envelope: Envelope = _NO_ENVELOPE
) -> Analysis:
    """Analysis of the alert's text. `envelope` is that of the alert's source."""
    findings: list[Finding] = []
    gaps: list[Gap] = []
    for item in evidence:
        if isinstance(item.observation, AlertText):
            reading = AlertReading(item, envelope)
            findings += reading.findings()
            gaps += reading.gaps(evidence)
    return Analysis(findings=tuple(findings), gaps=tuple(gaps))


class AlertReading:
    """A parsed alert: its facts, category, playbook and subject."""

    def __init__(self, item: Evidence, envelope: Envelope = _NO_ENVELOPE) -> None:
        self._item = item
        self.lines: AlertLines = without_envelope(parse_canonical_text(item.text), envelope)
        self.facts: Facts = facts(self.lines.fact_text)
        self.kind = classify(self.lines.title, self.lines.safe_text, self.lines.labels)
        self.situation: Situation = match(self.lines, self.kind.category, envelope)
        self.category = self.kind.category if self.situation.code.code == UNKNOWN else self.situation.category
        self.subject, self._named = subject(self.lines.labels, self.facts, self.category)
        wanted = self.situation.measure
        self.measure: Measure | None = measure(self.facts.numbers, wanted.words, wanted.units)
        if is_contradicted(self.lines.title, self.measure, self.situation.code.role):
            self.situation, self.category = situations()[UNKNOWN], self.kind.category

    def findings(self) -> Iterator[Finding]:
        yield self._finding(self.situation.code.code, tuple(self._cites()), self._confidence())
        if self.lines.instructions:
            quote = Citation(evidence=self._item.id, quote=self.lines.instructions[0][:_QUOTE])
            yield self._finding(ORDERS, (quote,), Confidence.HIGH)

    def _finding(self, code: str, cites: tuple[Citation, ...], confidence: Confidence) -> Finding:
        """The finding. Its facts are safe in a command: invented names of a sender are left out."""
        who = location(self.subject) if self.subject.namespace or self.subject.kind == "Node" else self.subject.name
        said = self.measure.text if self.measure else ""
        title = self.lines.title[:_QUOTE] or "alert without title"
        stated = catalogue().finding(
            *(code, self.subject),
            cites=cites,
            confidence=confidence,
            onset=_time(self.lines.starts_at),
            who=who,
            said=said,
            title=title,
        )
        claim = {OF_STATE: "yes"} if self.situation.of_state and code != ORDERS else {}
        return stated.model_copy(update={"facts": self.command_names | {"category": self.category} | claim})

    def gaps(self, evidence: Sequence[Evidence]) -> Iterator[Gap]:
        """Sources that could confirm the alert and were not read, or gave no answer."""
        for source in self.situation.ask:
            if not _answered(source.name, source.shows, evidence):
                shows = re.sub(
                    r"\{(\w+)\}", lambda m: self.command_names.get(m[1], "the affected system"), source.shows
                )
                yield Gap(
                    tool=source.name,
                    arguments={},
                    query=shows,
                    reason=f"not configured or not read; would show: {shows}",
                )
        if isinstance(self._item.observation, AlertText) and self._item.observation.truncated:
            yield Gap(tool="alert", arguments={}, query=self._item.query, reason="alert text truncated")

    @cached_property
    def command_names(self) -> dict[str, str]:
        """Names in the text that are safe in a command."""
        known = {kind: name.value.partition("?")[0] for kind, name in self.facts.first.items()}
        if labelled := kubernetes_subject(self.lines.labels):
            known |= {labelled.kind.lower(): labelled.name, "namespace": namespace(self.lines.labels)}
        for kind in _WORKLOADS:
            if name := self.lines.labels.get(kind):
                known |= {"owner": f"{kind}/{name}", "owner_name": name, "rollout": f"{kind}/{name}"}
        if self._named:
            known["about"] = re.sub(r"^https?://|[:/].*$", "", self._named) or self._named
        if "host" not in known and self.subject.kind in ("Website", "Domain"):
            known["host"] = known["about"]
        return {kind: value for kind, value in known.items() if _SAFE.fullmatch(value)}

    def _confidence(self) -> Confidence:
        """Confidence: MEDIUM when the alert states everything the playbook needs; lower for a value far from its
        limit."""
        if self.situation.code.role is not CausalRole.CAUSE:
            return Confidence.MEDIUM
        short = self.measure is not None and self.measure.value.of is not None and (self.measure.factor or 1.0) < _LEAST
        return (
            Confidence.LOW if short or not all(self._has(need) for need in self.situation.needs) else Confidence.MEDIUM
        )

    def _has(self, need: str) -> bool:
        if need not in _HANDLED:
            return need in self.facts.first
        if need == "about":
            return bool(self._named)
        return self.measure is not None and (
            need == "value" or self.measure.limit is not None or self.measure.value.dimension == "ratio"
        )

    def _cites(self) -> Iterator[Citation]:
        title = self.lines.title.split("\n")[0][:_QUOTE].strip()
        quotes = [title if title in self._item.text else "title: "]
        if self.measure:
            quotes += [n.quote for n in (self.measure.value, self.measure.limit, self.measure.usual) if n]
        quotes.append(self._named)
        yield from (Citation(evidence=self._item.id, quote=q) for q in dict.fromkeys(q for q in quotes if q))


def _answered(source: str, shows: str, evidence: Sequence[Evidence]) -> bool:
    """Whether something was read from the source, and, where a metric is named, that metric."""
    metric = next(iter(re.findall(r"(?<![a-z])[a-z]++(?:_[a-z0-9]+){2,}", shows)), "")
    seen = [e for e in evidence if e.tool.startswith(f"{source.lower()}_")]
    return any(not metric or metric in e.query for e in seen)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
