"""Containers and nodes near their limits, from the metrics API: an average over 15 to 60 seconds, no history."""

from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.domain.finding import Confidence, Finding
from midwatch.integrations.kubernetes.objects.cluster import Node, NodeMetrics, PodMetrics, Usage
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.quantity import amount

# above this share of the limit CPU throttling is noticeable, and one peak of memory leads to an OOM kill
_FULL = 0.9
_CODES = (("cpu", "K8S-671"), ("memory", "K8S-672"))
_OF_NODE = (("cpu", "K8S-673"), ("memory", "K8S-674"))


def find(cluster: Cluster) -> Iterator[Finding]:
    for metrics in cluster.all(PodMetrics):
        pod = cluster.get(Pod, metrics.namespace, metrics.name)
        for used in metrics.containers or () if pod and not pod.is_finished else ():
            yield from _at_limit(cluster, metrics, pod, used) if pod else ()
    for metrics in cluster.all(NodeMetrics):
        if node := cluster.get(Node, "", metrics.name):
            yield from _of_node(cluster, metrics, node)


def _of_node(cluster: Cluster, metrics: NodeMetrics, node: Node) -> Iterator[Finding]:
    for resource, code in _OF_NODE:
        room, usage = (node.status.allocatable or {}).get(resource), (metrics.usage or {}).get(resource)
        if room is None or usage is None or amount(room) <= 0 or amount(usage) < _FULL * amount(room):
            continue
        yield finding(
            code,
            node.subject,
            cites=(cluster.cite(metrics, json_field(resource, usage)), cluster.cite(node, json_field(resource, room))),
            confidence=Confidence.MEDIUM,
            usage=_readable(resource, amount(usage)),
            room=_readable(resource, amount(room)),
            share=f"{100 * amount(usage) / amount(room):.0f}",
        )


def _at_limit(cluster: Cluster, metrics: PodMetrics, pod: Pod, used: Usage) -> Iterator[Finding]:
    container = pod.container(used.name)
    limits = (container.resources.limits or {}) if container else {}
    for resource, code in _CODES:
        limit, usage = limits.get(resource), (used.usage or {}).get(resource)
        if limit is None or usage is None or amount(limit) <= 0 or amount(usage) < _FULL * amount(limit):
            continue
        yield finding(
            code,
            pod.subject.model_copy(update={"container": used.name}),
            owner=cluster.owner(pod),
            cites=(cluster.cite(metrics, json_field(resource, usage)), cluster.cite(pod, json_field(resource, limit))),
            confidence=Confidence.MEDIUM,
            usage=_readable(resource, amount(usage)),
            limit=str(limit),
            share=f"{100 * amount(usage) / amount(limit):.0f}",
            pod=pod.name,
        )


def _readable(resource: str, value: float) -> str:
    return f"{1000 * value:.0f}m" if resource == "cpu" else f"{value / 1024**2:.0f}Mi"


ANALYZER = Analyzer(find, reads=(Pod, Node, PodMetrics, NodeMetrics))
