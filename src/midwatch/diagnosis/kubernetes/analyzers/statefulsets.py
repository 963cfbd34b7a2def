"""StatefulSets: pods that wait for an unready predecessor, missing replicas, a headless Service that does not exist."""

from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.diagnosis.kubernetes.view.replicas import cite_counts, never_ran, still_starting
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import StatefulSet, Strategy

_REVISION = "controller-revision-hash"


def find(cluster: Cluster) -> Iterator[Finding]:
    for workload in cluster.all(StatefulSet):
        if workload.metadata.deletion_timestamp or workload.desired_replicas == 0:
            continue
        lacking = not never_ran(workload) and (workload.status.ready_replicas or 0) < workload.desired_replicas
        if lacking and not still_starting(cluster, workload):
            yield _trouble(cluster, workload)
        yield from _nameless(cluster, workload, lacking)
        yield from _left_behind(cluster, workload)


def _left_behind(cluster: Cluster, workload: StatefulSet) -> Iterator[Finding]:
    """An unready pod of an old revision: with OrderedReady the controller waits for it to become ready before it
    updates any pod, also where the new template is what would make it ready."""
    status, wanted = workload.status, workload.status.update_revision
    strategy = workload.spec.update_strategy or Strategy()
    if (
        workload.spec.pod_management_policy == "Parallel"
        or (strategy.type or "RollingUpdate") != "RollingUpdate"
        or not wanted
        or wanted == status.current_revision
    ):
        return
    first = (strategy.rolling_update.partition if strategy.rolling_update else None) or 0
    for pod in cluster.pods_of(workload.subject):
        revision = pod.labels.get(_REVISION, "")
        if revision and revision != wanted and not pod.ready and _ordinal(pod) >= first:
            cites = (cluster.cite(workload, json_field("updateRevision", wanted)), cluster.cite(pod, revision))
            yield finding(
                "K8S-617",
                pod.subject,
                owner=workload.subject,
                cites=cites,
                pod=pod.name,
                revision=revision,
                wanted=wanted,
                change=_change(workload, pod),
            )


def _change(workload: StatefulSet, pod: Pod) -> str:
    """The images that the new template changes: `web: r.example/web:0.8`."""
    new = {c.name: c.image for c in workload.spec.template.spec.containers}
    old = {c.name: c.image for c in pod.spec.containers}
    return ", ".join(f"{name}: {image}" for name, image in new.items() if image and old.get(name) != image)


def _trouble(cluster: Cluster, workload: StatefulSet) -> Finding:
    ready = workload.status.ready_replicas or 0
    counts = cite_counts(cluster, workload, replicas=workload.spec.replicas, ready_replicas=ready)
    first = _blocking(cluster, workload)
    if first is None:
        return finding(
            "K8S-611", workload.subject, cites=counts, wanted=str(workload.desired_replicas), ready=str(ready)
        )
    return finding(
        "K8S-612",
        workload.subject,
        cites=(*counts, cluster.cite(first)),
        peers=(first.subject,),
        wanted=str(workload.desired_replicas),
        ready=str(ready),
        pod=first.name,
        waiting=str(workload.desired_replicas - _ordinal(first) - 1),
    )


def _blocking(cluster: Cluster, workload: StatefulSet) -> Pod | None:
    """With OrderedReady (the default) a pod is created only when all pods before it are ready."""
    if workload.spec.pod_management_policy == "Parallel":
        return None
    pods = sorted(cluster.pods_of(workload.subject), key=_ordinal)
    unready = next((p for p in pods if not p.ready), None)
    return (
        unready
        if unready is not None and pods[-1] is unready and _ordinal(unready) + 1 < workload.desired_replicas
        else None
    )


def _ordinal(pod: Pod) -> int:
    tail = pod.name.rpartition("-")[2]
    return int(tail) if tail.isdigit() else -1


def _nameless(cluster: Cluster, workload: StatefulSet, lacking: bool) -> Iterator[Finding]:
    name = workload.spec.service_name
    if name and cluster.missing(Service, workload.namespace, name):
        cites = (
            cluster.cite(workload, json_field("serviceName", name)),
            cluster.cite_absence(Service, workload.namespace, name),
        )
        yield finding("K8S-613" if lacking else "K8S-614", workload.subject, cites=cites, missing=name)


ANALYZER = Analyzer(find, reads=(Pod, StatefulSet, Service))
