"""The grammar of questions against the table of how people ask: questions.yaml."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from midwatch.domain.intent import AskBack, Facet, Intent, Names, Topic
from midwatch.domain.window import Window
from midwatch.questions.grammar import grammar
from midwatch.questions.restate import echo
from midwatch.questions.route import route
from midwatch.questions.spelling import spelled

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)  # a Saturday
FIRST, SECOND = "nat-07eb006676096fcd3", "nat-0a1b2c3d4e5f60718"
NAMES = Names(
    gateways=((FIRST, "dev-eks-nat-us-east-1c"), (SECOND, "dev-eks-nat-us-east-1a")),
    clients=("Acrisure", "Boeing", "Blue Cross"),
    namespaces=("devmatt", "devzeus", "devjason", "proteus-dev", "artemis-auth-dev", "checkout"),
    services=("proteus", "artemis-auth", "hermes", "zeus", "checkout"),
    sites=("devops.example.com", "api.example.com", "auth.example.com"),
)
TABLE: dict[str, dict[str, list[Any]]] = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text())
ENTRIES: list[tuple[str, dict[str, Any]]] = [
    (topic, {"ask": entry} if isinstance(entry, str) else entry)
    for part in TABLE.values()
    for topic, some in part.items()
    for entry in some
]


def ask(question: str, before: Intent | None = None) -> Intent | AskBack:
    return route(question, NAMES, NOW, before=before)


def intent(*questions: str) -> Intent:
    """What the last of some questions asks, each leaning on the one before."""
    found: Intent | None = None
    for question in questions:
        answer = ask(question, found)
        assert isinstance(answer, Intent), (question, answer)
        found = answer
    assert found
    return found


def asked_back(*questions: str) -> str:
    answer = ask(questions[-1], intent(*questions[:-1]) if questions[1:] else None)
    assert isinstance(answer, AskBack), answer
    return answer.question


def plain(value: object) -> object:
    if isinstance(value, Window):
        return f"{value.since:%Y-%m-%dT%H:%M}/{value.until:%Y-%m-%dT%H:%M}"
    return list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def test_no_question_of_the_table_gets_a_wrong_topic_and_nearly_all_get_theirs() -> None:
    wrong, back = list[object](), list[str]()
    for topic, entry in ENTRIES:
        found = ask(entry["ask"])
        if isinstance(found, AskBack):
            back += [entry["ask"]] if topic != "ask-back" else []
        elif found.topic != topic:
            wrong.append((entry["ask"], topic, found.topic))
    assert wrong == []
    assert len(ENTRIES) >= 200
    assert len(back) <= 0.05 * len(ENTRIES), back


@pytest.mark.parametrize("entry", [e for t, e in ENTRIES if len(e) > 1], ids=lambda e: str(e["ask"]))
def test_the_names_and_times_of_a_question_are_read(entry: dict[str, Any]) -> None:
    found = intent(entry["ask"])
    slots = {key: plain(getattr(found, key)) for key in entry if key != "ask"}
    assert slots == {key: value for key, value in entry.items() if key != "ask"}


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        (("and yesterday?",), "NAT spike, 2026-11-20 01:30 to 02:30 UTC"),
        (("and yesterday?", "and the day before?"), "NAT spike, 2026-11-19 01:30 to 02:30 UTC"),
        (("what about 3am?",), "NAT spike, 2026-11-21 02:30 to 03:30 UTC"),
        (("and yesterday?", "what about 3am?"), "NAT spike, 2026-11-20 02:30 to 03:30 UTC"),
        (
            (f"what about {FIRST}?",),
            f"NAT spike, gateway {FIRST} (dev-eks-nat-us-east-1c), 2026-11-21 01:30 to 02:30 UTC",
        ),
        (("How long did the upload take?",), "NAT spike, only the duration, 2026-11-21 01:30 to 02:30 UTC"),
        (("was that expected?",), "NAT spike, whether it was expected, 2026-11-21 01:30 to 02:30 UTC"),
        (
            ("compare that with last week",),
            "NAT traffic compared, 2026-11-21 01:30 to 02:30 UTC against 2026-11-14 01:30 to 02:30 UTC",
        ),
        (
            ("compare that with yesterday",),
            "NAT traffic compared, 2026-11-21 01:30 to 02:30 UTC against 2026-11-20 01:30 to 02:30 UTC",
        ),
        (("ok and which jobs were running then?",), "Refresh jobs, 2026-11-21 01:30 to 02:30 UTC"),
        (
            ("how much was it", "jobs for acrisure", "and for Boeing?"),
            "Refresh jobs of a client, client Boeing, 2026-11-14 09:30 to 2026-11-21 09:30 UTC",
        ),
        (("why is checkout slow", "what about hermes?"), "Cluster, service hermes"),
        (("is api.example.com up?", "and auth.example.com?"), "Website, auth.example.com"),
    ],
)
def test_a_follow_up_changes_just_what_it_says(questions: tuple[str, ...], said: str) -> None:
    assert echo(intent("What caused the NAT spike at 2am?", *questions), NAMES) == said


@pytest.mark.parametrize(
    ("question", "facet"),
    [
        ("how long did the upload take?", Facet.DURATION),
        ("which client was it?", Facet.CLIENT),
        ("where did the data go?", Facet.DESTINATION),
        ("was that expected", Facet.EXPECTED),
        ("who started it?", Facet.USER),
        ("How much was it?", Facet.VOLUME),
        ("how many GB did it upload", Facet.VOLUME),
        ("when did it start", Facet.TIME),
        ("which job was it", Facet.JOB),
        ("@midwatch thanks, and how long did it take please?", Facet.DURATION),
    ],
)
def test_a_question_for_one_thing_keeps_the_rest(question: str, facet: Facet) -> None:
    before = intent(f"what caused the nat spike on {FIRST} at 2am?")
    assert intent(f"what caused the nat spike on {FIRST} at 2am?", question) == before.model_copy(
        update={"facet": facet}
    )
    assert isinstance(ask(question), AskBack), "alone it says nothing"


def test_the_facet_does_not_stay() -> None:
    assert intent("nat spike at 2am", "was that expected?", "and yesterday?").facet is Facet.ALL


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (
            "what caused the nat spike on nat-0fffffffffffffff1",
            "NAT gateway nat-0fffffffffffffff1 not found or not configured for this cluster",
        ),
        ("jobs for acrusire", "Did you mean Acrisure?"),
        ("is devops.exmaple.com up", "Did you mean devops.example.com?"),
        ("nat traffic of the last 30 days", "at most 7 days"),
        ("nat traffic from 2026-11-20T10:00Z to 2026-11-20T08:00Z", "begin before it ends"),
        ("nat spike tomorrow at 2am", "future"),
        ("nat spike at 25:00", "2025-10-16T02:00:00Z"),
        ("nat traffic on 10/11", "2025-10-16T02:00:00Z"),
        ("restart the proteus pod", "I only read"),
        ("check hermes and then restart it", "I only read"),
        ("why is the app slow", "Which website"),
        (f"compare the traffic of {FIRST} and {SECOND}", "one at a time"),
        (f"traffic of {FIRST} and {SECOND}", "one at a time"),
    ],
)
def test_what_is_not_clear_is_asked_back(question: str, part: str) -> None:
    assert part in asked_back(question)


def test_of_two_names_that_are_near_none_is_taken() -> None:
    found = route("jobs for acme crop", Names(clients=("Acme Corp", "Acme Coop")), NOW)
    assert isinstance(found, AskBack) or found.client == ""
    twins = route("jobs for norhtwind", Names(clients=("Northwind", "Northwend")), NOW)
    assert isinstance(twins, AskBack)
    assert set(twins.choices) == {"Northwind", "Northwend"}


def test_the_app_is_the_only_site_there_is() -> None:
    found = route("why is the app slow?", Names(sites=("app.example.com",)), NOW)
    assert isinstance(found, Intent)
    assert (found.topic, found.sites) == (Topic.WEBSITE, ("app.example.com",))


def test_without_a_configured_gateway_the_id_is_taken_as_it_is() -> None:
    found = route("nat spike on nat-0fffffffffffffff1 at 2am", Names(), NOW)
    assert isinstance(found, Intent)
    assert found.gateway == "nat-0fffffffffffffff1"


def test_a_clock_is_one_of_the_given_zone_and_echoed_in_utc() -> None:
    found = route("what caused the nat spike at 2am", NAMES, NOW, zone=ZoneInfo("America/New_York"))
    assert isinstance(found, Intent)
    assert echo(found) == "NAT spike, 2026-11-21 06:30 to 07:30 UTC"


def test_what_is_still_to_come_is_cut_off() -> None:
    found = intent("nat spike 10 minutes ago")
    assert found.window == Window(NOW - timedelta(minutes=40), NOW)


def test_the_grammar_has_rules_for_every_topic_and_a_use_for_every_feature() -> None:
    rules = grammar()
    assert {topic for topic in Topic} == {rule.topic for rule in rules.rules}
    named = {name for rule in rules.rules for name in rule.every | rule.some | rule.none}
    assert named <= set(rules.features) | {
        "gateway",
        "client",
        "service",
        "namespace",
        "site",
        "point",
        "now",
        "days",
        "compared",
    }
    assert set(rules.features) <= named, "a feature no rule asks for"


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("trafic", "traffic"),
        ("gatway", "gateway"),
        ("spkie", "spike"),
        ("yesteday", "yesterday"),
        ("comapre", "compare"),
        ("weather", "weather"),
    ],
)
def test_a_slip_is_put_right_and_another_word_is_left(typed: str, right: str) -> None:
    assert spelled(typed, grammar().spelling, grammar().words) == right


def test_one_of_thousands_of_services_is_found() -> None:
    many = Names(services=tuple(f"svc-{i}-api" for i in range(5000)))
    found = route("why is svc-4711-api slow since 3am", many, NOW)
    assert isinstance(found, Intent)
    assert found.services == ("svc-4711-api",)


WORDS = st.sampled_from(
    [
        *" ".join(e["ask"] for _, e in ENTRIES).split(),
        "§",
        "<@U1>",
        "٣",
        "ſ",
        "İ",
        "0am",
        "99/99",
        "2026-02-30",
        "-",
        "(",
        "nat-",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=14).map(" ".join)), st.booleans())
def test_any_text_is_answered_and_no_window_lies_ahead(text: str, leaning: bool) -> None:
    before = (
        Intent(topic=Topic.NAT_SPIKE, window=Window(NOW - timedelta(hours=2), NOW - timedelta(hours=1)))
        if leaning
        else None
    )
    found = ask(text, before)
    assert found == ask(text, before)
    if isinstance(found, Intent):
        for window in (found.window, found.against):
            assert window is None or window.since < window.until
        assert found.window is None or found.window.until <= NOW
        assert echo(found)
    else:
        assert found.question
