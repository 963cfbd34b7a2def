"""Objects for those of Popeye's codes that its own test objects do not show: code → builder."""

from collections.abc import Callable, Mapping, Sequence

from evaluation.kubernetes_objects import (
    JUST_NOW,
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

_READY = condition("Ready", "True", "KubeletReady", "the kubelet is ready")


def _going(name: str, *finalizers: str) -> list[Thing]:
    one = healthy_pod(name)
    one["metadata"] |= {"deletionTimestamp": LONG_AGO, "finalizers": list(finalizers)}
    return [one, event(healthy_pod("other"), "Pulled", "image is present", type_="Normal")]


def _waiting(name: str, reason: str, message: str = "") -> list[Thing]:
    waits = container(waiting={"reason": reason, "message": message})
    recent = event(healthy_pod("other"), "Pulled", "image is present", type_="Normal")
    return [pod(name, waits, phase="Pending", conditions=[condition("PodScheduled", "True")]), recent]


def _unwell() -> list[Thing]:
    failed = pod("failed", phase="Failed")
    failed["status"] |= {"reason": "Shutdown", "message": "the node was shut down", "startTime": JUST_NOW}
    unplaced = pod("unplaced", phase="Pending")
    del unplaced["spec"]["nodeName"]
    return [
        failed,
        pod("lost", phase="Unknown"),
        unplaced,
        event(failed, "Killing", "stopping container", type_="Normal"),
    ]


def _bursts(resource: str, room: str, **amounts: str) -> list[Thing]:
    """Autoscalers of up to ten replicas, each of which asks for so much of a resource that the only node has little
    of."""
    allocatable = {"cpu": "64", "memory": "64Gi"} | {resource: room}
    found = [thing("Node", "worker-1", spec={}, status={"conditions": [_READY], "allocatable": allocatable})]
    numbers = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), 1)
    for name, amount in amounts.items():
        asked = {"cpu": "1m", "memory": "1Mi"} | {resource: amount}
        ref = {"kind": "Deployment", "name": name}
        found.append(
            thing(
                "Deployment",
                name,
                spec={"replicas": 1, "template": template(resources={"requests": asked})},
                status=numbers,
            )
        )
        found.append(
            thing(
                "HorizontalPodAutoscaler",
                name,
                spec={"maxReplicas": 10, "scaleTargetRef": ref},
                status={"currentReplicas": 1},
            )
        )
    return found


def _full_disk() -> list[Thing]:
    return [
        thing(
            "Node",
            "worker-1",
            spec={},
            status={"conditions": [_READY, condition("OutOfDisk", "True", "KubeletOutOfDisk", "out of disk space")]},
        )
    ]


def _namespace() -> list[Thing]:
    held = condition(
        "NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", "a finalizer of example.com remains"
    )
    one = thing("Namespace", "going", status={"phase": "Terminating", "conditions": [held]})
    one["metadata"]["deletionTimestamp"] = LONG_AGO
    return [one]


def _cron(name: str, **status: str) -> Thing:
    return thing(
        "CronJob",
        name,
        spec={"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": template()}}},
        status=dict(status),
    )


def _failing() -> list[Thing]:
    failed = condition("Failed", "True", "BackoffLimitExceeded", "the job has reached its backoff limit")
    job = owned(
        thing("Job", "failing-1", spec={"template": template()}, status={"failed": 7, "conditions": [failed]}),
        "CronJob",
        "failing",
    )
    return [_cron("failing", lastScheduleTime=LONG_AGO), job, _cron("fruitless", lastScheduleTime=LONG_AGO)]


def _late() -> list[Thing]:
    cron = _cron("late")
    return [
        cron,
        event(
            cron, "TooManyMissedTimes", "too many missed start times: set startingDeadlineSeconds or check the clock"
        ),
    ]


def _old() -> list[Thing]:
    budget = thing("PodDisruptionBudget", "old", spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}})
    return [budget | {"apiVersion": "policy/v1beta1"}]


STATES: Mapping[int, Callable[[], Sequence[Thing]]] = {
    200: lambda: _going("held", "example.com/finalizer"),
    201: lambda: _going("hung"),
    202: lambda: [pod("mute", container())],
    203: lambda: [
        *_waiting("pulling", "ImagePullBackOff"),
        *_waiting("creating", "ContainerCreating"),
        *_waiting("looping", "CrashLoopBackOff"),
    ],
    207: _unwell,
    403: _old,
    602: lambda: _bursts("cpu", "4", shop="1"),
    603: lambda: _bursts("memory", "4Gi", shop="1Gi"),
    604: lambda: _bursts("cpu", "32", shop="3", web="2"),
    605: lambda: _bursts("memory", "32Gi", shop="3Gi", web="2Gi"),
    703: _full_disk,
    800: _namespace,
    1502: _failing,
    1503: _late,
}
