"""Pending pods without a node, and the scheduler's messages about them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.scheduling.filters import claims
from midwatch.domain.evidence import Citation
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.pod import Pod

DEFAULT_SCHEDULER = "default-scheduler"
_NEVER = datetime.min.replace(tzinfo=UTC)
_SILENCE = timedelta(minutes=1)  # a working scheduler reports on a pod within a second, a new leader within 20
CHOSEN_NODE = "volume.kubernetes.io/selected-node"


def pending_pods(cluster: Cluster) -> Iterator[Pod]:
    for pod in cluster.all(Pod):
        if (
            pod.status.phase in ("Pending", "")
            and not pod.spec.node_name
            and not pod.metadata.deletion_timestamp
            and not _scheduled(pod)
        ):
            yield pod


def _scheduled(pod: Pod) -> bool:
    condition = pod.condition("PodScheduled")
    return condition is not None and condition.status == "True"


def opinion(cluster: Cluster, pod: Pod) -> tuple[str, Citation | None]:
    """The scheduler's newest message about the pod and its citation; "" and None when there is none."""
    condition = pod.condition("PodScheduled")
    refused = condition is not None and condition.status == "False"
    if condition and refused and condition.message:
        return condition.message, cluster.cite(pod, condition.message)
    if events := cluster.events(pod, "FailedScheduling"):  # `kubectl describe` shows conditions without their messages
        return events[-1].message or "", cluster.cite_event(events[-1])
    if not condition and (events := _of_gone_siblings(cluster, pod)):
        return events[-1].message or "", cluster.cite_event(events[-1])
    return "", cluster.cite(pod, condition.reason or "PodScheduled") if condition and refused else None


def _of_gone_siblings(cluster: Cluster, pod: Pod) -> list[Event]:
    """The scheduler's events about deleted pods of the same ReplicaSet: the same template gets the same answer."""
    owner = next((o.name for o in pod.metadata.owner_references or () if o.kind == "ReplicaSet"), "")
    gone = (
        e
        for e in cluster.all(Event)
        if owner and e.reason == "FailedScheduling" and e.involved_object.name.startswith(f"{owner}-")
    )
    return sorted(
        (e for e in gone if e.last and not cluster.get(Pod, pod.namespace, e.involved_object.name)),
        key=lambda e: e.last or _NEVER,
    )


def older(cluster: Cluster, obj: Object, age: timedelta) -> bool:
    """Existing for longer than that; an object without a time of creation counts as old."""
    born = obj.metadata.creation_timestamp
    return born is None or cluster.now - born >= age


def is_node_selected(cluster: Cluster, pod: Pod) -> bool:
    """The scheduler has picked a node and waits for a volume there; the pod's status does not show that."""
    return any(claim and CHOSEN_NODE in claim.annotations for _, claim in claims(cluster, pod))


def ignored_pods(cluster: Cluster) -> list[Pod]:
    """Pods that no scheduler has reported on for too long."""
    return [pod for pod in silent_pods(cluster) if cluster.was_listed(Event)]


def silent_pods(cluster: Cluster) -> list[Pod]:
    """Pods that have been Pending for too long and say nothing of the reason; its event may not have been read."""
    return [pod for pod in pending_pods(cluster) if _is_silent(cluster, pod)]


def _is_silent(cluster: Cluster, pod: Pod) -> bool:
    known = pod.condition("PodScheduled") or pod.spec.scheduling_gates or pod.status.nominated_node_name
    if known or pod.metadata.creation_timestamp is None:
        return False
    spoken = (
        is_node_selected(cluster, pod)
        or cluster.events(pod, "FailedScheduling", "Scheduled")
        or _of_gone_siblings(cluster, pod)
    )
    started = any(s.state.waiting or s.state.running or s.state.terminated for s in pod.statuses)  # by a kubelet
    return older(cluster, pod, _SILENCE) and not started and not spoken
