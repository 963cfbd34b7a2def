"""A tool caller with a cache: requests that this run made before, perhaps in another process, are not repeated."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.engine.gather import ToolCaller

Keep = Callable[[Evidence | Gap], Awaitable[None]]


class CachedToolCaller:
    """Tool caller with the run's stored results. `before` are the stored ones; `keep` stores each new one before it is
    used."""

    def __init__(self, door: ToolCaller, before: Iterable[Evidence | Gap], keep: Keep) -> None:
        self._door, self._keep = door, keep
        self._known = {ToolRequest(tool=item.tool, arguments=item.arguments).key: item for item in before}
        self.asked = 0

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Evidence | Gap:
        known = self._known.get(ToolRequest(tool=name, arguments=dict(arguments)).key)
        if known is not None:
            return known
        self.asked += 1
        answer = await self._door.call(name, arguments)
        await self._keep(answer)
        return answer
