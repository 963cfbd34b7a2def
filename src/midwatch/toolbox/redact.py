from pydantic import BaseModel

from midwatch.domain.observation import Listed, LogLines
from midwatch.domain.tool import Tool, ToolResult
from midwatch.kit.longlines import cut_lines
from midwatch.kit.redaction import redact_body, redact_text
from midwatch.toolbox.toolbox import Run


def redact(inner: Run) -> Run:
    """Policy that cuts out secrets before a result is stored, hashed, cited or read by a model; then the middle of
    overlong log lines.

    In this order: half a secret would not be known as one. What rules see is what is stored, so each quotation is found
    in it.
    """

    async def redacted(tool: Tool, arguments: BaseModel) -> ToolResult:
        seen = await inner(tool, arguments)
        observation = seen.observation
        if isinstance(observation, Listed):
            return seen._replace(observation=observation.model_copy(update={"body": redact_body(observation.body)}))
        text = redact_text(observation.text)
        text = cut_lines(text) if isinstance(observation, LogLines) else text
        return seen._replace(observation=observation.model_copy(update={"text": text}))

    return redacted
