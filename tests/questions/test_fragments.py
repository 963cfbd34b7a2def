"""Grammar fragments of areas: merged in any order, and refused where they would take another's questions."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest

from midwatch.domain.capabilities import Area
from midwatch.domain.intent import Entities, Intent
from midwatch.domain.topics import EntityKind, Topic
from midwatch.questions.fragments import FragmentError, merge_grammars, open_topic
from midwatch.questions.route import route
from tests.questions.table import AREAS, ENTRIES, GRAMMAR, NAMES, NOW, OF_AREA, UNCLEAR, table

FOLLOW_UPS = (
    "and yesterday?",
    "what about 3am?",
    "compare that with last week",
    "how long did it take?",
    "and for Borealis?",
    "what about hermes?",
    "and api.example.com?",
    "what about nat-0a1b2c3d4e5f60718?",
)


def area(grammar: str = "", *topics: Topic, entities: tuple[EntityKind, ...] = ()) -> Area:
    return Area("boats", "Boats", topics or (Topic("boats", "Boats", "boats"),), entities, lambda: grammar)


def test_every_order_of_the_areas_understands_the_same() -> None:
    questions = [entry["ask"] for _, entry in ENTRIES]
    orders = list(permutations(AREAS))[1::5]
    for question in questions:
        first = route(question, NAMES, NOW, GRAMMAR)
        assert all(route(question, NAMES, NOW, merge_grammars(order)) == first for order in orders), question
    befores = {found.topic: found for q in questions if isinstance(found := route(q, NAMES, NOW, GRAMMAR), Intent)}
    assert len(befores) == len(GRAMMAR.declared)
    for before in befores.values():
        for question in (*FOLLOW_UPS, *questions[::10]):
            first = route(question, NAMES, NOW, GRAMMAR, before=before)
            for order in orders:
                assert route(question, NAMES, NOW, merge_grammars(order), before=before) == first, (before, question)


@pytest.mark.parametrize("name", [name for name, some in OF_AREA.items() if some])
def test_an_area_alone_understands_the_questions_of_its_table(name: str) -> None:
    """Without the others there is nothing else to take them for."""
    alone = next(a for a in AREAS if a.name == name)
    grammar, own = merge_grammars((alone,)), {topic.id for topic in alone.topics}
    found = [route(entry["ask"], NAMES, NOW, grammar) for _, entry in OF_AREA[name]]
    assert all(f.topic in own for f in found if isinstance(f, Intent))
    assert sum(isinstance(f, Intent) for f in found) >= 0.8 * len(found)


@pytest.mark.parametrize("shipped", AREAS, ids=lambda a: a.name)
def test_an_area_ships_a_table_with_questions_for_each_of_its_topics(shipped: Area) -> None:
    asked = {topic for topic, _ in OF_AREA[shipped.name]}
    assert asked == {topic.id for topic in shipped.topics}
    assert set(table(shipped).get("entities", {})) <= {kind.name for kind in shipped.entities}


def test_an_area_from_outside_is_asked_and_takes_nothing_from_the_others() -> None:
    pier = EntityKind("pier", "pier", 60, "pier {names}", pattern=r"\b(?P<name>pier-\d{1,3})\b")
    boats = area(
        "features: {boat: '\\b(?:boats?|ships?)\\b'}\nrules: [{topic: boats, weight: 99, all: [boat]}]",
        Topic("boats", "Boats", "boats", takes=("pier",)),
        entities=(pier,),
    )
    grammar = merge_grammars((*AREAS, boats))
    found = route("which ships lie at pier-7 since 3am?", NAMES, NOW, grammar)
    assert isinstance(found, Intent)
    assert (found.topic, found.entities_of("pier")) == ("boats", ("pier-7",)) and found.window
    for topic, entry in ENTRIES:
        before, after = (route(entry["ask"], NAMES, NOW, g) for g in (GRAMMAR, grammar))
        if topic != UNCLEAR:
            assert before == after, entry["ask"]


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        (
            "rules: [{topic: boats, weight: 99, all: [trouble]}]",
            "area boats: the rule of weight 99 for boats needs no feature of its own area",
        ),
        (
            "features: {boat: boats}\nrules: [{topic: boats, weight: 99, any: [boat, trouble]}]",
            "needs no feature of its own area",
        ),
        (
            "features: {boat: boats}\nrules: [{topic: boats, weight: 99, none: [boat]}]",
            "needs no feature of its own area",
        ),
        (
            "features: {boat: boats}\nrules: [{topic: boats, weight: 99, all: [boat, nat]}]",
            "needs what is no feature of its own or of the core: nat",
        ),
        (
            "features: {boat: boats}\nrules: [{topic: cluster, weight: 99, all: [boat]}]",
            "is for a topic of another area",
        ),
        ("features: {nat: boats}", "feature 'nat' is declared twice"),
        ("features: {trouble: boats}", "feature 'trouble' is declared twice"),
        ("features: {gateway: boats}", "feature 'gateway' is declared twice"),
        ("attributes: {volume: ['how much']}", "attribute 'volume' is declared twice"),
        ("features: {boat: '('}", "area boats: '(' is no regular expression"),
        ("features: {boat", "area boats: its grammar cannot be read"),
    ],
)
def test_a_fragment_that_does_not_fit_is_refused(fragment: str, said: str) -> None:
    for order in ((*AREAS, area(fragment)), (area(fragment), *AREAS)):
        with pytest.raises(FragmentError) as refused:
            merge_grammars(order)
        assert said in str(refused.value)


KIND = EntityKind("gateway", "gate", 1, "gate {names}")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: area("", Topic("jobs", "Jobs", "boats")), "topic 'jobs' is declared twice"),
        (lambda: area("", Topic("boats", "Boats", "boats", open=True)), "more than one topic is open"),
        (lambda: area("", Topic("boats", "Boats", "ships")), "says that its area is 'ships'"),
        (lambda: area("", entities=(KIND,)), "entity kind 'gateway' is declared twice"),
        (lambda: replace(area(), name="traffic"), "area 'traffic' is declared twice"),
    ],
)
def test_a_declaration_that_is_there_already_is_refused(make: Callable[[], Area], said: str) -> None:
    with pytest.raises(FragmentError) as refused:
        merge_grammars((*AREAS, make()))
    assert said in str(refused.value)


def test_without_any_area_everything_is_asked_back() -> None:
    found = route("what caused the nat spike?", Entities(), NOW, merge_grammars(()))
    assert not isinstance(found, Intent) and found.question
    assert open_topic(()) == "" and open_topic(AREAS) == "cluster"


def test_every_feature_that_a_rule_speaks_of_is_one() -> None:
    """In `none` may stand those of other areas, which are checked for all of them only here."""
    for rule in GRAMMAR.rules:
        assert rule.none <= set(GRAMMAR.features) | {k.name for k in GRAMMAR.kinds} | {
            "point",
            "now",
            "days",
            "compared",
        }
