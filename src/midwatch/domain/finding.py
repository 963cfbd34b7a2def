from datetime import datetime
from enum import StrEnum

from pydantic import Field

from midwatch.domain.base import Model
from midwatch.domain.evidence import Citation, Gap
from midwatch.domain.subject import Subject
from midwatch.domain.window import Window


def _absent(value: object) -> bool:
    return value is None


OF_STATE = "of_state"  # the fact of a finding that claims how an object is at the moment: a look at it decides


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class CausalRole(StrEnum):
    """The role of a code in a causal chain."""

    CAUSE = "cause"  # can be the root by itself: a missing ConfigMap, a wrong selector
    SYMPTOM = "symptom"  # the consequence of another fault unless nothing explains it: a crash loop, no ready endpoints
    RISK = "risk"  # true, worth telling, and not why anything is broken now
    INTENDED = "intended"  # explains the observation, and is intended: nothing to fix
    COMPLAINT = (
        "complaint"  # an error reported by a healthy program: the answer only without other causes, or on request
    )


class Confidence(StrEnum):
    """HIGH only when the specific evidence (message text, log line, exact field) is cited; MEDIUM when inferred from
    state."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Code(Model, frozen=True):
    """One numbered finding, as data. Texts are templates over the finding's facts.

    `directness` (0–100) orders causes on one object: how near the statement is to what a person would change.
    `check` are read-only commands, `fix` commands for a person to copy, `prevent` what keeps it from coming back.
    `symptoms` (names of reasoning/symptoms.yaml): a question about one of them ranks these findings first.
    """

    code: str
    title: str
    severity: Severity
    role: CausalRole
    directness: int
    message: str
    meaning: str
    check: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    prevent: str = ""
    monitor: str = ""
    symptoms: tuple[str, ...] = ()


class Finding(Model, frozen=True):
    """One coded statement of a rule about one subject.

    `owner` is the workload a person would name (the Deployment of a Pod); `peers` are the upstream objects that the
    evidence itself blames (the Service a log could not reach), nearest first. `before_snapshot_s`: seconds from the
    onset until the state was saved that shows it; `onset` is None then if the saved state names no date.
    """

    code: str
    subject: Subject
    owner: Subject
    title: str
    message: str
    severity: Severity
    role: CausalRole
    directness: int
    confidence: Confidence = Confidence.HIGH
    facts: dict[str, str] = {}
    onset: datetime | None = None
    before_snapshot_s: int | None = Field(default=None, exclude_if=_absent)
    cites: tuple[Citation, ...]
    peers: tuple[Subject, ...] = ()
    also: tuple[Subject, ...] = ()


class Link(Model, frozen=True):
    """A path by which a fault spreads from `source` to `target`; `how` is the relation in words ("mounts", "selects").

    `total`: while the source is down, nothing at the target can work; what fails there then is a consequence.
    """

    source: Subject
    target: Subject
    how: str
    total: bool = False


class HealthyCheck(Model, frozen=True):
    """A check without findings: a person need not repeat it."""

    text: str
    cites: tuple[Citation, ...]


class ObjectState(Model, frozen=True):
    """A healthy object: `text` is its state (`2/2 replicas ready`), `since` when it reached that state, if known."""

    subject: Subject
    text: str
    since: datetime | None = None
    cites: tuple[Citation, ...]


class Table(Model, frozen=True):
    """Figures that answer a question, and the evidence they were read from."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    cites: tuple[Citation, ...]
    note: str = ""


class Analysis(Model, frozen=True):
    """One area's conclusions from the evidence: findings, and the links along which faults spread.

    `subjects` are all that can be named in a question; `fine` is what was checked and ruled out; `gaps` is what it
    needed and no source could be read for. `answer` is the sentence that answers a question which asks for
    something else than what is wrong, and `tables` are the figures behind it. `fact`: the
    answer rests on nothing but what it cites, whatever else could not be read. `labels` are values of labels by which
    people call objects: value, label, object. `states` are the named objects that are in order. `period` is the
    time that the question is about, `period_covered` whether some evidence covers all of it.
    """

    findings: tuple[Finding, ...] = ()
    links: tuple[Link, ...] = ()
    subjects: tuple[Subject, ...] = ()
    fine: tuple[HealthyCheck, ...] = ()
    gaps: tuple[Gap, ...] = ()
    answer: HealthyCheck | None = None
    tables: tuple[Table, ...] = ()
    fact: bool = False
    labels: tuple[tuple[str, str, Subject], ...] = ()
    states: tuple[ObjectState, ...] = ()
    period: Window | None = None
    period_covered: bool = False
