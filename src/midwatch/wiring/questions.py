"""What a question in words, or an alert, is about: understood with the names that the configuration knows."""

from collections import defaultdict
from datetime import datetime

from midwatch.domain.alert import Alert
from midwatch.domain.intent import Clarification, Entities, Intent
from midwatch.domain.investigation import Request
from midwatch.questions.restate import restate
from midwatch.services import understanding
from midwatch.wiring.connections import Connections


def entities(connections: Connections) -> Entities:
    """Every name that a section of the settings knows. Raises Refusal when one of them is wrong."""
    known: dict[str, dict[str | tuple[str, str], None]] = defaultdict(dict)
    for area in connections.areas.values():
        for kind, names in area.known(connections.section(area)).items():
            known[kind].update(dict.fromkeys(names))
    return Entities.of(**known)


def understand_question(
    connections: Connections, words: str, now: datetime, before: Intent | None = None, otherwise: str = ""
) -> Intent | Clarification:
    areas = tuple(connections.areas.values())
    return understanding.understand_question(words, entities(connections), now, areas, before, otherwise)


async def alert_request(connections: Connections, alert: Alert, now: datetime, namespace: str = "") -> Request:
    """With the details that its sender keeps."""
    whole, unread = await connections.complete(alert)
    areas = tuple(connections.areas.values())
    return understanding.alert_request(whole, entities(connections), now, areas, namespace, unread)


def restate_intent(connections: Connections, intent: Intent) -> str:
    """What was understood, in one line."""
    return restate(intent, tuple(connections.areas.values()))
