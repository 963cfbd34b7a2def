"""Retries of store calls during temporary failures: the store is away, locked or full, and the call itself is valid."""

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
    """Runs the transaction `do` in a thread until it succeeds, and returns its result. It may run again after it was
    done: the response to a commit can be lost."""
    for pause in pauses():
        try:
            return await asyncio.to_thread(do, *args, **kwargs)
        except AWAY as away:
            log.warning("store unavailable", error=str(away).partition("\n")[0], retry_in_s=round(pause, 1))
        await asyncio.sleep(pause)
    raise AssertionError("pauses have no end")
