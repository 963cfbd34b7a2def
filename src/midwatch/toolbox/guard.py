from pydantic import BaseModel

from midwatch.domain.tool import Mode, Tool, ToolError, ToolResult
from midwatch.toolbox.toolbox import Run


def guard(inner: Run) -> Run:
    """Only questions pass. A change needs an approval, which this door does not take."""

    async def guarded(tool: Tool, arguments: BaseModel) -> ToolResult:
        if tool.mode is not Mode.READ:
            raise ToolError(f"{tool.name} changes something and was refused: investigations only read")
        return await inner(tool, arguments)

    return guarded
