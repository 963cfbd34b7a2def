"""Kubernetes as an integration."""

from collections.abc import Mapping, Sequence
from functools import partial

from midwatch.domain.capabilities import Health, Integration, Selection, SystemConnection
from midwatch.domain.evidence import Evidence, Gap, ToolRequest
from midwatch.domain.refusal import Refusal
from midwatch.domain.tool import Tool
from midwatch.integrations.kubernetes.reader import Reader, Refused, UnavailableReader
from midwatch.integrations.kubernetes.settings import KubernetesSettings


def _connect(
    settings: KubernetesSettings, selection: Selection, _used: Mapping[str, SystemConnection]
) -> SystemConnection:
    """The cluster of a context, or a saved one. Only the reader that is wanted is loaded: an HTTP client, or a reader
    of text and archives, is a seventh of a command's start."""
    from midwatch.integrations.kubernetes.tools import tools

    reader = _reader(settings, selection)

    async def about() -> str:
        try:
            return (await reader.version()).source
        except Refused as refused:
            raise Refusal(str(refused)) from refused

    return SystemConnection(
        tools=tools(reader),
        about=about,
        close=reader.close,
        health=partial(_health, reader),
    )


def _reader(settings: KubernetesSettings, selection: Selection) -> Reader:
    try:
        if selection.dump:
            from midwatch.integrations.kubernetes.dump import open_dump

            return open_dump(selection.dump, selection.words)
        if not settings.enabled:
            raise Refused("Kubernetes is switched off in the settings; set kubernetes.enabled to true.")
        from midwatch.integrations.kubernetes.client import connect

        return connect(settings.kubeconfig, selection.context or None)
    except Refused as refused:
        raise Refusal(str(refused)) from refused


async def _health(reader: Reader, asks: Sequence[ToolRequest]) -> tuple[Health, ...]:
    from midwatch.integrations.kubernetes.health import health

    return await health(reader, asks)


def _unreachable(reason: str) -> tuple[Tool, ...]:
    from midwatch.integrations.kubernetes.tools import tools

    return tools(UnavailableReader(reason))


def _migrate(item: Evidence | Gap) -> Evidence | Gap:
    from midwatch.integrations.kubernetes.migrate import migrate

    return migrate(item)


INTEGRATION = Integration(
    name="kubernetes",
    title="Kubernetes",
    settings=KubernetesSettings,
    connect=_connect,
    lasting=False,
    place="cluster",
    unreachable=_unreachable,
    contexts=lambda settings: settings.contexts or ("",),
    configured=lambda settings: settings.names_a_cluster,
    migrate=_migrate,
)
