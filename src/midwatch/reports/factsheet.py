"""The alert section of the report: severity, category, confidence and the facts in the alert text."""

from collections.abc import Iterator

from midwatch.analysis.alertlines import parse_canonical_text
from midwatch.analysis.facts import facts
from midwatch.analysis.quantities import Number
from midwatch.domain.diagnosis import Verdict
from midwatch.domain.investigation import CaseFile
from midwatch.domain.observation import AlertText
from midwatch.domain.report import Grid, ReportSection, Text

_SHOWN = 14  # facts; an alert that holds more is read in full
_SURE = {
    Verdict.CONFIRMED: "high (confirmed by other evidence)",
    Verdict.LIKELY: "medium (stated by the alert, not confirmed by other evidence)",
    Verdict.INCONCLUSIVE: "low (the alert names a symptom, not the cause)",
    Verdict.EXPECTED: "high",
    Verdict.HEALTHY: "high",
}
_ROLES = {"limit": "limit", "baseline": "baseline", "window": "period"}


def factsheet(run: CaseFile) -> Iterator[ReportSection]:
    alert = next((e for e in run.evidence if isinstance(e.observation, AlertText)), None)
    if alert is None:
        return
    lines = parse_canonical_text(alert.text)
    found = facts(lines.fact_text)
    rows = list(
        dict.fromkeys(
            [
                *((n.kind, n.value) for n in found.names),
                *(_row(n) for n in found.numbers if n.name or n.dimension or n.of),
            ]
        )
    )
    kinds = {c.finding.facts["category"] for c in run.diagnosis.causes if "category" in c.finding.facts}
    about = f" Category: {', '.join(sorted(kinds))}." if kinds else ""
    state = "Status: resolved. " if lines.status == "resolved" else ""
    said = f"{state}Severity: {lines.severity}.{about} Confidence: {_SURE[run.diagnosis.verdict]}."
    facts_shown = (Grid(columns=("fact", "value in alert"), rows=tuple(rows[:_SHOWN])),) if rows else ()
    more = (Text(text=f"and {len(rows) - _SHOWN} more"),) if len(rows) > _SHOWN else ()
    yield ReportSection(title="Alert", blocks=(Text(text=said, marks=f"[{alert.id}]"), *facts_shown, *more))


def _row(number: Number) -> tuple[str, str]:
    name = _ROLES.get(number.role, "number") if not number.name else number.name.replace("_", " ")
    return name, number.quote if number.of else number.text
