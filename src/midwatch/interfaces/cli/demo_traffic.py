"""The night of the source document: a spike at two, the job behind it, and the questions a person would put."""

import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from midwatch.analysis.times.spoken_time import timestamp
from midwatch.diagnosis.traffic import fake
from midwatch.diagnosis.traffic.settings import TrafficSettings
from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.investigation import CaseFile, Request
from midwatch.engine.investigations import investigate
from midwatch.integrations.aws.client import NOT_INSTALLED
from midwatch.integrations.aws.fake import FakeAws, FakeGateway, environment
from midwatch.integrations.aws.fake import serve as serve_aws
from midwatch.integrations.aws.fake.world import Points
from midwatch.integrations.kubernetes.fake import serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.interfaces.cli import command
from midwatch.kit.clock import utc_now
from midwatch.questions.restate import restate
from midwatch.reports import terminal
from midwatch.reports.compose import compose
from midwatch.services.errors import Refusal
from midwatch.wiring.connections import Connections
from midwatch.wiring.questions import understand_question

SPIKE = "What caused the NAT spike at 2am?"
THEN = (
    "How long did the upload take?",
    "Where did the data go?",
    "Was that expected?",
    "Are any refresh jobs uploading data right now?",
    "Show me NAT traffic for the last 24 hours",
    "and yesterday?",
)


async def demo_traffic(clock: Callable[[], datetime] = utc_now) -> None:
    out, now = terminal.console(), _asked(clock())
    if find_spec("boto3") is None:
        raise Refusal(NOT_INSTALLED)
    two = timestamp("2am", now)
    with tempfile.TemporaryDirectory() as folder, _world(Path(folder), two) as connections:
        out.print("Fake cluster and fake AWS account on this machine:\n")
        before = await _ask(connections, SPIKE, now, None, whole=True)
        for question in THEN:
            before = await _ask(connections, question, now, before, whole=False)
    out.print("\nWith your own account and cluster: docs/traffic.md\n", style="dim")


def _asked(now: datetime) -> datetime:
    """When the questions are put. Between two and three the night of `2am` is not over; an hour before, it is the night
    before that is meant."""
    return now - timedelta(hours=1) if now.hour == 2 else now


async def _ask(
    connections: Connections, question: str, now: datetime, before: Intent | None, *, whole: bool
) -> Intent | None:
    """Answers on the terminal; what was spoken of now."""
    out = terminal.console()
    out.print(f"\n> {question}", style="bold cyan")
    intent = understand_question(connections, question, now, before)
    if isinstance(intent, Clarification):
        out.print(terminal.plain(intent.question))
        return before
    request = Request(question=question, intent=intent)
    async with connections.investigation(request) as ctx:
        found: CaseFile = await investigate(ctx, request)
    out.print(terminal.plain(restate(intent, tuple(connections.areas.values()))), style="dim")
    if whole:
        terminal.show(out, compose(found))
    else:
        out.print(terminal.plain(found.diagnosis.headline))
    return intent.model_copy(update={"attribute": ""})


@contextmanager
def _world(folder: Path, two: datetime) -> Generator[Connections]:
    """Both made up, and who looks into them; AWS's own variables point there meanwhile."""
    scene = Scene()
    for name in fake.NAMESPACES:
        scene.namespace(name)
    for job in fake.night(two):
        scene.cluster.add(*job.things())
        scene.cluster.log(job.namespace, job.pod_name, "refresh", job.log(), start=job.began)
    sent = fake.traffic(fake.burst(two))
    metrics: dict[str, Points] = {
        "BytesOutToDestination": sent,
        "BytesOutToSource": lambda at: sent(at) / 10,
        "PeakBytesPerSecond": lambda at: sent(at) / 30,
        "ActiveConnectionCount": lambda at: 900 + at % 11,
    }
    gateway = FakeGateway(fake.GATEWAY, "demo-nat-1c")
    aws = FakeAws(gateways=[gateway], metrics={(gateway.id, name): points for name, points in metrics.items()})
    (folder / "traffic.yaml").write_text(fake.CONFIG)
    was = dict(os.environ)
    with serve(scene.cluster) as url, serve_aws(aws) as aws_url:
        os.environ.update(environment(aws_url))
        try:
            settings = command.settings(str(write_kubeconfig(folder / "kubeconfig", url)))
            yield Connections(settings.having(TrafficSettings(file=folder / "traffic.yaml")))
        finally:
            os.environ.clear()
            os.environ.update(was)
