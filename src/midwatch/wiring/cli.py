"""What the command line asks for: understood as at every other door, and investigated here and now.

What only questions and alerts need is loaded for those: an empty question about a cluster starts in half the time.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import TYPE_CHECKING

from midwatch.domain.alert import Alert
from midwatch.domain.capabilities import Area
from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.investigation import Investigation, Request, asked
from midwatch.engine.gather import Watch
from midwatch.engine.investigate import silent
from midwatch.kit.clock import utc_now
from midwatch.services.context import Context
from midwatch.services.errors import Refusal
from midwatch.services.investigations import investigate
from midwatch.settings import Settings
from midwatch.wiring import CLUSTER, about_cluster
from midwatch.wiring import context as cluster

if TYPE_CHECKING:
    from midwatch.wiring.questions import Surroundings


def question(settings: Settings, words: str, namespace: str = "", *, dump: str = "", otherwise: str = "") -> Request:
    """A question, about what it turns out to ask. A dump is a cluster, so that its questions are about that.

    Raises Refusal with the choices when it has to be asked back.
    """
    if dump or not words.strip():
        return asked(words, Intent(topic=CLUSTER), namespace)
    found = _surroundings(settings).understood(words, utc_now(), otherwise=otherwise)
    if isinstance(found, Clarification):
        raise Refusal(found.question, "\n  ".join(f"- {choice}" for choice in found.choices))
    return asked(words, found, namespace)


async def alert(settings: Settings, told: Alert, namespace: str = "") -> Request:
    return await _surroundings(settings).reported(told, utc_now(), namespace)


async def request(
    settings: Settings, wanted: Request, *, dump: str = "", context: str = "", watch: Watch = silent
) -> Investigation:
    """Raises Refusal when what it is about cannot be opened, or nothing could be read of it."""
    async with _opened(settings, wanted, dump, context) as ctx:
        return await investigate(ctx, wanted, watch)


def _opened(settings: Settings, wanted: Request, dump: str, context: str) -> AbstractAsyncContextManager[Context]:
    if about_cluster(wanted) and wanted.alert is None:
        return cluster(settings, dump=dump, context=context)
    return _surroundings(settings).opened(wanted, dump=dump, context_name=context)


def restated(request: Request) -> str:
    """What was understood, in one line."""
    line: Callable[[Intent, tuple[Area, ...]], str] = import_module("midwatch.questions.restate").restate
    areas: Callable[[], tuple[Area, ...]] = import_module("midwatch.wiring.areas").areas
    return line(request.intent, areas()) if request.intent else ""


def _surroundings(settings: Settings) -> "Surroundings":
    made: type[Surroundings] = import_module("midwatch.wiring.questions").Surroundings
    return made(settings)
