"""Which kinds of objects may be read: each is really asked for, so that the answer is not a guess."""

import asyncio
from collections.abc import Sequence

from midwatch.domain.capabilities import Health
from midwatch.domain.evidence import ToolRequest
from midwatch.integrations.kubernetes.reader import ListRequest, Reader, Refused

# A name no object has: the server checks the right to list and sends an empty list.
_NO_OBJECT = "metadata.name=midwatch-doctor"


async def health(reader: Reader, asks: Sequence[ToolRequest]) -> tuple[Health, ...]:
    """One Health for each kind of object that investigations open with."""
    lists = {a.key: a for a in asks if a.tool == "kubernetes_list"}
    return tuple(await asyncio.gather(*(_line(reader, ask) for ask in lists.values())))


async def _line(reader: Reader, ask: ToolRequest) -> Health:
    name = str(ask.arguments["resource"])
    request = ListRequest(name, str(ask.arguments.get("namespace", "")), fields=_NO_OBJECT)
    try:
        await reader.list(request)
    except Refused as refused:
        if refused.permission:
            hint = (
                "essential: nothing can be called healthy without it"
                if ask.essential
                else "its faults cannot be found without it"
            )
            return Health(name, "refused", f"required permission: {refused.permission}", hint)
        return Health(name, "missing" if refused.absent else "failed", str(refused))
    return Health(name, "ok", "readable")
