"""Two questions in one text: none is dropped."""

from datetime import timedelta

import pytest

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.window import Window
from midwatch.questions.understand import understand
from tests.questions.table import AREAS, ENTRIES, GRAMMAR, NAMES, NOW, UNCLEAR

TWO = NOW.replace(hour=2, minute=0)


def understood(text: str, before: Intent | None = None, otherwise: str = "") -> Intent | Clarification:
    return understand(text, NAMES, NOW, AREAS, before=before, otherwise=otherwise)


# One of the two is about a thing that nothing is known of: an orchard, say.
BOTH = {
    "is the orchard healthy and what caused the NAT spike?": [
        "is the orchard healthy?",
        "what caused the NAT spike?",
    ],
    "what caused the NAT spike, and is the orchard healthy?": [
        "what caused the NAT spike?",
        "is the orchard healthy?",
    ],
    "how is the orchard and was egress higher yesterday?": ["how is the orchard?", "was egress higher yesterday?"],
    "check orchard status and list nat gateways": ["check orchard status", "list nat gateways"],
    "What happened to the orchard service at 02:15? Is devops.example.com down?": [
        "What happened to the orchard service at 02:15?",
        "Is devops.example.com down?",
    ],
}


@pytest.mark.parametrize("otherwise", ["", "cluster"])
@pytest.mark.parametrize(
    ("text", "choices"),
    [
        (
            "What caused the NAT spike at 2am and is api.example.com up?",
            ["What caused the NAT spike at 2am?", "is api.example.com up?"],
        ),
        (
            "is api.example.com up? what caused the nat spike at 2am?",
            ["is api.example.com up?", "what caused the nat spike at 2am?"],
        ),
        (
            "Are all our websites up, and which refresh jobs are running?",
            ["Are all our websites up?", "which refresh jobs are running?"],
        ),
        (
            "why is checkout slow, what NAT gateways do we have",
            ["why is checkout slow", "what NAT gateways do we have"],
        ),
        (
            "show me nat traffic for the last hour; are pods crashing",
            ["show me nat traffic for the last hour", "are pods crashing"],
        ),
        (
            "What caused the NAT spike at 2am and what caused the NAT spike at 5am?",
            ["What caused the NAT spike at 2am?", "what caused the NAT spike at 5am?"],
        ),
        (
            "Compare NAT traffic today vs yesterday. Is devops.example.com down?",
            ["Compare NAT traffic today vs yesterday", "Is devops.example.com down?"],
        ),
        (
            "which jobs ran last night\nwhat is wrong in the cluster",
            ["which jobs ran last night", "what is wrong in the cluster"],
        ),
        (
            "Is auth.example.com up and can you tell me who uploaded the most today?",
            ["Is auth.example.com up?", "who uploaded the most today?"],
        ),
        (
            "How much NAT traffic was there in the last hour? And yesterday?",
            ["How much NAT traffic was there in the last hour?", "And yesterday?"],
        ),
        (
            "which jobs ran for aldrebroko and is api.example.com up?",
            ["which jobs ran for aldrebroko?", "is api.example.com up?"],
        ),
        (
            "why are pods crashing and is the app up?",
            ["why are pods crashing?", "is the app up?"],
        ),
        *BOTH.items(),
    ],
)
def test_both_questions_of_a_text_are_asked_back(text: str, choices: list[str], otherwise: str) -> None:
    found = understood(text, otherwise=otherwise)
    assert isinstance(found, Clarification), found
    assert list(found.choices) == choices and found.several and found.question == GRAMMAR.several


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("why are pods crashing and are the nodes ready?", "cluster"),
        ("are api.example.com and auth.example.com ok?", "website"),
        ("why is hermes slow and is checkout down?", "cluster"),
        ("how much egress did we have between 1 and 3 am", "nat-traffic"),
        ("Analyze NAT gateway traffic spike at 2am and correlate with Zeus refresh jobs", "nat-spike"),
        ("What caused the NAT spike at 2am? Which job was it?", "nat-spike"),
        ("Hi team! What caused the NAT spike at 2am? Thanks, and have a nice day.", "nat-spike"),
        ("The checkout service is down. Is it the database?", "cluster"),
        ("Is devops.example.com up? Is it slow?", "website"),
        ("what is wrong with checkout? and what else is broken?", "cluster"),
        ("nat traffic of the last hour, please. is that normal?", "nat-traffic"),
        ("What caused the NAT spike at 2am? What could be the reason?", "nat-spike"),
        ("What caused the NAT spike at 2am, and what should I do first?", "nat-spike"),
        ("is the orchard ok and why are pods crashing?", "cluster"),
        ("why are pods crashing and how is the orchard?", "cluster"),
    ],
)
def test_one_question_in_several_sentences_is_one(text: str, topic: str) -> None:
    found = understood(text)
    assert isinstance(found, Intent), found
    assert found.topic == topic


