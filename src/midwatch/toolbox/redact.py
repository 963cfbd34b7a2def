from pydantic import BaseModel

from midwatch.domain.observation import Listed
from midwatch.domain.tool import Seen, Tool
from midwatch.kit.redaction import redact_body, redact_text
from midwatch.toolbox.toolbox import Run


def redact(inner: Run) -> Run:
    """Secrets are cut out before anything is stored, hashed, cited or read by a model."""

    async def redacted(tool: Tool, arguments: BaseModel) -> Seen:
        observation, query = await inner(tool, arguments)
        if isinstance(observation, Listed):
            return Seen(observation.model_copy(update={"body": redact_body(observation.body)}), query)
        return Seen(observation.model_copy(update={"text": redact_text(observation.text)}), query)

    return redacted
