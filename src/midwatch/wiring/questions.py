"""What a question in words needs beside a cluster: AWS, the sites, and what is known of one's own traffic."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from midwatch.domain.alert import Alert
from midwatch.domain.intent import Clarification, Entities, Intent
from midwatch.domain.investigation import Request
from midwatch.integrations import alerttext, aws, kubernetes, traffic, website
from midwatch.integrations.aws.client import Aws
from midwatch.integrations.kubernetes.reader import Nobody, Reader, Refused
from midwatch.integrations.manifest import Integration
from midwatch.integrations.traffic.config import Traffic, configured
from midwatch.services.context import Context
from midwatch.services.errors import Refusal
from midwatch.services.understanding import reported, understood
from midwatch.settings import Settings, home
from midwatch.wiring import about_cluster, context, reader, toolbox
from midwatch.wiring.alerts import alert_context
from midwatch.wiring.areas import areas
from midwatch.wiring.details import completed
from midwatch.wiring.entities import entities
from midwatch.wiring.websites import websites


@dataclass(frozen=True)
class Surroundings:
    """Lives as long as its process: what AWS said is remembered for some minutes. Raises Refusal when the traffic file
    is wrong."""

    settings: Settings

    @cached_property
    def traffic(self) -> Traffic:
        return configured(self.settings.traffic.file, home())

    @cached_property
    def aws(self) -> Aws:
        return Aws(self.settings.aws)

    @property
    def entities(self) -> Entities:
        return entities(self.settings, self.traffic)

    def understood(
        self, words: str, now: datetime, before: Intent | None = None, otherwise: str = ""
    ) -> Intent | Clarification:
        return understood(words, self.entities, now, areas(), before, otherwise)

    async def reported(self, alert: Alert, now: datetime, namespace: str = "") -> Request:
        """With the details that its sender keeps."""
        async with AsyncExitStack() as stack:
            whole, unread = await completed(self.settings, stack)(alert)
        return reported(whole, self.entities, now, areas(), namespace, unread)

    @asynccontextmanager
    async def opened(self, request: Request, *, dump: str = "", context_name: str = "") -> AsyncGenerator[Context]:
        """What the topic of the request needs. A cluster that cannot be reached is a gap, except where it is all that
        was asked about."""
        if about_cluster(request):
            async with self._cluster_alone(request, dump, context_name) as ctx:
                yield ctx
            return
        cluster, source = await self._cluster(dump, context_name)
        try:
            integrations = taking_part(request, self.settings, self.traffic, self.aws, cluster)
            yield Context(integrations, toolbox(integrations), source, self.settings.budget)
        except Refused as refused:
            raise Refusal(str(refused)) from refused
        finally:
            await cluster.close()

    def _cluster_alone(self, request: Request, dump: str, context_name: str) -> AbstractAsyncContextManager[Context]:
        """An alert has to be looked into even where no cluster is configured; a question about a cluster cannot."""
        if request.alert:
            return alert_context(self.settings, dump=dump, context=context_name)
        return context(self.settings, dump=dump, context=context_name)

    async def _cluster(self, dump: str, context_name: str) -> tuple[Reader, str]:
        opened: Reader | None = None
        try:
            opened = reader(self.settings, dump=dump, context=context_name)
            return opened, (await opened.about()).source
        except (Refused, Refusal) as refused:
            if opened:
                await opened.close()
            if dump or context_name:
                raise Refusal(str(refused)) from refused
            return Nobody(str(refused)), f"no cluster ({refused})"


def taking_part(
    request: Request, settings: Settings, known: Traffic, account: Aws, cluster: Reader
) -> tuple[Integration, ...]:
    """Who has a say in what is not about a cluster alone."""
    own = kubernetes.integration(cluster)
    if request.topic in website.TOPICS:
        own = replace(own, follows=website.TOPICS)  # a site in trouble leads on to what is behind it
        return websites(settings, cluster=not isinstance(cluster, Nobody)), own
    told = (alerttext.integration(),) if request.alert else ()
    return *told, traffic.integration(known), aws.integration(account), own
