"""A night of traffic: a cluster and an AWS account made up in memory, both over real HTTP, and what looks into them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from midwatch.diagnosis.traffic import fake
from midwatch.diagnosis.traffic.fake import Refresh
from midwatch.diagnosis.traffic.settings import TrafficSettings
from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.investigation import CaseFile, Request
from midwatch.engine.investigations import investigate
from midwatch.integrations.aws.fake import FakeAws, FakeGateway, environment
from midwatch.integrations.aws.fake import serve as serve_aws
from midwatch.integrations.kubernetes.fake import FakeCluster, serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.integrations.kubernetes.settings import KubernetesSettings
from midwatch.kit.clock import utc_now
from midwatch.wiring.connections import Connections
from midwatch.wiring.questions import understand_question
from tests.flows.unfilled import whole
from tests.plugged import settings as composed

# When it is asked: the last noon, so that `2am`, `today` and `last night` mean the same at any hour at which the tests
# run. A server and a command have the real clock: there, times are asked for with their day (AT_TWO).
NOW = (utc_now() - timedelta(hours=12)).replace(hour=12, minute=0, second=0, microsecond=0)
TWO = NOW.replace(hour=2)
AT_TWO = f"at {TWO:%Y-%m-%d} 2am"


@dataclass
class Night:
    """What there is, and what is asked. `folder` has the kubeconfig and the traffic file; `before` is what was asked
    before, as in one conversation."""

    aws: FakeAws
    scene: Scene
    connections: Connections
    folder: Path
    before: Intent | None = None

    @property
    def cluster(self) -> FakeCluster:
        return self.scene.cluster

    async def ask(self, question: str) -> CaseFile:
        found = understand_question(self.connections, question, NOW, self.before)
        assert isinstance(found, Intent), found
        self.before = found
        request = Request(question=question, namespace=found.first("namespace"), intent=found)
        async with self.connections.investigation(request) as ctx:
            return whole(await investigate(ctx, request))

    def asks_back(self, question: str) -> Clarification:
        found = understand_question(self.connections, question, NOW, self.before)
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
    aws = FakeAws(gateways=[FakeGateway(fake.GATEWAY, "demo-nat-1c")])
    (folder / "traffic.yaml").write_text(config)
    with serve(scene.cluster) as url, serve_aws(aws) as aws_url:
        for name, value in environment(aws_url).items():
            monkeypatch.setenv(name, value)
        settings = composed(
            kubernetes=KubernetesSettings(kubeconfig=write_kubeconfig(folder / "kubeconfig", url)),
            traffic=TrafficSettings(file=folder / "traffic.yaml"),
        )
        made = Night(aws, scene, Connections(settings), folder)
        made.sends()
        yield made
