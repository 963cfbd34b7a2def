"""AWS as an integration."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from midwatch.domain.capabilities import Health, Integration, Selection, SystemConnection
from midwatch.domain.evidence import ToolRequest
from midwatch.integrations.aws.settings import AwsSettings


def _connect(settings: AwsSettings, _selection: Selection, _used: Mapping[str, SystemConnection]) -> SystemConnection:
    """Connects to one account in one region. Results are cached for some minutes."""
    from midwatch.integrations.aws.client import Aws
    from midwatch.integrations.aws.health import health
    from midwatch.integrations.aws.tools import tools

    aws = Aws(settings)

    async def check(_asks: Sequence[ToolRequest]) -> tuple[Health, ...]:
        return await health(aws)

    return SystemConnection(tools=tools(aws), health=check, memory=lambda: json.dumps(asdict(aws.cache_state)))


INTEGRATION = Integration(
    name="aws",
    title="Amazon Web Services",
    settings=AwsSettings,
    configured=lambda settings: settings.is_configured,
    connect=_connect,
)
