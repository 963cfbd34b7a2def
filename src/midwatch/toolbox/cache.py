from collections.abc import Callable

from pydantic import BaseModel

from midwatch.domain.tool import Tool, ToolResult
from midwatch.toolbox.toolbox import Policy, Run


def cache(fresh_for_s: float, clock: Callable[[], float]) -> Policy:
    """Policy that answers a repeated request within `fresh_for_s` seconds from memory; `clock` is monotonic, in
    seconds."""
    kept: dict[tuple[str, str], tuple[float, ToolResult]] = {}

    def policy(inner: Run) -> Run:
        async def cached(tool: Tool, arguments: BaseModel) -> ToolResult:
            key = (tool.name, arguments.model_dump_json())
            now = clock()
            for old in [k for k, (since, _) in kept.items() if now - since > fresh_for_s]:
                del kept[old]
            if key in kept:
                return kept[key][1]
            seen = await inner(tool, arguments)
            kept[key] = (now, seen)
            return seen

        return cached

    return policy
