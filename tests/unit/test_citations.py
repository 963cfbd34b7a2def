from datetime import UTC, datetime

import msgspec
import pytest

from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.observation import LogLines, Observation, Resources
from midwatch.domain.subject import Subject
from midwatch.reasoning.citations import Library

PODS = [
    {"metadata": {"name": "web", "namespace": "shop"}, "status": {"message": 'configmap "app" not found', "restartCount": 7}},
    {"metadata": {"name": "api", "namespace": "shop"}, "spec": {"nodeSelector": {"disk": "ssd"}}},
]
WEB = Subject(kind="Pod", name="web", namespace="shop")
API = Subject(kind="Pod", name="api", namespace="shop")
GHOST = Subject(kind="Pod", name="ghost", namespace="shop")


def evidence(observation: Observation) -> Evidence:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    return Evidence(id="E1", tool="t", arguments={}, query="q", observation=observation, taken_at=now, took_ms=1, sha256="")


def library(partial: str = "") -> Library:
    return Library([evidence(Resources(resource="pods", body=msgspec.json.encode(PODS), count=2, partial=partial))])


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
