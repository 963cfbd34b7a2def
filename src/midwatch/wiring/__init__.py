"""The composition root: settings and flags become the readers, integrations and policies of one run. Alone knows
everything.

Here is what an investigation of a cluster needs; `alerts` and `replays` add what only theirs do, and are loaded by
those.
"""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

from midwatch.domain.investigation import Request
from midwatch.engine.gather import Door
from midwatch.integrations import kubernetes
from midwatch.integrations.kubernetes.area import CLUSTER as CLUSTER
from midwatch.integrations.kubernetes.reader import Reader, Refused
from midwatch.integrations.manifest import Integration
from midwatch.kit.clock import utc_now
from midwatch.services.context import Context
from midwatch.services.errors import Refusal
from midwatch.settings import Settings
from midwatch.toolbox.cache import cache
from midwatch.toolbox.guard import guard
from midwatch.toolbox.limit import limit
from midwatch.toolbox.redact import redact
from midwatch.toolbox.toolbox import Toolbox

FRESH_S = 30.0  # an answer this old is still the state of the cluster; within one investigation nothing is asked twice


def about_cluster(request: Request) -> bool:
    """Whether it asks what is wrong in a cluster, or nothing in particular."""
    return request.topic in ("", CLUSTER)


def reader(settings: Settings, *, dump: str = "", context: str = "") -> Reader:
    """Who answers: a dump, or the cluster of a kubeconfig's context. Raises Refusal when it cannot be opened.

    Only the one that is wanted is loaded: an HTTP client, or a reader of text and archives, is a seventh of a command's
    start.
    """
    try:
        if dump:
            from_dump: Callable[[str], Reader] = import_module("midwatch.integrations.kubernetes.dump").open_dump
            return from_dump(dump)
        from_cluster: Callable[[Path | None, str | None], Reader] = import_module(
            "midwatch.integrations.kubernetes.client"
        ).connect
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
