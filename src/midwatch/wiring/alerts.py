"""What an investigation of an alert needs: the alert's own text, and a cluster where one is asked for or named."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from midwatch.domain.alert import Alert
from midwatch.integrations import alerttext, kubernetes
from midwatch.integrations.alerttext.subject import kubernetes_subject
from midwatch.integrations.kubernetes.reader import Reader, Refused
from midwatch.services.context import Context
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.wiring import reader, toolbox


@dataclass(frozen=True)
class Where:
    """Which cluster an alert is looked into in. `named`: somebody asked for one, so that it has to be there; `gladly`: any that
    is configured, even when the alert names nothing of Kubernetes."""

    dump: str = ""
    context: str = ""
    named: bool = False
    gladly: bool = False

    def asked(self, alert: Alert) -> bool:
        return self.named or self.gladly or kubernetes_subject(alert.labels) is not None


@asynccontextmanager
async def alert_context(settings: Settings, alert: Alert, where: Where) -> AsyncGenerator[Context]:
    """For an alert: its own text, and the cluster that is asked for or that it names, as far as one can be reached."""
    alone = (alerttext.integration(),)
    opened, source = await _reached(settings, where) if where.asked(alert) else (None, "the alert alone")
    integrations = (*alone, kubernetes.integration(opened)) if opened else alone
    try:
        yield Context(integrations, toolbox(integrations), source, settings.budget)
    except Refused as refused:
        raise Refusal(str(refused)) from refused
    finally:
        if opened:
            await opened.close()


async def _reached(settings: Settings, where: Where) -> tuple[Reader | None, str]:
    """The cluster and its name; without one, why the alert has to do alone. Raises Refusal when the cluster was asked for by name."""
    opened: Reader | None = None
    try:
        opened = reader(settings, dump=where.dump, context=where.context)
        return opened, (await opened.about()).source
    except (Refused, Refusal) as refused:
        if opened:
            await opened.close()
        if where.named:
            raise Refusal(str(refused)) from refused
        return None, f"the alert alone ({refused})"
