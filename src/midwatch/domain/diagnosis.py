from enum import StrEnum

from pydantic import Field

from midwatch.domain.base import Model
from midwatch.domain.evidence import Citation, Gap
from midwatch.domain.finding import Finding, Severity, Table


class Verdict(StrEnum):
    """Certainty of the answer, decided by rules from the evidence.

    CONFIRMED: a cause whose specific evidence is cited and proved, or a fact that was asked for. LIKELY: a cause
    inferred from state, or one of several. INCONCLUSIVE: something is wrong, or could not be looked at, and the
    evidence does not decide. EXPECTED: unusual and meant. HEALTHY: everything that matters was read and nothing is
    wrong.
    """

    CONFIRMED = "CONFIRMED"
    LIKELY = "LIKELY"
    INCONCLUSIVE = "INCONCLUSIVE"
    EXPECTED = "EXPECTED"
    HEALTHY = "HEALTHY"


class Claim(Model, frozen=True):
    """A sentence and the evidence that proves it."""

    text: str
    cites: tuple[Citation, ...]

    @property
    def marks(self) -> str:
        return " ".join(f"[{e}]" for e in dict.fromkeys(c.evidence for c in self.cites))


class Cause(Model, frozen=True):
    """A finding ranked as a root, with the findings it explains and the evidence against it."""

    verdict: Verdict
    finding: Finding
    meaning: str
    explains: tuple[Finding, ...] = ()
    against: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    prevent: str = ""
    monitor: str = ""

    @property
    def claim(self) -> Claim:
        return Claim(text=self.finding.message, cites=self.finding.cites)


def _none(causes: tuple[Cause, ...]) -> bool:
    return not causes


class Diagnosis(Model, frozen=True):
    """The result of an analysis. `elsewhere` are causes outside the scope of the question; `ruled_out` are checked
    objects without findings.

    `later` are causes that began after the period that was asked about. `answer` is there when something else was asked
    than what is wrong; then it is the headline. `tables` are figures. `not_found` are names of the question that no
    checked object has, where it names no other: `causes` are of everything that was checked then.
    """

    verdict: Verdict
    headline: str
    answer: Claim | None = None
    causes: tuple[Cause, ...] = ()
    elsewhere: tuple[Cause, ...] = ()
    later: tuple[Cause, ...] = Field(default=(), exclude_if=_none)
    risks: tuple[Finding, ...] = ()
    ruled_out: tuple[Claim, ...] = ()
    tables: tuple[Table, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unproved: int = 0
    not_found: tuple[str, ...] = ()
    author: str = "rules"

    @property
    def missing(self) -> str:
        """Names of the question that no object has, as a clause; "" when all were found."""
        return f"{' or '.join(self.not_found)} not found in the checked objects" if self.not_found else ""

    @property
    def severity(self) -> Severity | None:
        """Severity of the worst cause. None where no cause was found, or none within the scope of the question."""
        if self.not_found:
            return None
        found = {cause.finding.severity for cause in self.causes}
        return next((severity for severity in Severity if severity in found), None)
