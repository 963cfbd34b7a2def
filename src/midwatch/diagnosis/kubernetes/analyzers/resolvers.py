"""Workloads that use their own nameservers instead of cluster DNS."""

from collections.abc import Collection, Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.diagnosis.kubernetes.view.containers import clip
from midwatch.diagnosis.kubernetes.view.failed_connections import misses
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.observation import LogLines
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod, PodSpec
from midwatch.integrations.kubernetes.objects.workload import DaemonSet, Deployment, StatefulSet

_TEMPLATED = (Deployment, StatefulSet, DaemonSet)


def find(cluster: Cluster) -> Iterator[Finding]:
    own = {
        s.spec.cluster_ip for s in cluster.all(Service)
    }  # cluster DNS has the IP of a Service, where Services were read
    # `kubectl describe pod` does not show dnsConfig; the template does.
    templates = {
        w.subject: (w, servers)
        for type_ in _TEMPLATED
        for w in cluster.all(type_)
        if (servers := _servers(w.spec.template.spec, own))
    }
    for pod in cluster.all(Pod):
        if pod.is_finished:
            continue
        if servers := _servers(pod.spec, own):
            yield from _judged(cluster, pod, pod, servers)
        elif templates and (template := templates.get(cluster.owner(pod))):
            yield from _judged(cluster, pod, *template)


def _servers(spec: PodSpec, own: Collection[str | None]) -> list[str]:
    """The nameservers that replace cluster DNS."""
    listed = spec.dns_config.nameservers or () if spec.dns_policy == "None" and spec.dns_config else ()
    return [s for s in listed if s not in own]


def _judged(cluster: Cluster, pod: Pod, holder: Object, servers: list[str]) -> Iterator[Finding]:
    """An own nameserver is a choice; it is a fault when lookups there fail, or when the pod does not become ready."""
    miss = next(
        (
            m
            for m in misses(cluster)
            if m.pod.name == pod.name and m.pod.namespace == pod.namespace and any(s in m.line for s in servers)
        ),
        None,
    )
    if miss is None and pod.ready:
        return
    server = next((s for s in servers if miss and s in miss.line), servers[0])
    cites = (cluster.cite(holder, server), cluster.cite(holder, json_field("dnsPolicy", "None")))
    yield finding(
        "K8S-527",
        pod.subject,
        owner=cluster.owner(pod),
        cites=(*cites, cluster.cite_log(miss.log, miss.line)) if miss else cites,
        confidence=Confidence.HIGH if miss else Confidence.MEDIUM,
        onset=pod.metadata.creation_timestamp,
        server=server,
        said=f": {clip(miss.line)}" if miss else "; pod is not ready",
    )


ANALYZER = Analyzer(find, reads=(Pod, Deployment, StatefulSet, DaemonSet, Service, LogLines))
