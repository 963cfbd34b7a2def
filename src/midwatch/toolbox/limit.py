import asyncio

from pydantic import BaseModel

from midwatch.domain.tool import Tool, ToolError, ToolResult
from midwatch.toolbox.toolbox import Policy, Run

CALLS_AT_ONCE = 8  # an API server's fair queue serves a client about this many at a time before it makes it wait
LARGEST = 256 * 1024 * 1024  # bytes of one observation; above it the request was too broad


def limit(calls_at_once: int = CALLS_AT_ONCE, largest: int = LARGEST) -> Policy:
    """Policy that bounds each call's time and size, and the number of concurrent calls."""
    gate = asyncio.Semaphore(calls_at_once)

    def policy(inner: Run) -> Run:
        async def limited(tool: Tool, arguments: BaseModel) -> ToolResult:
            try:
                async with gate, asyncio.timeout(tool.timeout_s):
                    seen = await inner(tool, arguments)
            except TimeoutError as error:
                raise ToolError(f"no answer within {tool.timeout_s:g} s") from error
            size = len(seen.observation.content)
            if size > largest:
                raise ToolError(
                    f"the answer has {size:,} bytes, more than the {largest:,} allowed: ask for one namespace"
                )
            return seen

        return limited

    return policy
