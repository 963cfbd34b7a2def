from datetime import UTC, datetime

import msgspec
import pytest

from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.finding import Analysis, CausalRole, Code, Finding, HealthyCheck, Severity, Table
from midwatch.domain.observation import LogLines, Observation, Resources
from midwatch.domain.subject import Subject
from midwatch.reasoning.citations import Library
from midwatch.reasoning.rules import diagnose

PODS = [
    {
        "metadata": {"name": "web", "namespace": "shop"},
        "status": {"message": 'configmap "app" not found', "restartCount": 7},
    },
    {"metadata": {"name": "api", "namespace": "shop"}, "spec": {"nodeSelector": {"disk": "ssd"}}},
]
WEB = Subject(kind="Pod", name="web", namespace="shop")
API = Subject(kind="Pod", name="api", namespace="shop")
GHOST = Subject(kind="Pod", name="ghost", namespace="shop")


def evidence(observation: Observation) -> Evidence:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    return Evidence(
        id="E1", tool="t", arguments={}, query="q", observation=observation, taken_at=now, took_ms=1, sha256=""
    )


def library_evidence(partial: str = "") -> list[Evidence]:
    return [evidence(Resources(resource="pods", body=msgspec.json.encode(PODS), count=2, partial=partial))]


def library(partial: str = "") -> Library:
    return Library(library_evidence(partial))


@pytest.mark.parametrize(
    ("citation", "proved"),
    [
        (Citation(evidence="E1", subject=WEB, quote='configmap "app" not found'), True),
        (Citation(evidence="E1", subject=WEB, quote="7"), True),
        (Citation(evidence="E1", subject=API, quote="disk"), True),
        (Citation(evidence="E1", subject=API, quote='"disk":"ssd"'), True),
        (Citation(evidence="E1", subject=WEB, quote='"restartCount":7'), True),
        (Citation(evidence="E1", subject=WEB, quote='"restartCount":8'), False),
        (Citation(evidence="E1", subject=API, quote='configmap "app" not found'), False),
        (Citation(evidence="E1", subject=WEB, quote="made up"), False),
        (Citation(evidence="E1", subject=GHOST), False),
        (Citation(evidence="E2", subject=WEB), False),
        (Citation(evidence="E1", subject=GHOST, absent=True), True),
        (Citation(evidence="E1", subject=WEB, absent=True), False),
        (Citation(evidence="E1", quote="ssd"), True),
    ],
)
def test_a_citation_is_proved_only_by_what_stands_there(citation: Citation, proved: bool) -> None:
    assert library().proves(citation) is proved


def test_an_incomplete_list_proves_no_absence() -> None:
    assert not library(partial="warnings only").proves(Citation(evidence="E1", subject=GHOST, absent=True))


def test_a_log_is_quoted_letter_by_letter() -> None:
    log = Library([evidence(LogLines(namespace="shop", name="web", container="app", text="FATAL: no config\n"))])
    assert log.proves(Citation(evidence="E1", quote="FATAL: no config"))
    assert not log.proves(Citation(evidence="E1", quote="fatal: no config"))


POD = Subject(kind="Pod", name="web", namespace="shop")
HOLDS, FAILS = Citation(evidence="E1", subject=WEB, quote="7"), Citation(evidence="E1", subject=WEB, quote="made up")
CODE = Code(
    code="T-1", title="t", severity=Severity.CRITICAL, role=CausalRole.CAUSE, directness=1, message="m", meaning="m"
)


def finding(*cites: Citation) -> Finding:
    told = {
        "code": "T-1",
        "title": "t",
        "message": f"said with {len(cites)}",
        "severity": "critical",
        "role": "cause",
        "directness": 1,
    }
    return Finding.model_validate({**told, "subject": POD, "owner": POD, "cites": cites})


@pytest.mark.parametrize("cites", [(), (FAILS,), (HOLDS, FAILS)])
def test_what_is_not_proved_reaches_no_report(cites: tuple[Citation, ...]) -> None:
    """Not a finding, an answer, a check that found nothing wrong, or a table."""
    said = HealthyCheck(text="said without proof", cites=cites)
    table = Table(title="said without proof", columns=("a",), rows=(("1",),), cites=cites)
    analysis = Analysis(findings=(finding(*cites), finding(HOLDS)), answer=said, fine=(said,), tables=(table,))
    found = diagnose(analysis, library_evidence(), (), {"T-1": CODE})
    assert [c.finding.message for c in found.causes] == ["said with 1"]
    assert found.answer is None and found.ruled_out == () and found.tables == ()
    assert found.unproved == 2, "the finding and the answer"
    assert "said without proof" not in found.model_dump_json()


def test_the_headline_is_the_message_of_the_first_cause_however_many_there_are() -> None:
    other = POD.model_copy(update={"name": "cart"})
    second = finding(HOLDS).model_copy(update={"subject": other, "owner": other})
    found = diagnose(Analysis(findings=(finding(HOLDS), second)), library_evidence(), (), {"T-1": CODE})
    assert len(found.causes) == 2 and found.headline == "said with 1"


def test_what_is_proved_does() -> None:
    said = HealthyCheck(text="said with proof", cites=(HOLDS,))
    table = Table(title="t", columns=("a",), rows=(("1",),), cites=(HOLDS,))
    found = diagnose(Analysis(answer=said, fine=(said,), tables=(table,)), library_evidence(), (), {})
    assert (
        found.headline == "said with proof" and len(found.ruled_out) == len(found.tables) == 1 and found.unproved == 0
    )
