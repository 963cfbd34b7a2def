from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from midwatch.domain.alert import Alert
from midwatch.domain.base import Model
from midwatch.domain.diagnosis import Diagnosis, Verdict
from midwatch.domain.evidence import Evidence, Gap, named_connection, snapshot_field
from midwatch.domain.finding import Severity
from midwatch.domain.intent import Intent
from midwatch.domain.snapshot import Snapshot
from midwatch.kit.redaction import redact_text


class Request(Model, frozen=True):
    """The subject of an investigation: a question in words (may be empty) or an alert, and the scope. No namespace
    means all of them.

    `intent` is what the question turned out to ask, where that was found out; None (and so stored by version 0.1.0)
    looks for whatever is wrong. A request is saved and published: secrets in the question are cut out here, those in
    the alert where it was read. `unread` is what should have been known before anything was asked, and got no answer
    (the details of an alert whose sender keeps them). `since`: of the logs and events of a place only what came then or
    later is read.
    """

    question: Annotated[str, AfterValidator(redact_text)] = ""
    namespace: str = ""
    intent: Intent | None = None
    alert: Alert | None = None
    unread: tuple[Gap, ...] = ()
    since: datetime | None = None

    @property
    def topic(self) -> str:
        """Topic of the question; "" for an open question."""
        return self.intent.topic if self.intent else ""


def question_request(question: str, intent: Intent, namespace: str = "") -> Request:
    """The request for a question. `namespace` was passed beside it, and wins over one named in the question."""
    narrowed = intent.with_entity({"namespace": (namespace,)}) if namespace else intent
    return Request(question=question, namespace=namespace, intent=narrowed)


class Budget(Model, frozen=True):
    """Hard limits of one investigation."""

    calls: int = Field(default=120, ge=0, le=100_000, description="questions to tools")
    rounds: int = Field(default=4, ge=0, le=100, description="times the answers so far may lead to more questions")
    seconds: float = Field(
        default=60.0, ge=0, le=3600, allow_inf_nan=False, description="seconds for asking, over all rounds together"
    )
    # 5,000 pods compute for some 2 s. With `seconds` and half as much again for the last attempts it stays below
    # `answer_within`.
    compute_seconds: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        allow_inf_nan=False,
        description="seconds for computing from the answers, over all rounds together; then what is found so far is "
        "the answer",
    )


class CaseFile(Model, frozen=True):
    """The record of one investigation: evidence in the order of the requests, gaps, and the diagnosis."""

    request: Request
    source: str
    evidence: tuple[Evidence, ...]
    gaps: tuple[Gap, ...]
    diagnosis: Diagnosis


class EvidenceSummary(Model, frozen=True):
    id: str
    tool: str
    arguments: dict[str, Any]
    query: str
    size: str
    taken_at: datetime
    took_ms: int
    sha256: str
    connection: str = named_connection()
    snapshot: Snapshot | None = snapshot_field()


def _current(name: Any) -> Any:
    """Reads an answer of version 0.1.0, and returns it in today's form."""
    return "midwatch.answer/2" if name == "midwatch.answer/1" else name


class Answer(Model, frozen=True):
    """The published form of an investigation, as `--json` prints it and every interface returns it.

    `severity` is that of the worst cause (null: no cause was found), `verdict` how sure the answer is.

    The schema's name changes its number only when a field changes its meaning or goes away.
    """

    schema_: Annotated[Literal["midwatch.answer/2"], BeforeValidator(_current)] = Field(
        default="midwatch.answer/2", alias="schema", serialization_alias="schema"
    )
    request: Request
    source: str
    verdict: Verdict
    severity: Severity | None = None
    headline: str
    diagnosis: Diagnosis
    evidence: tuple[EvidenceSummary, ...]

    @classmethod
    def of(cls, run: CaseFile) -> "Answer":
        evidence = tuple(
            EvidenceSummary(
                size=e.size,
                **e.model_dump(
                    include={"id", "tool", "arguments", "query", "taken_at", "took_ms", "sha256", "connection"}
                ),
                snapshot=e.snapshot,
            )
            for e in run.evidence
        )
        return cls(
            request=run.request,
            source=run.source,
            verdict=run.diagnosis.verdict,
            severity=run.diagnosis.severity,
            headline=run.diagnosis.headline,
            diagnosis=run.diagnosis,
            evidence=evidence,
        )

    def json_text(self) -> str:
        return self.model_dump_json(by_alias=True, indent=2) + "\n"
