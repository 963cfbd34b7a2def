"""The same words and the same alert mean the same at every door: intent, verdict and causes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from midwatch.diagnosis.traffic import fake
from midwatch.integrations.kubernetes.fake import runs
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from tests.flows.cluster import midwatch
from tests.flows.server import Station, station, until
from tests.flows.traffic import TWO, Night, night
from tests.integrations.examples import body

QUESTIONS = (  # thirty of which each has a topic of its own words
    "What caused the NAT spike at 2am?",
    "why was there so much egress around 2am",
    "whats behind the jump in outbound traffic on demo-nat-1c",
    "were there any nat spikes today",
    "Show me NAT traffic for the last 24 hours",
    "nat bandwidth usage",
    "how many GB of egress did we have between 1 and 3 am",
    "Show me NAT traffic patterns for the last week",
    "nat trends past week",
    "Compare NAT traffic today vs yesterday",
    "is egress higher than yesterday?",
    "What NAT gateways do we have?",
    "list nat gateways",
    "Are any refresh jobs uploading data right now?",
    "which refresh jobs ran last night",
    "what jobs ran between 1am and 3am",
    "Which client refresh is using the most bandwidth?",
    "who uploaded the most today",
    "did the refresh jobs fail yesterday",
    "What is wrong in the cluster?",
    "why are pods crashing",
    "which deployments are broken",
    "why is the basket deployment not ready",
    "are there pods pending",
    "image pull errors since yesterday",
    "is the basket service slow",
    "what happened to the basket service at 02:15",
    "why does the ledger pod restart",
    "are all nodes ready",
    "is there an outage?",
)
UNCLEAR = ("basket", "hello there", "please look at 10.0.0.7", "tell me about ledger-7", "thx")
TOOLS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("correlate_nat_spike_with_zeus_jobs", {"spike_timestamp": "2am"}, QUESTIONS[0]),
    ("check_nat_gateway_metrics", {"time_window_hours": "24"}, "Show me NAT traffic for the last 24 hours"),
    (  # of yesterday: whenever the test runs, it is over
        "find_zeus_jobs_during_timeframe",
        {"start_time": "yesterday 1am", "end_time": "yesterday 3am"},
        "what jobs ran yesterday between 1am and 3am",
    ),
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with night(tmp_path, monkeypatch) as made:
        made.sends(fake.burst(TWO))
        made.runs(*fake.night(TWO))
        made.scene.namespace("shop")
        deploy(made.scene, App("basket", "shop", "basket:no-such-tag", 1, 8080, fault=runs.image_pull()))
        monkeypatch.setenv("MIDWATCH_TRAFFIC__FILE", str(made.folder / "traffic.yaml"))
        yield made


@pytest.fixture
def post(here: Night, tmp_path: Path) -> Iterator[Station]:
    with station(tmp_path) as made:
        made.serve("--open", "--kubeconfig", str(here.folder / "kubeconfig"))
        yield made


@dataclass(frozen=True)
class Meaning:
    """What has to be the same: the intent and the answer. The doors are asked one after the other, so that "now" moves
    meanwhile."""

    intent: dict[str, Any]
    answer: tuple[str, list[tuple[str, str, str]]]
    times: tuple[float, ...]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Meaning) or len(self.times) != len(other.times):
            return False
        near = all(abs(mine - theirs) < 300 for mine, theirs in zip(self.times, other.times, strict=True))
        return near and (self.intent, self.answer) == (other.intent, other.answer)


def of(answer: dict[str, Any]) -> Meaning:
    intent = dict(answer["request"]["intent"] or {})
    windows = [window for name in ("window", "against") if (window := intent.pop(name, None))]
    times = tuple(datetime.fromisoformat(window[end]).timestamp() for window in windows for end in ("since", "until"))
    causes = [
        (c["finding"]["code"], c["finding"]["subject"]["name"], c["verdict"]) for c in answer["diagnosis"]["causes"]
    ]
    return Meaning(intent, (answer["verdict"], causes), times)


def shell(here: Night, *arguments: str) -> Meaning:
    shown = midwatch(*arguments, "--json", "--kubeconfig", str(here.folder / "kubeconfig"))
    assert shown.out, shown.err
    return of(shown.answer)


def investigated(post: Station, run: str) -> Meaning:
    found = until(
        lambda: (
            r
            if (r := post.get(f"/api/v1/investigations/{run}")["data"])["state"] not in ("queued", "running")
            else None
        )
    )
    assert found["state"] == "done", found
    return of(found["answer"])


@pytest.mark.parametrize(
    "questions", [QUESTIONS[::4], pytest.param(QUESTIONS, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_a_question_is_the_same_at_every_door(here: Night, post: Station, questions: Sequence[str]) -> None:
    for question in questions:
        asked = post.post("/query", {"prompt": question}).json()
        assert asked["answer"], (question, asked["response"])
        queued = post.post("/api/v1/investigations", {"question": question}).json()["data"]["id"]
        doors = {
            "query": of(asked["answer"]),
            "investigations": investigated(post, queued),
            "ask": shell(here, "ask", question),
            "diagnose": shell(here, "diagnose", question),
        }
        assert all(found == doors["query"] for found in doors.values()), (question, doors)


def test_what_names_no_topic_is_asked_back_where_no_door_has_one(here: Night, post: Station) -> None:
    for question in UNCLEAR:
        asked = post.post("/query", {"prompt": question}).json()
        assert asked["choices"] and not asked["investigation"], question
        assert midwatch("ask", question).code == 3
        run = post.post("/api/v1/investigations", {"question": question}).json()["data"]["id"]
        shown = shell(here, "diagnose", question)
        assert shown == investigated(post, run) and shown.intent["topic"] == "cluster", question


@pytest.mark.parametrize(("tool", "arguments", "question"), TOOLS, ids=[t[0] for t in TOOLS])
def test_a_tool_asks_what_its_question_asks(
    here: Night, post: Station, tool: str, arguments: dict[str, str], question: str
) -> None:
    by_name = of(post.post(f"/tools/{tool}", arguments).json()["answer"])
    assert by_name == shell(here, "ask", question)


def test_a_namespace_beside_the_question_narrows_it_everywhere(here: Night, post: Station) -> None:
    question = "what is wrong with the pods"
    asked = of(post.post("/query", {"prompt": question, "namespace": "shop"}).json()["answer"])
    run = post.post("/api/v1/investigations", {"question": question, "namespace": "shop"}).json()["data"]["id"]
    assert asked.intent["entities"]["namespace"] == ["shop"] and asked.answer[1]
    assert (
        asked
        == investigated(post, run)
        == shell(here, "ask", question, "-n", "shop")
        == shell(here, "diagnose", question, "-n", "shop")
    )


def alerts() -> list[tuple[str, bytes]]:
    """(source, body): each about another thing, so that at least twelve open an incident of their own."""
    example = [
        *(
            ("alertmanager", "exporter-labels"),
            ("cloudwatch", "raw-alarm"),
            ("cloudwatch", "sns-composite"),
            ("datadog", "payload"),
        ),
        *(
            ("grafana", "firing"),
            ("opsgenie", "create"),
            ("pagerduty", "triggered"),
            ("pagerduty", "event-trigger"),
            ("sentry", "issue-alert"),
        ),
    ]
    began = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    own = [
        {"title": "Basket is not ready", "labels": {"namespace": "shop", "deployment": "basket"}, "starts_at": began},
        {"title": "NAT gateway egress spike", "labels": {"gateway": "demo-nat-1c"}, "starts_at": TWO.isoformat()},
        {
            "title": "Disk space low on log-1",
            "description": "Filesystem /data is 96% full",
            "details": {"mountpoint": "/data"},
        },
        {"title": "Replication lag on pg-replica-2 is 340 seconds", "description": "threshold 30s", "severity": "P2"},
        {
            "title": "High CPU usage on web-03",
            "description": "CPU is at 97.5% (threshold: 80%) for 10m",
            "severity": "warning",
        },
        {"title": "OOM killer invoked on app-4", "details": {"process": "java", "host": "app-4", "memory": "31.2 GiB"}},
        {"title": "TLS certificate of shop.example.com expires in 3 days"},
        {
            "title": "No connections left in the pool of orders_db",
            "details": {"database": "orders_db", "host": "pg-1.internal"},
        },
        {
            "title": "Process nginx is not running",
            "labels": {"instance": "web-2:9100"},
            "details": {"process": "nginx"},
        },
    ]
    return [
        *((source, body(source, name)) for source, name in example),
        *(("generic", json.dumps(alert).encode()) for alert in own),
    ]


def of_incident(post: Station, incident: str) -> Meaning:
    return investigated(post, until(lambda: post.get(f"/api/v1/investigations?incident={incident}")["items"])[0]["id"])


def test_an_alert_is_the_same_from_a_webhook_and_from_a_file(here: Night, post: Station, tmp_path: Path) -> None:
    file = tmp_path / "alert.json"
    receipts = [post.post(f"/webhook/{source}", raw).json()["data"] for source, raw in alerts()]
    own = [
        (alert, receipt) for alert, receipt in zip(alerts(), receipts, strict=True) if receipt["moves"] == {"open": 1}
    ]
    assert len(own) >= 12, receipts
    for (source, raw), receipt in own:
        file.write_bytes(raw)
        found, shown = of_incident(post, receipt["incidents"][0]), shell(here, "investigate", "--alert", str(file))
        assert found == shown, (source, found, shown)


def test_an_alert_in_words_is_the_same_from_a_person_and_from_a_file(
    here: Night, post: Station, tmp_path: Path
) -> None:
    file = tmp_path / "alert.txt"
    file.write_text("Disk space low on log-1\nFilesystem /data is 96% full")
    made = post.post(
        "/alerts", {"title": "Disk space low on log-1", "description": "Filesystem /data is 96% full"}
    ).json()["data"]
    assert of_incident(post, made["id"]) == shell(here, "investigate", "--alert", str(file))
