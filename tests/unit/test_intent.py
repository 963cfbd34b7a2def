"""What was understood, as a value and as JSON; and what version 0.1.0 stored of it."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from midwatch.domain.intent import Entities, Intent
from midwatch.domain.investigation import Answer, Request

WINDOW = {"since": "2026-11-21T01:30:00Z", "until": "2026-11-21T02:30:00Z"}
EMPTY = {"window": None, "against": None, "entities": {}, "attribute": ""}
GOLDEN: list[tuple[dict[str, Any], dict[str, Any]]] = [  # as 0.1.0 stored it, and as it is now
    (
        {
            "topic": "nat-spike",
            "window": WINDOW,
            "against": None,
            "gateway": "nat-07eb006676096fcd3",
            "client": "",
            "namespace": "",
            "services": [],
            "sites": [],
            "facet": "",
        },
        {**EMPTY, "topic": "nat-spike", "window": WINDOW, "entities": {"gateway": ["nat-07eb006676096fcd3"]}},
    ),
    (
        {
            "topic": "jobs-of-client",
            "window": WINDOW,
            "against": None,
            "gateway": "",
            "client": "Blue Harbor",
            "namespace": "devmatt",
            "services": [],
            "sites": [],
            "facet": "duration",
        },
        {
            **EMPTY,
            "topic": "jobs-of-client",
            "window": WINDOW,
            "entities": {"client": ["Blue Harbor"], "namespace": ["devmatt"]},
            "attribute": "duration",
        },
    ),
    (
        {"topic": "cluster", "services": ["hermes", "checkout"], "namespace": "shop"},
        {**EMPTY, "topic": "cluster", "entities": {"namespace": ["shop"], "service": ["hermes", "checkout"]}},
    ),
    (
        {"topic": "website", "sites": ["api.example.com"], "facet": ""},
        {**EMPTY, "topic": "website", "entities": {"site": ["api.example.com"]}},
    ),
    ({"topic": "websites"}, {**EMPTY, "topic": "websites"}),
]


@pytest.mark.parametrize(("stored", "now"), GOLDEN, ids=[str(old["topic"]) for old, _ in GOLDEN])
def test_what_0_1_0_stored_is_read(stored: dict[str, Any], now: dict[str, Any]) -> None:
    found = Intent.model_validate_json(json.dumps(stored))
    assert json.loads(found.model_dump_json()) == now
    assert Intent.model_validate_json(found.model_dump_json()) == found
    assert Request.model_validate_json(json.dumps({"question": "?", "intent": stored})).intent == found


def test_a_request_of_0_1_0_without_an_intent_asks_for_nothing_in_particular() -> None:
    assert Request.model_validate_json('{"question": "", "intent": null}').topic == ""


def test_an_intent_is_a_value() -> None:
    one = Intent(topic="website", entities=(("site", ("a.example", "b.example")), ("client", ("Borealis",))))
    other = Intent(topic="website").with_entity({"client": ["Borealis"], "site": ("a.example", "b.example")})
    assert one == other and hash(one) == hash(other) and len({one, other}) == 1
    assert (one.entities_of("site"), one.first("client"), one.first("gateway")) == (
        ("a.example", "b.example"),
        "Borealis",
        "",
    )
    assert (
        one.with_entity({"client": [""]})
        == one.only(["site"])
        == Intent(topic="website").with_entity({"site": one.entities_of("site")})
    )


@pytest.mark.parametrize(
    "given",
    [
        {"topic": "jobs", "colour": "red"},
        {"topic": "jobs", "entities": "client"},
        {"topic": "jobs", "entities": [["client"]]},
        {"topic": "jobs", "entities": {"client": [7]}},
        {"topic": "jobs", "entities": 7},
        {"topic": "jobs", "gateway": 7},
        {},
    ],
)
def test_what_is_no_intent_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Intent.model_validate(given)


def test_names_have_an_id_and_may_have_a_name() -> None:
    known = Entities.of(gateway=[("nat-1", "eks-1c"), "nat-2"], client=())
    assert known.ids("gateway") == ("nat-1", "nat-2") and known.ids("client") == ()
    assert [known.title("gateway", one) for one in ("nat-1", "nat-2", "nat-3")] == ["nat-1 (eks-1c)", "nat-2", "nat-3"]


def test_an_answer_of_0_1_0_is_read_and_given_on_as_one_of_today() -> None:
    stored: dict[str, Any] = {
        "schema": "midwatch.answer/1",
        "request": {"question": "is api.example.com up?", "intent": GOLDEN[3][0]},
        "source": "test",
        "verdict": "HEALTHY",
        "headline": "Nothing is wrong",
        "diagnosis": {"verdict": "HEALTHY", "headline": "Nothing is wrong"},
        "evidence": [],
    }
    shown = json.loads(Answer.model_validate(stored).json_text())
    assert shown["schema"] == "midwatch.answer/2"
    assert shown["request"]["intent"] == GOLDEN[3][1]
    with pytest.raises(ValidationError):
        Answer.model_validate(stored | {"schema": "midwatch.answer/3"})
