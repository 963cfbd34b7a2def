"""The tables of questions that the areas ship, as one; and how a question of it is asked."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from midwatch.domain.capabilities import Area
from midwatch.domain.intent import Clarification, Entities, Intent
from midwatch.questions.fragments import merge_grammars
from midwatch.questions.restate import restate
from midwatch.questions.route import route
from tests.plugged import AREAS

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)  # a Saturday
UNCLEAR = "ask-back"
AREAS = AREAS
GRAMMAR = merge_grammars(AREAS)


def table(area: Area) -> dict[str, Any]:
    return yaml.safe_load(area.questions()) or {}


def entries(tables: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(topic, {ask: the question, and its slots})."""
    return [
        (topic, {"ask": entry} if isinstance(entry, str) else entry)
        for part, topics in tables.items()
        if part != "entities"
        for topic, some in topics.items()
        for entry in some
    ]


def _names() -> Entities:
    found: dict[str, list[Any]] = {}
    for area in AREAS:
        for kind, names in table(area).get("entities", {}).items():
            found[kind] = [tuple(name) if isinstance(name, list) else name for name in names]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return Entities.of(**found)


NAMES = _names()
FIRST, SECOND = NAMES.ids("gateway")
OF_AREA = {area.name: entries(table(area)) for area in AREAS}
ENTRIES = [
    *(entry for some in OF_AREA.values() for entry in some),
    *entries(yaml.safe_load((Path(__file__).parent / "unclear.yaml").read_text())),
]


def ask(question: str, before: Intent | None = None) -> Intent | Clarification:
    return route(question, NAMES, NOW, GRAMMAR, before=before)


def intent(*questions: str) -> Intent:
    """What the last of some questions asks, each leaning on the one before."""
    found: Intent | None = None
    for question in questions:
        answer = ask(question, found)
        assert isinstance(answer, Intent), (question, answer)
        found = answer
    assert found
    return found


def said(found: Intent, names: Entities = NAMES) -> str:
    return restate(found, AREAS, names)
