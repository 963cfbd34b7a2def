"""Workloads at 0 replicas: a cause where a Service needs them or they ran before, otherwise information."""

import re
from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, Backing, backing_of, json_field, template_labels
from midwatch.diagnosis.kubernetes.view.rollouts import revision
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.selectors import subset
from midwatch.integrations.kubernetes.objects.workload import DaemonSet, HorizontalPodAutoscaler, ReplicaSet, Workload

# The deployment controller's event: "Scaled down replica set web-5d8 from 3 to 0"
_DOWN_TO_ZERO = re.compile(r"Scaled down replica set (?P<name>\S+) (from [1-9]\d* )?to 0")


def find(cluster: Cluster) -> Iterator[Finding]:
    backing = backing_of(cluster)
    for namespace in cluster.namespaces:
        for workload in backing.workloads(namespace):
            if (
                not isinstance(workload, DaemonSet)
                and workload.spec.replicas == 0
                and not workload.metadata.deletion_timestamp
            ):
                yield _idle(cluster, backing, workload)


def _idle(cluster: Cluster, backing: Backing, workload: Workload) -> Finding:
    zero = cluster.cite(workload, '"replicas":0')
    needed = [s for s in cluster.all(Service, workload.namespace) if _only_for(backing, workload, s)]
    if needed:
        cites = (zero, *(cluster.cite(s, json_field("selector", s.spec.selector)) for s in needed))
        return finding(
            "K8S-604",
            workload.subject,
            cites=cites,
            reason=f"Service {', '.join(s.name for s in needed)} has no endpoints",
        )
    if before := _ran_before(cluster, workload):
        return finding("K8S-604", workload.subject, cites=(zero, before), reason="had replicas before")
    return finding("K8S-605", workload.subject, cites=(zero,))


def _only_for(backing: Backing, workload: Workload, service: Service) -> bool:
    """A Service that still has pods of another workload does not need this one (blue/green)."""
    return (
        bool(service.spec.selector)
        and subset(service.spec.selector or {}, template_labels(workload))
        and not backing.pods(service)
    )


def _ran_before(cluster: Cluster, workload: Workload) -> Citation | None:
    for event in reversed(cluster.events(workload, "ScalingReplicaSet")):
        match = _DOWN_TO_ZERO.search(event.message or "")
        if match and match["name"] not in _superseded(cluster, workload):
            return cluster.cite_event(event, match[0])
    for scaler in cluster.all(HorizontalPodAutoscaler, workload.namespace):
        target = scaler.spec.scale_target_ref
        if (target.kind, target.name) == (workload.kind, workload.name) and scaler.spec.min_replicas != 0:
            return cluster.cite(scaler, json_field("name", target.name))
    return None


def _superseded(cluster: Cluster, workload: Workload) -> list[str]:
    """ReplicaSets that a rollout scaled down: their 0 says nothing about the workload."""
    owned = [r for r in cluster.all(ReplicaSet, workload.namespace) if cluster.owner(r) == workload.subject]
    newest = max((revision(r) for r in owned), default=0)
    return [r.name for r in owned if revision(r) < newest]


ANALYZER = Analyzer(find, reads=(*BACKING_READS, Event, Service, HorizontalPodAutoscaler))
