"""`midwatch incidents`: the newest answer, numbers in place of ids, actions that are done, narrow terminals."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from midwatch.domain.diagnosis import Diagnosis, Verdict
from midwatch.domain.evidence import Gap
from midwatch.domain.investigation import Answer, EvidenceSummary, Request
from midwatch.interfaces.cli.exits import Exit
from tests.flows.cluster import Shown, midwatch
from tests.interfaces.fake_server import INCIDENT, FakeServer, serve
from tests.interfaces.fake_server import Answer as Reply

NOW = datetime(2026, 11, 28, 1, 5, tzinfo=UTC)
FIVE = {**INCIDENT, "id": "inc_five", "number": 5, "created_at": "2026-11-28T02:00:00Z"}
UNREACHABLE = "cluster prod cannot be reached: connection refused"


def summary(tool: str) -> EvidenceSummary:
    return EvidenceSummary(
        id="E1",
        tool=tool,
        arguments={},
        query="alert from alertmanager",
        size="1 alert",
        taken_at=NOW,
        took_ms=1,
        sha256="0",
    )


def answer(tool: str) -> Answer:
    gap = Gap(tool="kubernetes_list", arguments={"resource": "pods"}, query="", reason=UNREACHABLE, essential=True)
    diagnosis = Diagnosis(verdict=Verdict.INCONCLUSIVE, headline="Checkout latency is high", gaps=(gap,))
    return Answer(
        request=Request(),
        source="alert",
        verdict=diagnosis.verdict,
        headline=diagnosis.headline,
        diagnosis=diagnosis,
        evidence=(summary(tool),),
    )


def investigation(tool: str = "alert") -> dict[str, Any]:
    return {
        "id": "inv_9",
        "state": "done",
        "verdict": "INCONCLUSIVE",
        "headline": "Checkout latency is high",
        "reason": "",
        "created_at": "2026-11-28T01:00:00Z",
        "finished_at": "2026-11-28T01:01:00Z",
        "answer": json.loads(answer(tool).json_text()),
    }


def reply(method: str, path: str) -> Reply:
    run = investigation("kubernetes_list" if "inc_read" in path or "inv_read" in path else "alert")
    if "/investigations/" in path:
        return 200, {"data": run}
    if path.partition("?")[0].endswith("/incidents"):
        return 200, {"items": [INCIDENT, FIVE], "total": 2, "has_next": False}
    if method == "POST" and ("acknowledge" in path or "resolve" in path):
        return 409, {"error": "Incident 5 is acknowledged and cannot become acknowledged."}
    if method == "POST":
        return 200, {"data": FIVE}
    if path.endswith("/timeline"):
        return 200, {"data": []}
    about = {**FIVE, "status": "acknowledged", "acknowledged_by": "ada"}
    return 200, {"data": {"incident": about, "alerts": [], "investigations": [run]}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    monkeypatch.setenv("MIDWATCH_KEY", "mw_key")
    with serve(reply) as found:
        yield found


def run(server: FakeServer, *words: str, columns: str = "80") -> Shown:
    return midwatch("incidents", *words, environment={"MIDWATCH_URL": server.url, "COLUMNS": columns})


def test_the_newest_answer_is_shown_with_its_investigation(server: FakeServer) -> None:
    shown = run(server, "show", "inc_five")
    assert shown.code == Exit.HEALTHY
    for part in ("Investigation inv_9, finished 2026-11-28 01:01:00 UTC", "Checkout latency is high", "Not checked"):
        assert part in shown.out
    assert "# #5 Checkout is slow" in run(server, "show", "inc_five", "-o", "markdown").out
    whole = json.loads(run(server, "show", "inc_five", "-o", "json").out)
    assert whole["newest_investigation"]["answer"]["headline"] == "Checkout latency is high"


def test_an_answer_from_the_text_of_the_alert_alone_says_so_and_why(server: FakeServer) -> None:
    said = " ".join(run(server, "show", "inc_five").out.split())
    assert f"Based on the text of the alert only: {UNREACHABLE}" in said


def test_a_number_stands_for_its_incident(server: FakeServer) -> None:
    for number in ("5", "#5"):
        assert "Incident inc_five, opened" in run(server, "show", number).out
    missing = run(server, "show", "7")
    assert missing.code == Exit.FAILED and "Incident #7 not found." in missing.err
    assert "midwatch incidents list" in missing.err


def test_an_incident_that_is_acknowledged_already_is_no_failure(server: FakeServer) -> None:
    shown = run(server, "ack", "5")
    assert (shown.code, shown.out) == (Exit.HEALTHY, "#5 already acknowledged by ada: Checkout is slow\n")
    assert run(server, "resolve", "5").code == Exit.FAILED, "it is acknowledged, not resolved"


def test_reopen_note_and_investigate_are_the_actions_of_the_api(server: FakeServer) -> None:
    assert run(server, "reopen", "inc_five").out == "#5 reopened: Checkout is slow (inc_five)\n"
    assert run(server, "note", "inc_five", "rolled", "back").out.startswith("#5 note added")
    assert run(server, "investigate", "inc_five").out.startswith("#5 investigation queued")
    sent = [json.loads(one.body) for one in server.asked if one.method == "POST"]
    assert sent == [{"action": "reopen"}, {"action": "note", "text": "rolled back"}, {"action": "investigate"}]


def test_a_list_fits_into_eighty_columns_the_newest_first(server: FakeServer) -> None:
    long = {**FIVE, "title": "shop/deployment/checkout-frontend-canary: OOMKilled: memory limit 128Mi exceeded again"}
    with serve(lambda _m, _p: (200, {"items": [INCIDENT, long], "total": 2, "has_next": False})) as other:
        lines = run(other, "list").out.splitlines()
    assert max(map(len, lines)) <= 80 and lines[1].startswith("#5") and lines[4].startswith("#1")
    assert any("shop/deployment/checkout-frontend-canary:" in line for line in lines)
