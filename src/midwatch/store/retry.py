"""What the store cannot do just now is tried again until it can: it is away, locked or full, and what was asked of it
is right."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog

from midwatch.kit.backoff import pauses
from midwatch.store.errors import AWAY

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()


async def patiently(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `do`, a transaction, gives, in a thread. It may be done again after it was done: the answer of a commit can
    be lost."""
    for pause in pauses():
        try:
            return await asyncio.to_thread(do, *args, **kwargs)
        except AWAY as away:
            log.warning("store unavailable", error=str(away).partition("\n")[0], retry_in_s=round(pause, 1))
        await asyncio.sleep(pause)
    raise AssertionError("pauses have no end")
