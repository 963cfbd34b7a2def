"""The grammar of questions against the tables of how people ask, which the areas ship beside it."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.domain.intent import Clarification, Entities, Intent
from midwatch.domain.window import Window
from midwatch.questions.fragments import COMPUTED
from midwatch.questions.route import route
from midwatch.questions.spelling import correct_spelling
from midwatch.questions.understand import understand
from tests.questions.table import (
    AREAS,
    ENTRIES,
    FIRST,
    GRAMMAR,
    NAMES,
    NOW,
    SECOND,
    UNCLEAR,
    ask,
    intent,
    said,
)


def asked_back(*questions: str) -> str:
    answer = ask(questions[-1], intent(*questions[:-1]) if questions[1:] else None)
    assert isinstance(answer, Clarification), answer
    return answer.question


def slot(found: Intent, key: str, expected: object) -> object:
    """In the form of the table."""
    if key in ("window", "against"):
        window: Window | None = getattr(found, key)
        return f"{window.since:%Y-%m-%dT%H:%M}/{window.until:%Y-%m-%dT%H:%M}" if window else None
    return list(found.entities_of(key)) if isinstance(expected, list) else found.first(key)


def test_no_question_of_the_table_gets_a_wrong_topic_and_nearly_all_get_theirs() -> None:
    wrong, back = list[object](), list[str]()
    for topic, entry in ENTRIES:
        found = ask(entry["ask"])
        if isinstance(found, Clarification):
            back += [entry["ask"]] if topic != UNCLEAR else []
        elif found.topic != topic:
            wrong.append((entry["ask"], topic, found.topic))
    assert wrong == []
    assert len(ENTRIES) >= 200
    assert len(back) <= 0.05 * len(ENTRIES), back


@pytest.mark.parametrize("entry", [e for t, e in ENTRIES if len(e) > 1], ids=lambda e: str(e["ask"]))
def test_the_names_and_times_of_a_question_are_read(entry: dict[str, Any]) -> None:
    found = intent(entry["ask"])
    expected = {key: value for key, value in entry.items() if key != "ask"}
    assert {key: slot(found, key, value) for key, value in expected.items()} == expected


@pytest.mark.parametrize(
    ("questions", "restated"),
    [
        (("and yesterday?",), "NAT spike, 2026-11-20 01:30 to 02:30 UTC"),
        (("and yesterday?", "and the day before?"), "NAT spike, 2026-11-19 01:30 to 02:30 UTC"),
        (("what about 3am?",), "NAT spike, 2026-11-21 02:30 to 03:30 UTC"),
        (("and yesterday?", "what about 3am?"), "NAT spike, 2026-11-20 02:30 to 03:30 UTC"),
        (
            (f"what about {FIRST}?",),
            f"NAT spike, gateway {FIRST} (dev-eks-nat-us-east-1c), 2026-11-21 01:30 to 02:30 UTC",
        ),
        (("How long did the upload take?",), "NAT spike, duration, 2026-11-21 01:30 to 02:30 UTC"),
        (("was that expected?",), "NAT spike, expected or not, 2026-11-21 01:30 to 02:30 UTC"),
        (
            ("compare that with last week",),
            "NAT traffic comparison, 2026-11-21 01:30 to 02:30 UTC vs 2026-11-14 01:30 to 02:30 UTC",
        ),
        (
            ("compare that with yesterday",),
            "NAT traffic comparison, 2026-11-21 01:30 to 02:30 UTC vs 2026-11-20 01:30 to 02:30 UTC",
        ),
        (("ok and which jobs were running then?",), "Refresh jobs, 2026-11-21 01:30 to 02:30 UTC"),
        (
            ("how much was it", "jobs for alderbrook", "and for Borealis?"),
            "Refresh jobs of a client, client Borealis, 2026-11-14 09:30 to 2026-11-21 09:30 UTC",
        ),
        (("why is checkout slow", "what about hermes?"), "Cluster, service hermes"),
        (("is api.example.com up?", "and auth.example.com?"), "Website, auth.example.com"),
    ],
)
def test_a_follow_up_changes_just_what_it_says(questions: tuple[str, ...], restated: str) -> None:
    assert said(intent("What caused the NAT spike at 2am?", *questions)) == restated


@pytest.mark.parametrize(
    ("questions", "restated"),
    [
        (
            (f"nat spike on {FIRST} at 2am", "and the nat traffic then?"),
            f"NAT traffic, gateway {FIRST} (dev-eks-nat-us-east-1c), 2026-11-21 01:30 to 02:30 UTC",
        ),
        (("nat spike at 2am", "what about hermes?"), "Cluster, service hermes, 2026-11-21 01:30 to 02:30 UTC"),
        (("is api.example.com up?", "what about hermes?"), "Cluster, service hermes"),
        (("is api.example.com up?", "and for Borealis?"), "Refresh jobs of a client, client Borealis"),
        (("why is checkout slow", "and api.example.com?"), "Website, api.example.com"),
        (("why are hermes and checkout slow",), "Cluster, services hermes, checkout"),
        (("why are pods pending in checkout",), "Cluster, namespace checkout, service checkout"),
        (("is anything broken in devmatt or devzeus",), "Cluster"),
        (("is api.example.com in devmatt up for alderbrook",), "Website, api.example.com"),
    ],
)
def test_a_name_leads_to_a_topic_that_takes_it(questions: tuple[str, ...], restated: str) -> None:
    assert said(intent(*questions)) == restated


def test_a_client_after_jobs_asks_for_the_jobs_of_that_client_known_or_not() -> None:
    found = intent("what refresh jobs are running?", "and for Borealis?")
    assert (found.topic, found.first("client")) == ("jobs-of-client", "Borealis")
    assert "Client 'acme' not found" in asked_back("what refresh jobs are running?", "and for acme?")
    before = intent("what refresh jobs are running?")
    strange = route("and for acme?", Entities(), NOW, GRAMMAR, before=before)
    assert isinstance(strange, Intent)
    assert (strange.topic, strange.first("client")) == ("jobs-of-client", "acme")


def test_only_a_topic_with_a_comparison_is_compared() -> None:
    before = intent("why is checkout slow since 3am")
    assert before.window
    assert isinstance(ask("compare that with yesterday", before), Clarification)
    assert intent("nat spike at 2am", "compare that with yesterday").topic == "nat-compare"
    fresh = intent("why is checkout slow since 3am", "and compare nat traffic today vs yesterday")
    assert (fresh.topic, fresh.entities_of("service")) == ("nat-compare", ()) and fresh.against


def test_jobs_are_any_jobs_where_nothing_is_known_of_those_that_move_data() -> None:
    assert understand("are any jobs running?", Entities(), NOW, AREAS) == Intent(topic="cluster")
    found = understand("are any jobs running?", Entities.of(client=["Borealis"]), NOW, AREAS)
    assert found.topic == "jobs"


@pytest.mark.parametrize(
    ("question", "attribute"),
    [
        ("how long did the upload take?", "duration"),
        ("which client was it?", "client"),
        ("where did the data go?", "destination"),
        ("was that expected", "expected"),
        ("who started it?", "user"),
        ("How much was it?", "volume"),
        ("how many GB did it upload", "volume"),
        ("when did it start", "time"),
        ("which job was it", "job"),
        ("@midwatch thanks, and how long did it take please?", "duration"),
    ],
)
def test_a_question_for_one_thing_keeps_the_rest(question: str, attribute: str) -> None:
    before = intent(f"what caused the nat spike on {FIRST} at 2am?")
    assert intent(f"what caused the nat spike on {FIRST} at 2am?", question) == before.model_copy(
        update={"attribute": attribute}
    )
    assert isinstance(ask(question), Clarification), "alone it says nothing"


def test_the_attribute_does_not_stay() -> None:
    assert intent("nat spike at 2am", "was that expected?", "and yesterday?").attribute == ""


@pytest.mark.parametrize(
    ("question", "part"),
    [
        (
            "what caused the nat spike on nat-0fffffffffffffff1",
            "NAT gateway nat-0fffffffffffffff1 not found or not configured for this cluster",
        ),
        ("jobs for aldrebroko", "Did you mean Alderbrook?"),
        ("is devops.exmaple.com up", "Did you mean devops.example.com?"),
        ("nat traffic of the last 30 days", "limited to 7 days"),
        ("nat traffic from 2026-11-20T10:00Z to 2026-11-20T08:00Z", "Invalid time range"),
        ("nat spike tomorrow at 2am", "future"),
        ("nat spike at 25:00", "2025-10-16T02:00:00Z"),
        ("nat traffic on 10/11", "2025-10-16T02:00:00Z"),
        ("restart the proteus pod", "read-only"),
        ("check hermes and then restart it", "read-only"),
        ("why is the app slow", "Which website"),
        (f"compare the traffic of {FIRST} and {SECOND}", "Only one at a time"),
        (f"traffic of {FIRST} and {SECOND}", "Only one at a time"),
    ],
)
def test_what_is_not_clear_is_asked_back(question: str, part: str) -> None:
    assert part in asked_back(question)


def test_of_two_names_that_are_near_none_is_taken() -> None:
    found = route("jobs for acme crop", Entities.of(client=("Acme Corp", "Acme Coop")), NOW, GRAMMAR)
    assert isinstance(found, Clarification) or found.first("client") == ""
    twins = route("jobs for norhtwind", Entities.of(client=("Northwind", "Northwend")), NOW, GRAMMAR)
    assert isinstance(twins, Clarification)
    assert set(twins.choices) == {"Northwind", "Northwend"}


def test_the_app_is_the_only_site_there_is() -> None:
    found = route("why is the app slow?", Entities.of(site=("app.example.com",)), NOW, GRAMMAR)
    assert isinstance(found, Intent)
    assert (found.topic, found.entities_of("site")) == ("website", ("app.example.com",))


def test_without_a_configured_gateway_the_id_is_taken_as_it_is() -> None:
    found = route("nat spike on nat-0fffffffffffffff1 at 2am", Entities(), NOW, GRAMMAR)
    assert isinstance(found, Intent)
    assert found.first("gateway") == "nat-0fffffffffffffff1"


def test_a_clock_is_one_of_the_given_zone_and_echoed_in_utc() -> None:
    found = route("what caused the nat spike at 2am", NAMES, NOW, GRAMMAR, zone=ZoneInfo("America/New_York"))
    assert isinstance(found, Intent)
    assert said(found, Entities()) == "NAT spike, 2026-11-21 06:30 to 07:30 UTC"


def test_what_is_still_to_come_is_cut_off() -> None:
    found = intent("nat spike 10 minutes ago")
    assert found.window == Window(NOW - timedelta(minutes=40), NOW)


def test_the_grammar_has_rules_for_every_topic_and_a_use_for_every_feature() -> None:
    assert {topic.id for area in AREAS for topic in area.topics} == {rule.topic for rule in GRAMMAR.rules}
    named = {name for rule in GRAMMAR.rules for name in rule.every | rule.some | rule.none}
    kinds = {kind.name for kind in GRAMMAR.kinds}
    assert named <= set(GRAMMAR.features) | kinds | COMPUTED
    assert set(GRAMMAR.features) <= named, "a feature no rule asks for"


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
    assert correct_spelling(typed, GRAMMAR.spelling, GRAMMAR.words) == right


def test_one_of_thousands_of_services_is_found() -> None:
    many = Entities.of(service=tuple(f"svc-{i}-api" for i in range(5000)))
    found = route("why is svc-4711-api slow since 3am", many, NOW, GRAMMAR)
    assert isinstance(found, Intent)
    assert found.entities_of("service") == ("svc-4711-api",)


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
        Intent(topic="nat-spike", window=Window(NOW - timedelta(hours=2), NOW - timedelta(hours=1)))
        if leaning
        else None
    )
    found = ask(text, before)
    assert found == ask(text, before)
    if isinstance(found, Intent):
        for window in (found.window, found.against):
            assert window is None or window.since < window.until
        assert found.window is None or found.window.until <= NOW
        assert said(found)
    else:
        assert found.question
