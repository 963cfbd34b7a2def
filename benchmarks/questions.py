"""`POST /query` from the question to the report, over a cluster and an AWS account that take 50 ms for each call.

python -m benchmarks.questions
"""

import json
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.station import Station, station
from midwatch.diagnosis.traffic import fake
from midwatch.integrations.aws.fake import FakeAws, FakeGateway, environment
from midwatch.integrations.aws.fake import serve as serve_aws
from midwatch.integrations.kubernetes.fake import serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.scene import Scene

LATENCY_S = 0.05
TIMES = 20  # questions of each kind


def _asked(server: Station, prompt: str) -> float:
    """Seconds until the answer, which has to be one."""
    began = time.perf_counter()
    body = json.dumps({"prompt": prompt, "session_id": "bench"}).encode()
    with urlopen(Request(f"{server.url}/query", body, {"Content-Type": "application/json"}), timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    if found["state"] != "done":
        raise RuntimeError(f"{prompt}: {found['response']}")
    return time.perf_counter() - began


def run() -> str:
    two = (datetime.now(UTC) - timedelta(days=1)).replace(hour=2, minute=0, second=0, microsecond=0)
    scene = Scene()
    for name in fake.NAMESPACES:
        scene.namespace(name)
    for job in fake.night(two):
        scene.cluster.add(*job.things())
        scene.cluster.log(job.namespace, job.pod_name, "refresh", job.log(), start=job.began)
    scene.cluster.trouble("*", delay=LATENCY_S)
    aws = FakeAws(
        gateways=[FakeGateway(fake.GATEWAY)],
        metrics={(fake.GATEWAY, "BytesOutToDestination"): fake.traffic(fake.burst(two))},
    )
    aws.latency.update(
        dict.fromkeys(("GetMetricData", "DescribeNatGateways", "DescribeSubnets", "DescribeFlowLogs"), LATENCY_S)
    )
    with TemporaryDirectory() as name, serve(scene.cluster) as url, serve_aws(aws) as aws_url:
        kubeconfig = write_kubeconfig(Path(name) / "config", url)
        with station(_known, kubeconfig, **environment(aws_url)) as server:
            prompts = [
                f"what caused the NAT spike at {two - timedelta(minutes=7 * n):%Y-%m-%dT%H:%MZ}?" for n in range(TIMES)
            ]
            _asked(server, prompts[0])  # loads the SDK
            fresh = [_asked(server, prompt) for prompt in prompts[1:]]
            asked = aws.calls["GetMetricData"]
            again = [_asked(server, prompt) for prompt in prompts[1:]]
            more = aws.calls["GetMetricData"] - asked
    rows = [
        ("asked for the first time, p50 / most", fresh, asked - 1),
        ("asked again within 5 minutes, p50 / most", again, more),
    ]
    head = ["## A question: what caused the NAT spike at …, with 50 ms for each call to the cluster and to AWS\n"]
    table = [
        "| | s | calls to CloudWatch |",
        "|---|--:|--:|",
        *(f"| {what} | {_s(seconds)} | {calls} |" for what, seconds, calls in rows),
    ]
    return "\n".join([*head, *table, ""])


def _known(home: Path) -> None:
    (home / "traffic.yaml").write_text(fake.CONFIG)


def _s(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f} / {max(seconds):.2f}"


if __name__ == "__main__":
    sys.stdout.write(run())
