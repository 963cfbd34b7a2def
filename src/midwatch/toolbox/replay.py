"""Replays recorded tool calls: the same requests get the same Evidence, with its time, its id and its hash."""

from collections.abc import Iterable, Mapping
from typing import Any

from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.kit.redaction import redact_arguments

NOT_RECORDED = "not in the bundle"


class ReplayToolbox:
    """Replacement for a Toolbox that only replays. An unrecorded request is a Gap, so a replay can never reach out."""

    def __init__(self, recorded: Iterable[Evidence | Gap]) -> None:
        self._calls = {ToolRequest(tool=item.tool, arguments=item.arguments).key: item for item in recorded}

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Evidence | Gap:
        ask = ToolRequest(tool=name, arguments=redact_arguments(arguments))
        return self._calls.get(ask.key) or Gap(tool=name, arguments=ask.arguments, query=ask.key, reason=NOT_RECORDED)
