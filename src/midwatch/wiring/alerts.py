"""What the investigation of an alert needs: its own text, and a cluster where one can be reached."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from midwatch.engine.context import Context
from midwatch.integrations import alerttext, kubernetes
from midwatch.integrations.kubernetes.reader import Reader, Refused
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring import reader, toolbox


@asynccontextmanager
async def alert_context(settings: Settings, *, dump: str = "", context: str = "") -> AsyncGenerator[Context]:
    """For an alert: its own text, and the cluster that is configured, even when the alert names nothing of Kubernetes:
    what fails outside often began inside. One that was named has to be there."""
    alone = (alerttext.integration(),)
    opened, source = await _reached(settings, dump, context)
    integrations = (*alone, kubernetes.integration(opened)) if opened else alone
    try:
        yield Context(integrations, toolbox(integrations), source, settings.budget)
    except Refused as refused:
        raise Refusal(str(refused)) from refused
    finally:
        if opened:
            await opened.close()


async def _reached(settings: Settings, dump: str, context: str) -> tuple[Reader | None, str]:
    """The cluster and its name; without one, why the alert has to do alone. Raises Refusal when the cluster was asked
    for by name."""
    opened: Reader | None = None
    try:
        opened = reader(settings, dump=dump, context=context)
        return opened, (await opened.about()).source
    except (Refused, Refusal) as refused:
        if opened:
            await opened.close()
        if dump or context:
            raise Refusal(str(refused)) from refused
        return None, f"the alert alone ({refused})"
