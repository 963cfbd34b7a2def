"""Questions over HTTP to a real server with its worker, a cluster and an AWS account beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from midwatch.diagnosis.traffic import fake
from tests.flows.server import Station, station, until
from tests.flows.traffic import AT_TWO, TWO, Night, night

SPIKE = f"What caused the NAT spike {AT_TWO}?"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with night(tmp_path, monkeypatch) as made:
        made.sends(fake.burst(TWO))
        made.runs(*fake.night(TWO))
        yield made


@pytest.fixture
def post(here: Night, tmp_path: Path) -> Iterator[Station]:
    with station(tmp_path, MIDWATCH_TRAFFIC__FILE=str(here.folder / "traffic.yaml")) as made:
        yield made


def ask(post: Station, prompt: str, session: str = "s-1") -> dict[str, Any]:
    answer = post.post("/query", {"prompt": prompt, "session_id": session})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_conversation(here: Night, post: Station) -> None:
    post.serve("--open", "--kubeconfig", str(here.folder / "kubeconfig"))
    first = ask(post, SPIKE)
    refresh = fake.night(TWO)[0].name
    assert first["state"] == "done" and first["answer"]["verdict"] == "EXPECTED"
    assert refresh in first["response"] and "02:30 UTC" in first["understood"], "the window is echoed"
    assert {"aws_nat_metrics", "kubernetes_list", "kubernetes_logs"} <= set(first["tools_used"])
    assert ask(post, "How long did the upload take?")["response"].startswith(f"{refresh} took 3 h 21 min")
    assert (
        "TRF-103" in ask(post, "and the day before?")["response"]
        or "No NAT traffic spike" in ask(post, "and the day before?")["response"]
    )
    elsewhere = ask(post, "How long did the upload take?", "s-2")
    assert elsewhere["choices"] and not elsewhere["investigation"], "another session knows nothing of it"
    run = post.get(f"/api/v1/investigations/{first['investigation']}")["data"]
    assert run["request"]["question"] == SPIKE and run["verdict"] == "EXPECTED"


def test_a_second_ask_costs_no_call_and_health_says_so(here: Night, post: Station) -> None:
    post.serve("--open", "--kubeconfig", str(here.folder / "kubeconfig"))
    first = ask(post, SPIKE)["response"]
    assert ask(post, SPIKE, "s-2")["response"] == first
    assert here.aws.calls["GetMetricData"] == 1
    cache = until(lambda: found if (found := post.get("/health")["cache"])["hits"] else None)
    assert cache["misses"] >= 1 and cache["oldest_age_s"] >= 0


def test_nobody_works(here: Night, post: Station) -> None:
    post.environment["MIDWATCH_SERVER__ANSWER_WITHIN"] = "0.3"
    post.serve("--open", "--workers", "0")
    answer = ask(post, SPIKE)
    assert answer["state"] == "queued"
    assert f"/api/v1/investigations/{answer['investigation']}" in answer["response"]


def test_by_name_and_arguments(here: Night, post: Station) -> None:
    post.serve("--open", "--kubeconfig", str(here.folder / "kubeconfig"))
    names = [tool["name"] for tool in post.get("/tools")["data"]]
    assert "correlate_nat_spike_with_zeus_jobs" in names and "website_health_query" in names
    answer = post.post("/tools/correlate_nat_spike_with_zeus_jobs", {"spike_timestamp": f"{TWO:%Y-%m-%dT%H:%M:%SZ}"})
    assert answer.json()["answer"]["verdict"] == "EXPECTED"
    wrong = post.post("/tools/correlate_nat_spike_with_zeus_jobs", {"spike_timestamp": "soonish"})
    assert wrong.status_code == 400 and "Invalid timestamp. Use ISO 8601 format" in wrong.json()["error"]
    assert post.post("/tools/rm", {}).status_code == 404