def test_two_places_that_one_answer_is_not_narrowed_to_are_asked_back() -> None:
    found = understood("is anything broken in devmatt and is anything wrong in devzeus?")
    assert isinstance(found, Clarification)
    assert found.choices == ("is anything broken in devmatt?", "is anything wrong in devzeus?")


def test_two_names_of_which_one_at_a_time_is_looked_at_are_asked_back() -> None:
    found = understood("which jobs ran for Borealis and which jobs ran for Alderbrook?")
    assert isinstance(found, Clarification) and set(found.choices) == {"Borealis", "Alderbrook"}


def test_no_question_of_the_tables_is_taken_for_two() -> None:
    found = [
        entry["ask"]
        for topic, entry in ENTRIES
        if topic != UNCLEAR
        for _ in [understood(entry["ask"])]
        if isinstance(_, Clarification) and _.several
    ]
    assert found == []


def test_a_follow_up_with_another_question_is_asked_back() -> None:
    before = understood("What caused the NAT spike at 2am?")
    assert isinstance(before, Intent)
    found = understood("and yesterday? and is api.example.com up?", before)
    assert isinstance(found, Clarification) and found.choices == ("and yesterday?", "and is api.example.com up?")


def test_what_is_understood_already_stays_as_it_is() -> None:
    intent = Intent(topic="nat-spike", window=Window(TWO, TWO + timedelta(hours=1)))
    assert understand(intent, NAMES, NOW, AREAS) == intent


def test_an_empty_question_asks_what_is_wrong() -> None:
    assert understood(" ") == Intent(topic="cluster")
    assert understood(" ", otherwise="websites") == Intent(topic="websites")


def test_an_alert_about_another_thing_asks_what_is_wrong() -> None:
    alert = Alert(
        source="grafana",
        fingerprint="x",
        status=AlertStatus.FIRING,
        severity=AlertSeverity.HIGH,
        title="NAT gateway egress is high",
        starts_at=TWO,
        labels={"gateway": "dev-eks-nat-us-east-1a"},
    )
    found = understand(alert, NAMES, NOW, AREAS)
    assert isinstance(found, Intent)
    assert (found.topic, found.first("gateway")) == ("nat-spike", NAMES.ids("gateway")[1])
    other = understand(alert.model_copy(update={"title": "Disk is full", "labels": {}}), NAMES, NOW, AREAS)
    assert other == Intent(topic="cluster")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what happened on 11/27/26", "11/27/26"),
        ("is the cluster ok tomorrow at 10:00", "is in the future"),
        ("why did the pods die between 2026-11-21T02:00:00Z and 2026-11-20T02:00:00Z", "Invalid time range"),
    ],
)
def test_a_time_that_cannot_be_meant_is_asked_back_at_every_door(text: str, said: str) -> None:
    for otherwise in ("", "cluster"):
        found = understood(text, otherwise=otherwise)
        assert isinstance(found, Clarification) and said in found.question, (otherwise, found)
