"""Columns of pods and of what makes pods."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from midwatch.integrations.kubernetes.fake.podcells import pod_cells
from midwatch.integrations.kubernetes.fake.printing import (
    NONE,
    Sheet,
    age,
    containers,
    duration,
    get_path,
    join_values,
    moment,
    pairs,
    selector,
    since,
)

Thing = dict[str, Any]


def _count(obj: Thing, path: str) -> int:
    return get_path(obj, path, 0)


def _tail(obj: Thing) -> list[Any]:
    return [*containers(get_path(obj, "spec.template", {})), selector(get_path(obj, "spec.selector"))]


def _deployment(obj: Thing, now: datetime) -> list[Any]:
    ready = f"{_count(obj, 'status.readyReplicas')}/{_count(obj, 'spec.replicas')}"
    updated, available = _count(obj, "status.updatedReplicas"), _count(obj, "status.availableReplicas")
    return [obj["metadata"]["name"], ready, updated, available, age(obj, now), *_tail(obj)]


def _replicaset(obj: Thing, now: datetime) -> list[Any]:
    numbers = [_count(obj, p) for p in ("spec.replicas", "status.replicas", "status.readyReplicas")]
    return [obj["metadata"]["name"], *numbers, age(obj, now), *_tail(obj)]


def _replication_controller(obj: Thing, now: datetime) -> list[Any]:
    numbers = [_count(obj, p) for p in ("spec.replicas", "status.replicas", "status.readyReplicas")]
    return [
        obj["metadata"]["name"],
        *numbers,
        age(obj, now),
        *containers(get_path(obj, "spec.template", {})),
        pairs(get_path(obj, "spec.selector")),
    ]


def _statefulset(obj: Thing, now: datetime) -> list[Any]:
    ready = f"{_count(obj, 'status.readyReplicas')}/{_count(obj, 'spec.replicas')}"
    return [obj["metadata"]["name"], ready, age(obj, now), *containers(get_path(obj, "spec.template", {}))]


def _daemonset(obj: Thing, now: datetime) -> list[Any]:
    paths = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    numbers = [_count(obj, f"status.{p}") for p in paths]
    nodes = pairs(get_path(obj, "spec.template.spec.nodeSelector"))
    return [obj["metadata"]["name"], *numbers, nodes, age(obj, now), *_tail(obj)]


def _job(obj: Thing, now: datetime) -> list[Any]:
    wanted = get_path(obj, "spec.completions")
    needed = wanted if wanted is not None else f"1 of {get_path(obj, 'spec.parallelism', 1)}"
    done = f"{_count(obj, 'status.succeeded')}/{needed}"
    return [obj["metadata"]["name"], _job_status(obj), done, _job_time(obj, now), age(obj, now), *_tail(obj)]


def _job_status(obj: Thing) -> str:
    met = {c["type"] for c in get_path(obj, "status.conditions", []) if c["status"] == "True"}
    found = next(
        (t for t in ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet") if t in met), ""
    )
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return found or "Running"


def _job_time(obj: Thing, now: datetime) -> str:
    start, end = get_path(obj, "status.startTime"), get_path(obj, "status.completionTime")
    if not start:
        return ""
    return duration((moment(end) - moment(start)).total_seconds()) if end else since(start, now)


def _cronjob(obj: Thing, now: datetime) -> list[Any]:
    last = get_path(obj, "status.lastScheduleTime")
    suspended = "True" if get_path(obj, "spec.suspend", False) else "False"
    zone, active = get_path(obj, "spec.timeZone", NONE), len(get_path(obj, "status.active", []))
    tail = [
        *containers(get_path(obj, "spec.jobTemplate.spec.template", {})),
        selector(get_path(obj, "spec.jobTemplate.spec.selector")),
    ]
    head = [obj["metadata"]["name"], obj["spec"]["schedule"], zone, suspended, active]
    return [*head, since(last, now) if last else NONE, age(obj, now), *tail]


def _autoscaler(obj: Thing, now: datetime) -> list[Any]:
    target = f"{get_path(obj, 'spec.scaleTargetRef.kind')}/{get_path(obj, 'spec.scaleTargetRef.name')}"
    least, most, current = (
        get_path(obj, "spec.minReplicas", 1),
        _count(obj, "spec.maxReplicas"),
        _count(obj, "status.currentReplicas"),
    )
    return [obj["metadata"]["name"], target, _targets(obj), str(least), most, current, age(obj, now)]


def _targets(obj: Thing) -> str:
    """Current and wanted value of each metric; what nobody could measure is <unknown>."""
    current = {
        get_path(m, "resource.name"): get_path(m, "resource.current", {})
        for m in get_path(obj, "status.currentMetrics", [])
        if m
    }
    shown: list[str] = []
    for metric in get_path(obj, "spec.metrics", []):
        name, wanted = get_path(metric, "resource.name", ""), get_path(metric, "resource.target", {})
        seen = current.get(name, {})
        if "averageUtilization" in wanted:
            used = f"{seen['averageUtilization']}%" if "averageUtilization" in seen else "<unknown>"
            shown.append(f"{name}: {used}/{wanted['averageUtilization']}%")
        elif "averageValue" in wanted:
            shown.append(f"{name}: {seen.get('averageValue', '<unknown>')}/{wanted['averageValue']}")
    return join_values(shown).replace(",", ", ")


def _budget(obj: Thing, now: datetime) -> list[Any]:
    least, most = get_path(obj, "spec.minAvailable", "N/A"), get_path(obj, "spec.maxUnavailable", "N/A")
    return [obj["metadata"]["name"], str(least), str(most), _count(obj, "status.disruptionsAllowed"), age(obj, now)]


_OF_PODS = "Containers, Images, Selector"
WORKLOADS: Mapping[str, Sheet] = {
    "pods": Sheet("Name, Ready, Status, Restarts, Age", "IP, Node, Nominated Node, Readiness Gates", pod_cells),
    "deployments": Sheet("Name, Ready, Up-to-date, Available, Age", _OF_PODS, _deployment),
    "replicasets": Sheet("Name, Desired, Current, Ready, Age", _OF_PODS, _replicaset),
    "replicationcontrollers": Sheet("Name, Desired, Current, Ready, Age", _OF_PODS, _replication_controller),
    "statefulsets": Sheet("Name, Ready, Age", "Containers, Images", _statefulset),
    "daemonsets": Sheet(
        "Name, Desired, Current, Ready, Up-to-date, Available, Node Selector, Age", _OF_PODS, _daemonset
    ),
    "jobs": Sheet("Name, Status, Completions, Duration, Age", _OF_PODS, _job),
    "cronjobs": Sheet("Name, Schedule, Timezone, Suspend, Active, Last Schedule, Age", _OF_PODS, _cronjob),
    "horizontalpodautoscalers": Sheet("Name, Reference, Targets, MinPods, MaxPods, Replicas, Age", "", _autoscaler),
    "poddisruptionbudgets": Sheet("Name, Min Available, Max Unavailable, Allowed Disruptions, Age", "", _budget),
}
