"""What is too young to be judged, and what may be old although nothing in a dump tells."""

from collections.abc import Iterator, Sequence

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import STUCK, age, duration_text
from midwatch.diagnosis.kubernetes.view.replicas import STARTING, recent
from midwatch.domain.evidence import Gap
from midwatch.domain.finding import Finding, HealthyCheck
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import Deployment, StatefulSet

_NAMED = 3


def starting_workloads(cluster: Cluster) -> Iterator[HealthyCheck]:
    """Workloads whose pods cannot be ready yet."""
    for kind in (Deployment, StatefulSet):
        for workload in cluster.all(kind):
            born, ready = workload.metadata.creation_timestamp, workload.status.ready_replicas or 0
            if recent(cluster, born, STARTING) and ready < workload.desired_replicas:
                old = duration_text(age(cluster, born))
                counts = f"{ready} of {workload.desired_replicas} replicas ready"
                yield HealthyCheck(
                    text=f"{workload.subject} is starting: {old} old, {counts}", cites=(cluster.cite(workload),)
                )


def starting_answer(cluster: Cluster) -> HealthyCheck | None:
    """What answers a question about a workload that is too young to be well or ill."""
    names = cluster.question.names
    return next(
        (c for c in starting_workloads(cluster) if c.cites[0].subject and c.cites[0].subject.name in names), None
    )


def unknown_ages(cluster: Cluster, found: Sequence[Finding]) -> tuple[Gap, ...]:
    """Pods that start or end, with nothing in the dump that is clearly newer: for how long is not known. One gap."""
    if cluster.knows_young:
        return ()
    told = {f.subject.object for f in found}
    pods = [p for p in cluster.all(Pod) if _in_between(p) and p.subject not in told and _is_last_change(cluster, p)]
    if not pods:
        return ()
    names = ", ".join(f"{p.namespace}/{p.name}" for p in pods[:_NAMED])
    more = f" and {len(pods) - _NAMED} more" if len(pods) > _NAMED else ""
    reason = (
        f"{names}{more} not running yet or terminating; nothing in the dump is newer, so for how long is not known "
        "(add kubectl get events or kubectl get pods)"
    )
    return (Gap(tool="kubernetes_age", arguments={}, query="", reason=reason, essential=True),)


def _in_between(pod: Pod) -> bool:
    return pod.metadata.deletion_timestamp is not None or (not pod.is_finished and not pod.ready)


def _is_last_change(cluster: Cluster, obj: Object) -> bool:
    born = obj.metadata.deletion_timestamp or obj.metadata.creation_timestamp
    return age(cluster, born) < STUCK
