"""What the command line asks for: understood as at every other door, and investigated here and now.

What only questions and alerts need is loaded for those: an empty question about a cluster starts in half the time.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from midwatch.domain.alert import Alert
from midwatch.domain.capabilities import open_topic
from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.investigation import CaseFile, Request, question_request
from midwatch.engine.gather import Watch
from midwatch.engine.investigate import no_progress
from midwatch.engine.investigations import investigate
from midwatch.kit.clock import utc_now
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring.connections import Connections, open_investigation
from midwatch.wiring.registry import registry


def question(settings: Settings, words: str, namespace: str = "", *, dump: str = "", otherwise: str = "") -> Request:
    """A question, about what it turns out to ask. A dump is a cluster, so that its questions are about that.

    Raises Refusal with the choices when it has to be asked back.
    """
    if dump or not words.strip():
        return question_request(words, Intent(topic=default_topic()), namespace)
    found: Intent | Clarification = _questions().understand_question(
        Connections(settings), words, utc_now(), otherwise=otherwise
    )
    if isinstance(found, Clarification):
        raise Refusal(found.question, "\n  ".join(f"- {choice}" for choice in found.choices))
    return question_request(words, found, namespace)


def question_about(wanted: Request, names: Sequence[str], namespace: str) -> Request:
    """The same question, about objects of one namespace only."""
    words = f"{wanted.question} {' '.join(names)}".strip()
    found = question_request(words, wanted.intent or Intent(topic=default_topic()), namespace)
    return found.model_copy(update={"since": wanted.since})


def has_period(settings: Settings, wanted: Request) -> bool:
    """Whether what it is about is answered for a period; a question about anything else reads the present state."""
    topics = (topic for area in Connections(settings).areas.values() for topic in area.topics)
    return any(topic.id == wanted.topic and topic.default_window is not None for topic in topics)


async def alert(settings: Settings, told: Alert, namespace: str = "") -> Request:
    connections = Connections(settings)
    try:
        found: Request = await _questions().alert_request(connections, told, utc_now(), namespace)
        return found
    finally:
        await connections.close()


async def request(
    settings: Settings, wanted: Request, *, dump: str = "", context: str = "", watch: Watch = no_progress
) -> CaseFile:
    """Raises Refusal when what it is about cannot be opened, or nothing could be read of it."""
    async with open_investigation(settings, wanted, dump=dump, context=context) as ctx:
        return await investigate(ctx, wanted, watch)


def contexts(settings: Settings) -> tuple[str, ...]:
    """Those that --context picks from, where no flag names one: of the system that is a place."""
    connections = Connections(settings)
    places = (owner for owner in connections.plugged.integrations.values() if owner.place)
    return next((connections.contexts(owner) for owner in places), ("",))


def default_topic() -> str:
    """The topic of whatever is wrong."""
    return open_topic(registry().areas.values())


def about_everything(request: Request) -> bool:
    return request.topic in ("", default_topic())


def restate_request(settings: Settings, request: Request) -> str:
    """What was understood, in one line."""
    return _questions().restate_intent(Connections(settings), request.intent) if request.intent else ""


def _questions() -> Any:
    return import_module("midwatch.wiring.questions")
