"""Workloads that ask name servers of their own instead of the cluster's."""

from collections.abc import Iterator

from midwatch.domain.finding import Confidence, Finding
from midwatch.integrations.kubernetes.analyzers import Analyzer
from midwatch.integrations.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.codes import finding
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod, PodSpec
from midwatch.integrations.kubernetes.objects.workload import DaemonSet, Deployment, StatefulSet
from midwatch.integrations.kubernetes.view.backing import written
from midwatch.integrations.kubernetes.view.instances import clip
from midwatch.integrations.kubernetes.view.reach import misses

_TEMPLATED = {type_.__name__: type_ for type_ in (Deployment, StatefulSet, DaemonSet)}


def find(cluster: Cluster) -> Iterator[Finding]:
    own = {s.spec.cluster_ip for s in cluster.all(Service)}  # cluster DNS has an address of a Service, where that was read
    for pod in cluster.all(Pod):
        if pod.finished:
            continue
        for holder, spec in _specs(cluster, pod):
            servers = [s for s in (spec.dns_config.nameservers or () if spec.dns_config else ()) if s not in own]
            if spec.dns_policy == "None" and servers:
                yield from _judged(cluster, pod, holder, servers)
                break


def _specs(cluster: Cluster, pod: Pod) -> Iterator[tuple[Object, PodSpec]]:
    """The pod's, or, as `kubectl describe` does not show it, the template's."""
    yield pod, pod.spec
    owner = cluster.owner(pod)
    type_ = _TEMPLATED.get(owner.kind)
    if type_ and (workload := cluster.get(type_, owner.namespace, owner.name)):
        yield workload, workload.spec.template.spec


def _judged(cluster: Cluster, pod: Pod, holder: Object, servers: list[str]) -> Iterator[Finding]:
    """A name server of one's own is a choice; it is a fault when look-ups there fail, or when the pod does not get ready."""
    miss = next(
        (m for m in misses(cluster) if m.pod.name == pod.name and m.pod.namespace == pod.namespace and any(s in m.line for s in servers)),
        None,
    )
    if miss is None and pod.ready:
        return
    server = next((s for s in servers if miss and s in miss.line), servers[0])
    cites = (cluster.cite(holder, server), cluster.cite(holder, written("dnsPolicy", "None")))
    yield finding(
        "K8S-527",
        pod.subject,
        owner=cluster.owner(pod),
        cites=(*cites, cluster.cite_log(miss.log, miss.line)) if miss else cites,
        confidence=Confidence.HIGH if miss else Confidence.MEDIUM,
        onset=pod.metadata.creation_timestamp,
        server=server,
        said=f": {clip(miss.line)}" if miss else ", and it does not get ready",
    )


ANALYZER = Analyzer(find)
