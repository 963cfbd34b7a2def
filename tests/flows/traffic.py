"""A night of traffic: a cluster and an AWS account made up in memory, both over real HTTP, and what looks into them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.investigation import Investigation, Request
from midwatch.integrations.aws.fake import FakeAws, Gateway, environment
from midwatch.integrations.aws.fake import serve as serve_aws
from midwatch.integrations.kubernetes.fake import FakeCluster, serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.integrations.traffic import fake
from midwatch.integrations.traffic.fake import Refresh
from midwatch.services.investigations import investigate
from midwatch.settings import KubernetesSettings, Settings, TrafficSettings
from midwatch.wiring.questions import Surroundings
from tests.flows.unfilled import whole

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
TWO = (NOW - timedelta(hours=2 if NOW.hour >= 3 else 26)).replace(hour=2, minute=0)  # the last 2 am that is well over


@dataclass
class Night:
    """What there is, and what is asked. `folder` has the kubeconfig and the traffic file; `before` is what was asked
    before, as in one conversation."""

    aws: FakeAws
    scene: Scene
    around: Surroundings
    folder: Path
    before: Intent | None = None

    @property
    def cluster(self) -> FakeCluster:
        return self.scene.cluster

    async def ask(self, question: str) -> Investigation:
        found = self.around.understood(question, datetime.now(UTC), self.before)
        assert isinstance(found, Intent), found
        self.before = found
        request = Request(question=question, namespace=found.first("namespace"), intent=found)
        async with self.around.opened(request) as ctx:
            return whole(await investigate(ctx, request))

    def asks_back(self, question: str) -> Clarification:
        found = self.around.understood(question, datetime.now(UTC), self.before)
        assert isinstance(found, Clarification), found
        return found

    def runs(self, *jobs: Refresh) -> None:
        for job in jobs:
            self.cluster.add(*job.things())
            if job.pods:
                self.cluster.log(job.namespace, job.pod_name, "refresh", job.log(), start=job.began)

    def sends(self, *bursts: Sequence[tuple[datetime, float]], gateway: str = fake.GATEWAY) -> None:
        sent = fake.traffic([point for burst in bursts for point in burst])
        self.aws.metrics[gateway, "BytesOutToDestination"] = sent
        self.aws.metrics[gateway, "BytesOutToSource"] = lambda at: sent(at) / 10
        self.aws.metrics[gateway, "PeakBytesPerSecond"] = lambda at: sent(at) / 30
        self.aws.metrics[gateway, "ActiveConnectionCount"] = lambda _: 1200.0


@contextmanager
def night(folder: Path, monkeypatch: pytest.MonkeyPatch, config: str = fake.CONFIG) -> Iterator[Night]:
    """One gateway with a flat night behind it; jobs and spikes are added by the test."""
    scene = Scene()
    for name in fake.NAMESPACES:
        scene.namespace(name)
    aws = FakeAws(gateways=[Gateway(fake.GATEWAY, "demo-nat-1c")])
    (folder / "traffic.yaml").write_text(config)
    with serve(scene.cluster) as url, serve_aws(aws) as aws_url:
        for name, value in environment(aws_url).items():
            monkeypatch.setenv(name, value)
        settings = Settings(
            kubernetes=KubernetesSettings(kubeconfig=write_kubeconfig(folder / "kubeconfig", url)),
            traffic=TrafficSettings(file=folder / "traffic.yaml"),
        )
        made = Night(aws, scene, Surroundings(settings), folder)
        made.sends()
        yield made
