"""How the workloads, nodes and Services are that a question or an alert names: what an alert's claim is held against,
and what "no problems found" rests on. Only what is in order is told; the rest is findings."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.backing import backing_of
from midwatch.domain.finding import ObjectState
from midwatch.domain.observation import AlertText
from midwatch.domain.question import NAME
from midwatch.integrations.kubernetes.objects.cluster import Node
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import DaemonSet, Deployment, StatefulSet, Workload

_READ = 100_000  # characters of an alert in which names are looked for


def healthy_states(cluster: Cluster) -> Iterator[ObjectState]:
    names = _names(cluster)
    if not names:
        return
    for type_ in (Deployment, StatefulSet, DaemonSet):
        yield from (s for w in cluster.all(type_) if w.name in names for s in _workload(cluster, w))
    for node in cluster.all(Node):
        ready = next((c for c in node.status.conditions or () if c.type == "Ready"), None)
        if node.name in names and ready and ready.status == "True":
            cites = (cluster.cite(node),)
            yield ObjectState(subject=node.subject, text="node Ready", since=ready.last_transition_time, cites=cites)
    for service in cluster.all(Service):
        count = backing_of(cluster).ready(service) if service.name in names else None
        if count:
            text = f"{count} ready endpoint{'s' * (count > 1)}"
            yield ObjectState(subject=service.subject, text=text, cites=(cluster.cite(service),))


def _names(cluster: Cluster) -> frozenset[str]:
    """All words of the question and of the alerts that could be names, with the beginnings of those that could be
    pods': `web` of `web-6c4ab5d9c-x2n4m`."""
    texts = [cluster.question.text]
    texts += [e.text[:_READ] for e in cluster.evidence if isinstance(e.observation, AlertText)]
    whole = {m[0].rpartition("/")[2] for text in texts for m in NAME.finditer(text)}
    parts = {name.rsplit("-", cut)[0] for name in whole for cut in (1, 2) if name.count("-") >= cut}
    return frozenset(whole | parts)


def _workload(cluster: Cluster, workload: Workload) -> Iterator[ObjectState]:
    if isinstance(workload, DaemonSet):
        ready, wanted = workload.status.number_ready or 0, workload.status.desired_number_scheduled or 0
    else:
        ready, wanted = workload.status.ready_replicas or 0, workload.desired_replicas
    pods = cluster.pods_of(workload.subject)
    if wanted and ready >= wanted and all(p.ready or p.is_finished for p in pods):
        since = _ready_since(pods)
        cites = (cluster.cite(workload), *(cluster.cite(p) for p in pods[:1]))
        yield ObjectState(subject=workload.subject, text=f"{ready}/{wanted} replicas ready", since=since, cites=cites)


def _ready_since(pods: Sequence[Pod]) -> datetime | None:
    """When the last of them became ready; None when one does not tell."""
    times = [c.last_transition_time if (c := p.condition("Ready")) else None for p in pods if not p.is_finished]
    known = [t for t in times if t]
    return max(known) if known and len(known) == len(times) else None
