"""ReplicaSets and ReplicationControllers: pod creation failures, and missing replicas where no Deployment reports
them."""

from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.replicas import (
    cite_counts,
    never_ran,
    quote_of,
    since,
    still_starting,
)
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import Deployment, ReplicaSet, ReplicationController


def find(cluster: Cluster) -> Iterator[Finding]:
    for kind in (ReplicaSet, ReplicationController):
        for workload in cluster.all(kind):
            if workload.desired_replicas and not never_ran(workload) and not _spoken_for(cluster, workload):
                yield from _trouble(cluster, workload)


def _spoken_for(cluster: Cluster, workload: ReplicaSet | ReplicationController) -> bool:
    """A Deployment that was read reports its own ReplicaSets, the failure to create pods included."""
    parents = [o.name for o in workload.metadata.owner_references or () if o.kind == "Deployment"]
    if not parents and (owner := cluster.owner(workload)).kind == "Deployment":
        parents = [owner.name]  # of a table
    return any(cluster.get(Deployment, workload.namespace, name) is not None for name in parents)


def _trouble(cluster: Cluster, workload: ReplicaSet | ReplicationController) -> Iterator[Finding]:
    owner = cluster.owner(workload)
    failures = [
        c
        for c in workload.status.conditions or ()
        if c.type == "ReplicaFailure" and c.status != "False" and c.reason == "FailedCreate"
    ]
    for condition in failures:
        cites = (cluster.cite(workload, quote_of(condition)),)
        yield finding(
            "K8S-610", workload.subject, owner=owner, cites=cites, onset=since(condition), text=condition.message or ""
        )
    ready = workload.status.ready_replicas or 0
    if not failures and ready < workload.desired_replicas and not still_starting(cluster, workload):
        cites = cite_counts(cluster, workload, replicas=workload.status.replicas, ready_replicas=ready)
        yield finding(
            "K8S-608",
            workload.subject,
            owner=owner,
            cites=cites,
            wanted=str(workload.desired_replicas),
            ready=str(ready),
        )


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """Few clusters have ReplicationControllers; they are read where pods or events name one."""
    named = [(o.kind, p.namespace) for p in cluster.all(Pod) for o in p.metadata.owner_references or ()]
    named += [(e.involved_object.kind, e.namespace) for e in cluster.all(Event)]
    for namespace in sorted({place for kind, place in named if kind == "ReplicationController"}):
        if not cluster.is_complete(ReplicationController, namespace):
            yield ToolRequest(
                tool="kubernetes_list",
                arguments={"resource": "replicationcontrollers", "namespace": namespace},
                why="a pod or an event names one",
            )


ANALYZER = Analyzer(find, asks, reads=(Event, Pod, Deployment, ReplicaSet, ReplicationController))
