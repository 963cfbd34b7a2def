"""The same words and the same alert mean the same at every door: intent, verdict and causes."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from midwatch.diagnosis.traffic import fake
from midwatch.domain.intent import Intent
from midwatch.integrations.kubernetes.fake import runs
from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.kit.clock import utc_now
from midwatch.wiring.questions import understand_question
from tests.flows.cluster import midwatch
from tests.flows.server import Station, station, until
from tests.flows.traffic import TWO, Night, night
from tests.integrations.examples import body

DAY = timedelta(days=1)
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
# Two topics in each; of some, one is about a thing that nothing is known of.
SEVERAL = (
    "is checkout healthy and what caused the NAT spike?",
    "Compare NAT traffic today vs yesterday. Why are pods crashing?",
    "which refresh jobs ran last night, and what happened to the basket service at 02:15?",
    "why does ledger restart? Also, how much egress did we have between 1 and 3 am?",
    "how is the basket and which client uploaded the most today?",
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
    (
        "compare_nat_traffic",
        {
            "timeframe1": "yesterday 1am/yesterday 3am",
            "timeframe2": "the day before yesterday 1am/the day before yesterday 3am",
        },
        "compare nat traffic between 1am and 3am yesterday with the same time the day before yesterday",
    ),
    (
        "search_zeus_jobs_by_client",
        {"client_name": "Alderbrook"},
        "Which refresh jobs of Alderbrook ran in the last week?",
    ),
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        night(tmp_path_factory.mktemp("here"), monkeypatch) as made,
    ):
        # The last two nights, as far as they are over: `2am` at ten past two is of a night that has hardly begun.
        nights = [two for two in (TWO - DAY, TWO, TWO + DAY) if two + timedelta(hours=1) < utc_now()]
        made.sends(*(fake.burst(two) for two in nights))
        for two in nights:
            made.runs(*fake.night(two))
        made.scene.namespace("shop")
        deploy(made.scene, App("basket", "shop", "basket:no-such-tag", 1, 8080, fault=runs.image_pull()))
        monkeypatch.setenv("MIDWATCH_TRAFFIC__FILE", str(made.folder / "traffic.yaml"))
        yield made


@pytest.fixture(scope="module")
def post(here: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """One server for all that is asked here: what is asked changes nothing of what is found."""
    with station(tmp_path_factory.mktemp("post")) as made:
        made.serve("--open", "--kubeconfig", str(here.folder / "kubeconfig"))
        yield made


@dataclass(frozen=True)
class Meaning:
    """What has to be the same: the intent and the answer. The doors are asked one after the other, so that "now" moves
    meanwhile."""

    intent: dict[str, Any]
    times: tuple[float, ...]
    answer: tuple[str, list[tuple[str, str, str]]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Meaning) or len(self.times) != len(other.times):
            return False
        near = all(abs(mine - theirs) < 300 for mine, theirs in zip(self.times, other.times, strict=True))
        return near and (self.intent, self.answer) == (other.intent, other.answer)


def of(answer: dict[str, Any]) -> Meaning:
    causes = [
        (c["finding"]["code"], c["finding"]["subject"]["name"], c["verdict"]) for c in answer["diagnosis"]["causes"]
    ]
    return Meaning(*divided(answer["request"]["intent"] or {}), answer=(answer["verdict"], causes))


def divided(intent: dict[str, Any]) -> tuple[dict[str, Any], tuple[float, ...]]:
    """The intent without its times, and these in seconds."""
    windows = [window for name in ("window", "against") if (window := intent.get(name))]
    times = tuple(datetime.fromisoformat(window[end]).timestamp() for window in windows for end in ("since", "until"))
    return {name: value for name, value in intent.items() if name not in ("window", "against")}, times


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


def asked(here: Night, question: str, ask: Callable[[], dict[str, Meaning]]) -> dict[str, Meaning]:
    """At every door at one time: `at 2am` is another day's once it is two o'clock, and then all are asked again."""
    before, found = meant(here, question), ask()
    return found if meant(here, question) == before else ask()


def meant(here: Night, question: str) -> Meaning:
    found = understand_question(here.connections, question, utc_now())
    assert isinstance(found, Intent), found
    return Meaning(*divided(found.model_dump(mode="json")), answer=("", []))


@pytest.mark.parametrize(
    "questions",
    [
        QUESTIONS[::6],
        pytest.param(QUESTIONS[::4], marks=pytest.mark.components),
        *(pytest.param(QUESTIONS[n::4], marks=pytest.mark.long) for n in (1, 2, 3)),
    ],
    ids=["few", "first", "second", "third", "fourth"],
)
def test_a_question_is_the_same_at_every_door(here: Night, post: Station, questions: Sequence[str]) -> None:
    for question in questions:
        doors = asked(
            here,
            question,
            lambda question=question: {
                "query": of(post.post("/query", {"prompt": question}).json()["answer"]),
                "investigations": investigated(post, queued(post, question)),
                "ask": shell(here, "ask", question),
                "diagnose": shell(here, "diagnose", question),
            },
        )
        assert all(found == doors["query"] for found in doors.values()), (question, doors)


def queued(post: Station, question: str, **beside: str) -> str:
    answer = post.post("/api/v1/investigations", {"question": question, **beside})
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]["id"]


def test_what_names_no_topic_is_asked_back_where_no_door_has_one(here: Night, post: Station) -> None:
    for question in UNCLEAR:
        back = post.post("/query", {"prompt": question}).json()
        assert back["choices"] and not back["investigation"], back
        refused_by(here, "ask", question, back["choices"])
        shown = shell(here, "diagnose", question)
        assert shown == investigated(post, queued(post, question)) and shown.intent["topic"] == "cluster", question


def refused_by(here: Night, command: str, question: str, choices: Sequence[str]) -> None:
    shown = midwatch(command, question, "--kubeconfig", str(here.folder / "kubeconfig"))
    said = " ".join(shown.err.split())
    assert (shown.code, shown.out) == (3, "") and all(f"- {choice}" in said for choice in choices), shown


def test_a_question_of_two_topics_is_asked_back_at_every_door(here: Night, post: Station) -> None:
    for question in SEVERAL:
        back = post.post("/query", {"prompt": question}).json()
        assert len(back["choices"]) == 2 and not back["investigation"], back
        refused = post.post("/api/v1/investigations", {"question": question})
        assert refused.status_code == 400 and "; ".join(back["choices"]) in refused.text, refused.text
        for command in ("ask", "diagnose"):
            refused_by(here, command, question, back["choices"])


def test_a_tool_asks_what_its_question_asks(here: Night, post: Station) -> None:
    for tool, arguments, question in TOOLS:
        doors = asked(
            here,
            question,
            lambda tool=tool, arguments=arguments, question=question: {
                "tool": of(post.post(f"/tools/{tool}", arguments).json()["answer"]),
                "query": of(post.post("/query", {"prompt": question}).json()["answer"]),
                "ask": shell(here, "ask", question),
            },
        )
        assert all(found == doors["tool"] for found in doors.values()), (tool, doors)


def test_a_namespace_beside_the_question_narrows_it_everywhere(here: Night, post: Station) -> None:
    question = "what is wrong with the pods"
    found = of(post.post("/query", {"prompt": question, "namespace": "shop"}).json()["answer"])
    assert found.intent["entities"]["namespace"] == ["shop"] and found.answer[1]
    assert (
        found
        == investigated(post, queued(post, question, namespace="shop"))
        == shell(here, "ask", question, "-n", "shop")
        == shell(here, "diagnose", question, "-n", "shop")
    )


WORDS = {  # title and description
    "Disk space low on log-1": "Filesystem /data is 96% full",
    "Replication lag on pg-replica-2 is 340 seconds": "threshold 30s",
    "High CPU usage on web-03": "CPU is at 97.5% (threshold: 80%) for 10m",
    "NAT gateway egress spike": "demo-nat-1c sends 12.5 GB in 5 minutes",
    "Basket is not ready": "deployment basket in namespace shop has 0 of 1 replicas",
}


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
    began = (utc_now() - timedelta(minutes=5)).isoformat()
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


@pytest.mark.parametrize(
    ("part", "least"),
    [(slice(7, 11), 3), pytest.param(slice(None), 12, marks=pytest.mark.components)],
    ids=["some", "all"],
)
def test_an_alert_is_the_same_from_a_webhook_and_from_a_file(
    here: Night, post: Station, tmp_path: Path, part: slice, least: int
) -> None:
    file = tmp_path / "alert.json"
    sent = alerts()[part]
    receipts = [post.post(f"/webhook/{source}", raw).json()["data"] for source, raw in sent]
    own = [(alert, receipt) for alert, receipt in zip(sent, receipts, strict=True) if receipt["actions"] == {"open": 1}]
    assert len(own) >= least, receipts
    for (source, raw), receipt in own:
        file.write_bytes(raw)
        found, shown = of_incident(post, receipt["incidents"][0]), shell(here, "investigate", "--alert", str(file))
        assert found == shown, (source, found, shown)


def test_an_alert_in_words_is_the_same_from_a_person_and_from_a_file(
    here: Night, post: Station, tmp_path: Path
) -> None:
    file = tmp_path / "alert.txt"
    opened = [
        post.post("/alerts", {"title": title, "description": text}).json()["data"]["id"]
        for title, text in WORDS.items()
    ]
    assert len(set(opened)) == len(WORDS)
    for (title, text), incident in zip(WORDS.items(), opened, strict=True):
        file.write_text(f"{title}\n{text}")
        found, shown = of_incident(post, incident), shell(here, "investigate", "--alert", str(file))
        assert found == shown, (title, found, shown)
