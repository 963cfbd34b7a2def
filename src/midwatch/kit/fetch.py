"""Client for small public files by address: no redirects, a size limit, and one request an hour for each address."""

import asyncio
import time
from collections.abc import Callable

import httpx2

from midwatch.kit.answers import Unanswered, send

TIMEOUT_S = 10.0
LARGEST = 65_536  # bytes; a certificate has two thousand
FRESH_S = 3600.0
KEPT = 64  # addresses
AT_ONCE = 4  # requests; addresses come from outside, so the load that they can cause is bounded


class Unreachable(Exception):
    """The address gave no usable content; the text gives the reason."""


class Fetch:
    """Fetches and caches files. `clock` counts seconds and never goes back. Only successful responses are cached."""

    def __init__(self, http: httpx2.AsyncClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._http, self._clock = http, clock
        self._kept: dict[str, tuple[float, bytes]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def get(self, url: str) -> bytes:
        """The content of the address. Raises Unreachable."""
        async with self._room:
            at, content = self._kept.get(url, (float("-inf"), b""))
            if self._clock() - at < FRESH_S:
                return content
            content = await self._read(url)
            self._kept.pop(url, None)
            self._kept[url] = (self._clock(), content)
            while len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
            return content

    async def _read(self, url: str) -> bytes:
        try:
            answer = await send(self._http, "GET", url, largest=LARGEST, seconds=TIMEOUT_S)
        except Unanswered as error:
            raise Unreachable(str(error)) from error
        if answer.status != 200:
            raise Unreachable(f"it answers {answer.status}")
        return answer.body
