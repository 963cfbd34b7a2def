"""HPAs whose maxReplicas exceed the node capacity: under full load the last replicas stay Pending."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.pod_requests import amounts, readable, requests_by_pod, total_requests
from midwatch.diagnosis.kubernetes.view.backing import json_field, short
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Confidence, Finding
from midwatch.integrations.kubernetes.objects.cluster import Node
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import (
    Deployment,
    HorizontalPodAutoscaler,
    ReplicaSet,
    StatefulSet,
    Workload,
)

_TARGETS: dict[str, type[Workload]] = {k.__name__: k for k in (Deployment, ReplicaSet, StatefulSet)}
_RESOURCES = ("cpu", "memory")


@dataclass(frozen=True)
class HpaBurst:
    """`more` are the requests of the replicas up to maxReplicas, by resource."""

    scaler: HorizontalPodAutoscaler
    target: Workload
    more: dict[str, float]


def find(cluster: Cluster) -> Iterator[Finding]:
    """With a cluster autoscaler this is no limit: a risk, never a cause."""
    bursts = list(_bursts(cluster))
    nodes = [n for n in cluster.all(Node) if not n.spec.unschedulable and n.status.allocatable]
    if not bursts or not nodes or not cluster.is_complete(Node) or not cluster.is_complete(Pod):
        return
    free = _free(cluster, nodes)
    proof = cluster.cite_scope(Node)
    alone = [found for burst in bursts if (found := _too_much(cluster, burst, free, proof))]
    yield from alone
    if not alone and len(bursts) > 1:
        yield from _together(cluster, bursts, free, proof)


def _bursts(cluster: Cluster) -> Iterator[HpaBurst]:
    for scaler in cluster.all(HorizontalPodAutoscaler):
        ref = scaler.spec.scale_target_ref
        kind = _TARGETS.get(ref.kind)
        target = cluster.get(kind, scaler.namespace, ref.name) if kind else None
        if target is not None:
            one = total_requests(Pod(spec=target.spec.template.spec))
            count = max(0, scaler.spec.max_replicas - target.desired_replicas)
            yield HpaBurst(scaler, target, {r: count * one.get(r, 0.0) for r in _RESOURCES})


def _free(cluster: Cluster, nodes: list[Node]) -> Counter[str]:
    left: Counter[str] = Counter()
    for node in nodes:
        left.update(amounts(node.status.allocatable))
    names = {n.name for n in nodes}
    taken = requests_by_pod(cluster)
    for pod in cluster.all(Pod):
        if pod.spec.node_name in names and not pod.is_finished:
            left.subtract(taken[pod.namespace, pod.name])
    return left


def _too_much(cluster: Cluster, burst: HpaBurst, free: Counter[str], proof: Citation) -> Finding | None:
    over = next((r for r in _RESOURCES if burst.more[r] > max(free[r], 0.0)), None)
    if over is None:
        return None
    most = burst.scaler.spec.max_replicas
    return finding(
        "K8S-646",
        burst.scaler.subject,
        cites=(cluster.cite(burst.scaler, json_field("maxReplicas", most)), cluster.cite(burst.target), proof),
        confidence=Confidence.MEDIUM,
        target=short(burst.target.subject),
        maximum=str(most),
        more=readable(over, burst.more[over]),
        free=readable(over, max(free[over], 0.0)),
    )


def _together(cluster: Cluster, bursts: list[HpaBurst], free: Counter[str], proof: Citation) -> Iterator[Finding]:
    """Each HPA fits but all together do not: one finding, on the HPA with the largest requests."""
    for resource in _RESOURCES:
        total = sum(b.more[resource] for b in bursts)
        if total > max(free[resource], 0.0):
            largest = max(bursts, key=lambda b: (b.more[resource], b.scaler.name))
            yield finding(
                "K8S-647",
                largest.scaler.subject,
                cites=(
                    *(
                        cluster.cite(b.scaler, json_field("maxReplicas", b.scaler.spec.max_replicas))
                        for b in bursts[:5]
                    ),
                    proof,
                ),
                confidence=Confidence.MEDIUM,
                count=str(len(bursts)),
                more=readable(resource, total),
                free=readable(resource, max(free[resource], 0.0)),
            )
            return


ANALYZER = Analyzer(find, reads=(Pod, Node, Deployment, ReplicaSet, StatefulSet, HorizontalPodAutoscaler))
