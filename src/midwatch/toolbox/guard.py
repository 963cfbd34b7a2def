from pydantic import BaseModel

from midwatch.domain.tool import Mode, Tool, ToolError, ToolResult
from midwatch.toolbox.toolbox import Run


def guard(inner: Run) -> Run:
    """Policy that passes read-only tools only. A change needs an approval, which is not accepted here."""

    async def guarded(tool: Tool, arguments: BaseModel) -> ToolResult:
        if tool.mode is not Mode.READ:
            raise ToolError(f"{tool.name} changes something and was refused: investigations only read")
        return await inner(tool, arguments)

    return guarded
