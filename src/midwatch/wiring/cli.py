"""What the command line asks for: understood as at every other door, and investigated here and now.

What only questions and alerts need is loaded for those: an empty question about a cluster starts in half the time.
"""

from importlib import import_module
from typing import Any

from midwatch.domain.alert import Alert
from midwatch.domain.capabilities import Selection
from midwatch.domain.intent import AskBack, Intent, Topic
from midwatch.domain.investigation import Investigation, Request, asked
from midwatch.engine.gather import Watch
from midwatch.engine.investigate import silent
from midwatch.kit.clock import utc_now
from midwatch.services.errors import Refusal
from midwatch.services.investigations import investigate
from midwatch.settings import Settings
from midwatch.wiring.connections import Connections


def question(
    settings: Settings, words: str, namespace: str = "", *, dump: str = "", otherwise: Topic | None = None
) -> Request:
    """A question, about what it turns out to ask. A dump is a cluster, so that its questions are about that.

    Raises Refusal with the choices when it has to be asked back.
    """
    if dump or not words.strip():
        return asked(words, Intent(topic=Topic.CLUSTER), namespace)
    found = _questions().understood(settings, words, utc_now(), otherwise)
    if isinstance(found, AskBack):
        raise Refusal(found.question, "\n  ".join(f"- {choice}" for choice in found.choices))
    return asked(words, found, namespace)


async def alert(settings: Settings, told: Alert, namespace: str = "") -> Request:
    connections = Connections(settings)
    try:
        found: Request = await _questions().reported(settings, connections.complete, told, utc_now(), namespace)
        return found
    finally:
        await connections.close()


async def request(
    settings: Settings, wanted: Request, *, dump: str = "", context: str = "", watch: Watch = silent
) -> Investigation:
    """Raises Refusal when what it is about cannot be opened, or nothing could be read of it."""
    connections = Connections(settings)
    try:
        async with connections.opened(wanted, Selection(context, dump)) as ctx:
            return await investigate(ctx, wanted, watch)
    finally:
        await connections.close()


def _questions() -> Any:
    return import_module("midwatch.wiring.questions")
