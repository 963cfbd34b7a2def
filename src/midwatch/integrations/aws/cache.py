"""Five-minute cache of AWS results: repeated requests cost nothing, and throttling falls back to the last result."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from midwatch.domain.observation import Measurements, Resources
from midwatch.domain.tool import ToolResult
from midwatch.integrations.aws.errors import STRANGE, Busy, unexpected_answer

FRESH_FOR = 300.0  # seconds
_MOST = 64  # answers; a week of twelve metrics is about 300 kB


@dataclass(frozen=True)
class CacheState:
    """State of the cache. `oldest_age_s` is the age of the oldest result, in seconds; None while it is empty."""

    hits: int = 0
    misses: int = 0
    oldest_age_s: float | None = None


@dataclass(frozen=True)
class Fetched:
    """One fetched result. `whole` is False for an incomplete one, which must not be shown again."""

    seen: ToolResult
    whole: bool = True


class Cache:
    """Cache with one fetch of a key at a time: concurrent callers wait for it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: dict[Hashable, tuple[datetime, ToolResult]] = {}
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
        self._hits = self._misses = 0

    @property
    def state(self) -> CacheState:
        oldest = min((at for at, _ in self._kept.values()), default=None)
        return CacheState(self._hits, self._misses, None if oldest is None else self._age(oldest))

    async def get(self, key: Hashable, fetch: Callable[[], Awaitable[Fetched]]) -> ToolResult:
        """A fresh result, or a stale and marked one while AWS throttles."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            at, seen = self._kept.get(key, (None, None))
            if at and seen and self._age(at) <= FRESH_FOR:
                self._hits += 1
                return seen
            self._misses += 1
            began = self._now()
            try:
                fetched = await fetch()
            except Busy as busy:
                if at is None or seen is None:
                    raise
                return annotate(seen, f"stale: measured {self._age(at):.0f} s ago, {busy.why}")
            except STRANGE as error:
                raise unexpected_answer("a question") from error
            if fetched.whole:
                self._keep(key, began, fetched.seen)
            return fetched.seen

    def _age(self, at: datetime) -> float:
        return (self._now() - at).total_seconds()

    def _keep(self, key: Hashable, at: datetime, seen: ToolResult) -> None:
        self._kept.pop(key, None)
        self._kept[key] = (at, seen)
        while len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]


def annotate(seen: ToolResult, note: str) -> ToolResult:
    """The result with a further note on omitted data."""
    observation = seen.observation
    if not isinstance(observation, Measurements | Resources):
        return seen
    partial = "; ".join(words for words in (note, observation.partial) if words)
    return ToolResult(observation.model_copy(update={"partial": partial}), seen.query)
