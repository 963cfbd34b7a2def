"""A row of `kubectl get pods`: what READY, STATUS and RESTARTS say about phase and containers, and no more.

Which container a status belongs to is not in the row; the first that is not ready gets it, as kubectl shows the worst
one.
"""

import re
from datetime import datetime

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.times import rfc3339
from midwatch.integrations.kubernetes.text.values import number, value_of

Cells = dict[str, str]
_JOB = ("batch.kubernetes.io/job-name", "job-name")
_PHASES = frozenset(("Pending", "Running", "Succeeded", "Failed", "Unknown"))
# Set by the kubelet or a controller as the pod's own reason, with phase Failed.
_FAILED = frozenset(
    (
        "Evicted",
        "Shutdown",
        "NodeShutdown",
        "NodeAffinity",
        "UnexpectedAdmissionError",
        "DeadlineExceeded",
        "Preempting",
        "Terminated",
    )
)
_ENDED = frozenset(("Error", "OOMKilled", "ContainerCannotRun", "StartError", "ContainerStatusUnknown", "Completed"))
_WORKING = frozenset(("Running", "NotReady", "Terminating"))
# `<deployment>-<pod-template-hash>-<suffix>`; both made of letters that spell no words (k8s.io/apimachinery,
# util/rand).
_REPLICA = re.compile(r"(?P<set>.+-[bcdfghjklmnpqrstvwxz2456789]{6,10})-[bcdfghjklmnpqrstvwxz2456789]{5}")


def pod(cells: Cells, metadata: Json, now: datetime | None) -> Json:
    status, ready, total = cells.get("STATUS", ""), *_ready(cells.get("READY", ""))
    if status == "Terminating" and now:
        metadata["deletionTimestamp"] = rfc3339(now)
    _owned(metadata)
    init = status.startswith("Init:")
    shown = status.removeprefix("Init:")
    phase = _phase(shown, ready, init)
    return without_empty(
        kind="Pod",
        metadata=metadata,
        spec=without_empty(nodeName=value_of(cells.get("NODE", ""))),
        status=without_empty(
            phase=phase,
            reason=shown if shown in _FAILED or shown.startswith("OutOf") else None,
            podIP=value_of(cells.get("IP", "")),
            nominatedNodeName=value_of(cells.get("NOMINATED NODE", "")),
            conditions=_conditions(shown, phase, ready, total),
            initContainerStatuses=[_container(shown, False, number(cells.get("RESTARTS")))] if init else None,
            containerStatuses=_containers(
                "PodInitializing" if init else shown, ready, total, None if init else number(cells.get("RESTARTS"))
            ),
        ),
    )


def _ready(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,3})/(\d{1,3})", text)
    return (int(match[1]), min(int(match[2]), 50)) if match else (0, 0)


def _phase(shown: str, ready: int, init: bool) -> str | None:
    if shown in _PHASES:
        return shown
    if init:
        return "Pending"
    if shown in _FAILED or shown.startswith("OutOf"):
        return "Failed"
    if shown == "Completed":
        return "Succeeded"
    if (
        ready
        or shown in _WORKING
        or shown in _ENDED
        or shown in ("CrashLoopBackOff", "RunContainerError")
        or _exit(shown) is not None
    ):
        return "Running"
    return "Unknown" if shown == "NodeLost" else "Pending"


def _conditions(shown: str, phase: str | None, ready: int, total: int) -> list[Json]:
    if shown == "SchedulingGated":
        return [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]
    if phase != "Running" or not total:
        return []
    value = "True" if ready == total else "False"
    return [{"type": kind, "status": value} for kind in ("Ready", "ContainersReady")]


def _containers(shown: str, ready: int, total: int, restarts: int | None) -> list[Json]:
    if shown in ("Pending", "SchedulingGated", "Unknown", "NodeLost") or shown in _FAILED or shown.startswith("OutOf"):
        return []
    healthy = [_container("Running", True, 0) for _ in range(min(ready, total))]
    others = [_container(shown, False, 0) for _ in range(total - len(healthy))]
    found = others + healthy
    if found and restarts:
        found[0]["restartCount"] = restarts
    return found


def _container(shown: str, ready: bool, restarts: int | None) -> Json:
    return {"name": "", "ready": ready, "restartCount": restarts or 0, "state": _state(shown)}


def _state(shown: str) -> Json:
    code = _exit(shown)
    if shown in _ENDED or code is not None:
        reason = shown if shown in _ENDED else None
        return {"terminated": without_empty(reason=reason, exitCode=0 if shown == "Completed" else code)}
    if shown in _WORKING or re.fullmatch(r"\d+/\d+", shown):
        return {"running": {}}
    return {"waiting": without_empty(reason=shown)}


def _exit(shown: str) -> int | None:
    return number(shown.removeprefix("ExitCode:")) if shown.startswith("ExitCode:") else None


def _owned(metadata: Json) -> None:
    """A pod of a Deployment tells its ReplicaSet by name; one of a Job, its Job by label."""
    job = next((metadata["labels"][key] for key in _JOB if key in metadata.get("labels", {})), "")
    if job:
        metadata["ownerReferences"] = [{"kind": "Job", "name": job, "controller": True}]
    elif match := _REPLICA.fullmatch(metadata.get("name", "")):
        metadata["ownerReferences"] = [{"kind": "ReplicaSet", "name": match["set"], "controller": True}]
