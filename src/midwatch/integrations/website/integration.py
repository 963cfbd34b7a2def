"""Websites as an integration."""

from collections.abc import Mapping, Sequence

from midwatch.domain.capabilities import Health, Integration, Selection, SystemConnection
from midwatch.domain.evidence import ToolRequest
from midwatch.integrations.website.objects.site import Sites


def _connect(sites: Sites, _selection: Selection, _used: Mapping[str, SystemConnection]) -> SystemConnection:
    """Every public site can be checked; internal ones only when they are configured."""
    from midwatch.integrations.website.check import Checker
    from midwatch.integrations.website.health import health
    from midwatch.integrations.website.tools import tools

    checker = Checker(sites.root)

    async def check(_asks: Sequence[ToolRequest]) -> tuple[Health, ...]:
        return await health(sites.root, checker)

    return SystemConnection(tools=tools(checker), health=check)


INTEGRATION = Integration(
    name="website",
    title="Websites",
    settings=Sites,
    section="sites",
    configured=lambda sites: bool(sites.root),
    connect=_connect,
)
