"""Settings as evidence, so that the limit behind a verdict can be cited and a bundle contains it."""

from collections.abc import Sequence

import msgspec

from midwatch.diagnosis.traffic.config import Traffic
from midwatch.domain.evidence import Citation, Evidence, ToolRequest
from midwatch.domain.observation import Resources
from midwatch.domain.subject import Subject
from midwatch.domain.tool import ToolResult

TOOL, NAME = "traffic_settings", "traffic"
ASK = ToolRequest(tool=TOOL)


async def traffic_settings(traffic: Traffic) -> ToolResult:
    """Reads what is configured: NAT gateways with what is usual there, how jobs are found and read, vendors, hours and
    limits."""
    body = msgspec.json.encode([{"metadata": {"name": NAME}, **traffic.model_dump(mode="json")}])
    return ToolResult(Resources(resource="settings", body=body, count=1), "the traffic file")


def configured_traffic(evidence: Sequence[Evidence]) -> Traffic | None:
    """The traffic settings in the evidence; None before they were read."""
    for item in evidence:
        if item.tool == TOOL:
            return Traffic.model_validate(
                {k: v for k, v in msgspec.json.decode(item.text)[0].items() if k != "metadata"}
            )
    return None


def cite(evidence: Sequence[Evidence], quote: str = "") -> tuple[Citation, ...]:
    """Citation of the settings; `quote` is a part of them, word for word."""
    item = next((e for e in evidence if e.tool == TOOL), None)
    return (Citation(evidence=item.id, quote=quote, subject=Subject(kind="Settings", name=NAME)),) if item else ()
