"""Use cases for tests that are not asynchronous: asked on a loop of another thread, which all of them share."""

import asyncio
from collections.abc import Coroutine
from functools import cache
from threading import Thread
from typing import Any, TypeVar

from midwatch.domain.access import AccessRole, Actor, KeylessRole

T = TypeVar("T")

OWNER = Actor(name="test", role=AccessRole.ADMIN)
SENDER = Actor(name="bell", role=KeylessRole.SENDER)


def settle(done: Coroutine[Any, Any, T]) -> T:
    """What it gives, or what it raises."""
    return asyncio.run_coroutine_threadsafe(done, _loop()).result()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="use cases", daemon=True).start()
    return loop
