"""The composition root: settings and flags become the readers, integrations and policies of one run. Alone knows everything."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from midwatch.domain.alert import Alert
from midwatch.engine.gather import Door
from midwatch.integrations import alerttext, kubernetes
from midwatch.integrations.alerttext.subject import kubernetes_subject
from midwatch.integrations.kubernetes.reader import Nobody, Reader, Refused
from midwatch.integrations.manifest import Integration
from midwatch.kit.clock import utc_now
from midwatch.services.bundles import Bundle
from midwatch.services.context import Context
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.toolbox.cache import cache
from midwatch.toolbox.guard import guard
from midwatch.toolbox.limit import limit
from midwatch.toolbox.redact import redact
from midwatch.toolbox.tape import Tape
from midwatch.toolbox.toolbox import Toolbox

FRESH_S = 30.0  # an answer this old is still the state of the cluster; within one investigation nothing is asked twice


def reader(settings: Settings, *, dump: str = "", context: str = "") -> Reader:
    """Who answers: a dump, or the cluster of a kubeconfig's context. Raises Refusal when it cannot be opened.

    Only the one that is wanted is loaded: an HTTP client, or a reader of text and archives, is a seventh of a command's start.
    """
    try:
        if dump:
            from_dump: Callable[[str], Reader] = import_module("midwatch.integrations.kubernetes.dump").open_dump
            return from_dump(dump)
        from_cluster: Callable[[Path | None, str | None], Reader] = import_module("midwatch.integrations.kubernetes.client").connect
        return from_cluster(settings.kubernetes.kubeconfig, context or None)
    except Refused as refused:
        raise Refusal(str(refused)) from refused


def toolbox(integrations: tuple[Integration, ...]) -> Door:
    tools = [tool for integration in integrations for tool in integration.tools]
    return Toolbox(tools, (guard, cache(FRESH_S, time.monotonic), redact, limit()), utc_now)


@asynccontextmanager
async def context(settings: Settings, *, dump: str = "", context: str = "") -> AsyncGenerator[Context]:
    """Everything for investigating one cluster or one dump; closes what it opened."""
    opened = reader(settings, dump=dump, context=context)
    try:
        integrations = (kubernetes.integration(opened),)
        source = (await opened.about()).source
        yield Context(integrations, toolbox(integrations), source, settings.budget)
    except Refused as refused:
        raise Refusal(str(refused)) from refused
    finally:
        await opened.close()


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


def replay(bundle: Bundle, settings: Settings) -> Context:
    """The same investigation from its bundle: the tape answers, nothing else can."""
    told = (alerttext.integration(),) if bundle.manifest.request.alert else ()
    looked = bundle.manifest.gaps or any(e.tool != "alert" for e in bundle.evidence)
    integrations = (*told, kubernetes.integration(Nobody())) if looked or not told else told
    tape = Tape([*bundle.evidence, *bundle.manifest.gaps])
    return Context(integrations, tape, bundle.manifest.source, settings.budget)
