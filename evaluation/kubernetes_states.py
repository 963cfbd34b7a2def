"""The states of the data set k8s-conditions, as objects: case id → builder. The objects of the case's kind are those it
is about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.kubernetes_more_states import MORE_STATES
from evaluation.kubernetes_objects import (
    LONG_AGO,
    Thing,
    condition,
    container,
    event,
    healthy_pod,
    owned,
    pod,
    template,
    thing,
)


@dataclass(frozen=True)
class Place:
    """What was asked for, where a case is about what lies outside it."""

    namespace: str
    labels: dict[str, str] = field(default_factory=dict[str, str])


OTHER_PLACES: Mapping[str, Place] = {"Namespace filter-086": Place("shop", {"team": "shop"})}


def _gated(message: str) -> list[Thing]:
    gate = condition("PodScheduled", "False", "SchedulingGated", message)
    return [pod("web-0", phase="Pending", conditions=[gate], schedulingGates=[{"name": "example.com/quota"}])]


def _unschedulable() -> list[Thing]:
    why = (
        "0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: batch}. preemption: 0/1 nodes are "
        "available."
    )
    taint = {"taints": [{"key": "dedicated", "value": "batch", "effect": "NoSchedule"}]}
    node = thing(
        "Node",
        "worker-1",
        spec=taint,
        status={
            "conditions": [condition("Ready", "True")],
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
        },
    )
    return [pod("web-0", phase="Pending", conditions=[condition("PodScheduled", "False", "Unschedulable", why)]), node]


def _unready() -> list[Thing]:
    up = container(running={"startedAt": LONG_AGO})
    one = pod(
        "web-0",
        up,
        conditions=[condition("Ready", "False", "ContainersNotReady", "containers with unready status: [app]")],
    )
    return [one, event(one, "Unhealthy", "readiness probe failed: the connection to the server was lost")]


def _sandbox() -> list[Thing]:
    one = pod(
        "web-0",
        container(waiting={"reason": "PodInitializing"}),
        phase="Pending",
        initContainers=[{"name": "init", "image": "registry.example/init:1"}],
    )
    one["status"]["initContainerStatuses"] = [container("init", waiting={"reason": "ContainerCreating"})]
    return [one, event(one, "FailedCreatePodSandBox", "failed to create pod sandbox: no network")]


def _creating() -> list[Thing]:
    """Nothing says how long it has been so, as nothing does in the case."""
    one = pod("web-0", container(waiting={"reason": "ContainerCreating"}), phase="Pending")
    one["status"].pop("startTime")
    one["metadata"].pop("creationTimestamp")
    return [one]


def _crash_loop() -> list[Thing]:
    why = "back-off 5m0s restarting failed container"
    return [pod("web-0", container(waiting={"reason": "CrashLoopBackOff", "message": why}))]


def _two_failed() -> list[Thing]:
    one = container("one", terminated={"exitCode": 1, "reason": "Error", "finishedAt": LONG_AGO})
    two = container("two", terminated={"exitCode": 2, "finishedAt": LONG_AGO})
    return [pod("web-0", one, two, phase="Failed")]


def _deployment(spec: Thing, status: Thing) -> list[Thing]:
    return [thing("Deployment", "web", spec={**spec, "template": template()}, status=status)]


def _complete() -> list[Thing]:
    done = [
        condition("Progressing", "True", "NewReplicaSetAvailable", "the replica set has progressed"),
        condition("Available", "True"),
    ]
    numbers = {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 2}
    return _deployment({"replicas": 2}, {**numbers, "conditions": done})


def _replica_set(*reasons: str) -> list[Thing]:
    failures = [
        condition("ReplicaFailure", "True", r, f"pod number {n} could not be created") for n, r in enumerate(reasons, 1)
    ]
    return [thing("ReplicaSet", "web", spec={"template": template()}, status={"replicas": 0, "conditions": failures})]


def _service() -> list[Thing]:
    service = thing(
        "Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}], "clusterIP": "10.0.0.9"}
    )
    return [service, thing("Endpoints", "web", subsets=[])]


def _warned_service() -> list[Thing]:
    service, endpoints = _service()
    return [service, endpoints, event(service, "FailedToUpdateEndpoint", "the endpoints could not be written")]


def _no_service() -> list[Thing]:
    return [thing("Endpoints", "web", subsets=[])]


def _configuration() -> list[Thing]:
    volumes = [{"name": "settings", "configMap": {"name": "settings"}}]
    return [thing("ConfigMap", "settings", data={"a": "1"}), healthy_pod("web-0", volumes=volumes)]


def _elsewhere() -> list[Thing]:
    """One object of another namespace, one of the asked namespace without the asked label: both in trouble."""
    far = owned(_crash_loop()[0], "ReplicaSet", "web")
    near = _crash_loop()[0]
    near["metadata"] |= {"name": "web-1", "namespace": "shop", "labels": {"team": "billing"}}
    return [far, near]


STATES: Mapping[str, Callable[[], Sequence[Thing]]] = {
    "Pod-000": _unschedulable,
    "Pod-001": _unready,
    "Pod-003": lambda: _gated(""),
    "Pod-004": lambda: _gated("scheduling is blocked due to non-empty scheduling gates"),
    "Pod-007": _sandbox,
    "Pod-008": _creating,
    "Pod-011": _crash_loop,
    "Pod-013": _two_failed,
    "Deployment-014": lambda: _deployment({"replicas": 3}, {"replicas": 2, "availableReplicas": 1}),
    "Deployment-015": lambda: _deployment({}, {"replicas": 2, "availableReplicas": 1}),
    "Deployment-017": _complete,
    "ReplicaSet-019": lambda: _replica_set("FailedCreate"),
    "ReplicaSet-021": lambda: _replica_set("FailedCreate", "Other", "FailedCreate"),
    "Service-023": _service,
    "Service-026": _warned_service,
    "Service-028": _no_service,
    "ConfigMap-083": _configuration,
    "Namespace filter-086": _elsewhere,
    **MORE_STATES,
}
