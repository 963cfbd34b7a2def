"""A fictitious night of refresh jobs: their objects in a Kubernetes API, and their traffic. For the demonstration and
tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

Thing = dict[str, Any]
GATEWAY = "nat-0c0ffee0123456789"
NAMESPACES = ("refresh-a", "refresh-b", "refresh-c")
FLAT = 0.42e9  # bytes in five minutes of an idle night
_STEP = timedelta(minutes=5)
CONFIG = f"""\
gateways:
  - id: {GATEWAY}
    name: demo-nat-1c
    cluster: demo
    vpc: vpc-0c0ffee0123456789
    zone: us-east-1c
    usual_gb: 0.5
    spike_gb: 5
jobs:
  pack: refresh
  namespaces: [{", ".join(NAMESPACES)}]
vendors:
  - {{name: Halverin, hosts: [api.halverin.example]}}
clients: [Alderbrook, Borealis, Corvane]
hours: {{zone: America/New_York, begin: 9, end: 17}}
"""


@dataclass(frozen=True)
class Refresh:
    """One job: `files` are (name, minutes after its beginning, size in bytes or None)."""

    client: str
    namespace: str
    began: datetime
    ended: datetime | None
    type: str = "MULTI_CLIENT_FULL"
    user: str = "ops@example.com"
    files: Sequence[tuple[str, float, float | None]] = ()
    vendor: str = "https://api.halverin.example/v1/files"
    failed: bool = False
    pods: bool = True

    @property
    def uuid(self) -> str:
        return str(uuid5(NAMESPACE_DNS, f"{self.client}/{self.namespace}/{self.began.isoformat()}"))

    @property
    def name(self) -> str:
        return f"refresh-{self.uuid}"

    @property
    def pod_name(self) -> str:
        return f"{self.name}-{self.uuid[-5:]}"

    def things(self) -> tuple[Thing, ...]:
        """The Job and, until it is deleted, its Pod."""
        env = [
            {"name": "REFRESH_S3_LOCATOR", "value": f"{self.uuid}:{self.began.timestamp():.0f}:{self.client}"},
            {"name": "REFRESH_TYPE", "value": self.type},
            {"name": "EVENT_USER", "value": self.user},
        ]
        labels = {"app.kubernetes.io/instance": "zeus-orchestrator", "app.kubernetes.io/name": self.name}
        spec: Thing = {
            "restartPolicy": "Never",
            "containers": [{"name": "refresh", "image": "registry.example.com/refresh:4.2", "env": env}],
        }
        meta: Thing = {
            "name": self.name,
            "namespace": self.namespace,
            "labels": labels,
            "creationTimestamp": _stamp(self.began),
        }
        job: Thing = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": meta,
            "spec": {"template": {"spec": spec}},
            "status": self._status(),
        }
        owner = labels | {"job-name": self.name, "batch.kubernetes.io/job-name": self.name}
        pod_meta: Thing = {
            "name": self.pod_name,
            "namespace": self.namespace,
            "labels": owner,
            "creationTimestamp": _stamp(self.began),
        }
        phase = "Running" if self.ended is None else "Failed" if self.failed else "Succeeded"
        pod: Thing = {"apiVersion": "v1", "kind": "Pod", "metadata": pod_meta, "spec": spec | {"nodeName": "worker-1"}}
        pod["status"] = {
            "phase": phase,
            "containerStatuses": [{"name": "refresh", "ready": self.ended is None, "state": self._state()}],
        }
        return (job, pod) if self.pods else (job,)

    def _status(self) -> Thing:
        status: Thing = {"startTime": _stamp(self.began)}
        if self.ended is None:
            return status | {"active": 1}
        over = {
            "type": "Failed" if self.failed else "Complete",
            "status": "True",
            "lastTransitionTime": _stamp(self.ended),
        }
        if self.failed:
            return status | {"failed": 1, "conditions": [over]}
        return status | {"succeeded": 1, "completionTime": _stamp(self.ended), "conditions": [over]}

    def _state(self) -> Thing:
        if self.ended is None:
            return {"running": {"startedAt": _stamp(self.began)}}
        code = int(self.failed)
        times = {"startedAt": _stamp(self.began), "finishedAt": _stamp(self.ended)}
        ran = {"containerID": f"containerd://{self.uuid.replace('-', '')}"}
        return {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed", **times, **ran}}

    def log(self) -> str:
        """Log of such a job, with a timestamp on each line."""
        run = f'{{"jobId": 1010112485260230, "runId": {int(self.uuid[:6], 16)}'
        page = f"https://{self.client.lower()}.cloud.databricks.com/#job/1010112485260230"
        lines = [
            (
                0.0,
                f"INFO refresh {self.type} of {self.client}, configuration from "
                f"http://config.{self.namespace}.svc:8080/{self.client}",
            ),
            (0.2, f'INFO Databricks run started {run}, "runPageUrl": "{page}", "lifeCycleState": "RUNNING"}}'),
        ]
        for file, after, size in self.files:
            told = f" ({size / 1e9:.1f} GB)" if size else ""
            lines.append((after, f"INFO uploading file {file}{told} to {self.vendor}"))
        if self.ended:
            minutes = (self.ended - self.began) / timedelta(minutes=1)
            state = "INTERNAL_ERROR" if self.failed else "TERMINATED"
            lines.append((minutes, f'INFO Databricks {run}, "lifeCycleState": "{state}"}}'))
        return "".join(f"{_stamp(self.began + timedelta(minutes=after))} {text}\n" for after, text in lines)


def traffic(bursts: Sequence[tuple[datetime, float]] = ()) -> Callable[[float], float]:
    """Bytes out in the minute that begins at a time in epoch seconds: nearly flat; a burst is (time, bytes) of five
    minutes."""
    high = {at.timestamp(): size for at, size in bursts}

    def sent(minute: float) -> float:
        five = minute - minute % 300
        return high.get(five, FLAT * (1 + 0.02 * (five // 300 % 3))) / 5

    return sent


def burst(at: datetime) -> list[tuple[datetime, float]]:
    """The spike of the source document: 12.5 GB in the highest five minutes."""
    return [(at + n * _STEP, size) for n, size in enumerate((1.3e9, 12.5e9, 1.1e9))]


def night(two: datetime) -> tuple[Refresh, ...]:
    """Jobs around two o'clock: a large refresh behind the spike, a small one beside it, and one that was over
    before."""
    hour = timedelta(hours=1)
    files = [("members_1.csv", 183.0, 6.1e9), ("members_2.csv", 186.0, 5.9e9), ("claims.csv", 192.0, 1.2e9)]
    return (
        Refresh("Alderbrook", NAMESPACES[0], two - 3 * hour, two + timedelta(minutes=21), files=files),
        Refresh(
            "Borealis",
            NAMESPACES[1],
            two + timedelta(minutes=7),
            None,
            "INCREMENTAL",
            files=[("delta.csv", 2.0, 0.2e9)],
        ),
        Refresh("Corvane", NAMESPACES[1], two - 5 * hour, two - 3 * hour, "SINGLE_CLIENT"),
    )


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
