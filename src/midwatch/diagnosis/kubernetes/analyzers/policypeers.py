"""NetworkPolicy rules whose peers match no pods or namespaces, often because a label was renamed."""

from collections.abc import Iterator, Sequence

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, Backing, backing_of
from midwatch.diagnosis.kubernetes.view.network_policies import namespace_labels
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.cluster import Namespace
from midwatch.integrations.kubernetes.objects.meta import LabelSelector
from midwatch.integrations.kubernetes.objects.network import NetworkPolicy, Peer
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.selectors import matches
from midwatch.integrations.kubernetes.objects.workload import CronJob, Job

_ANYONE = LabelSelector()


def find(cluster: Cluster) -> Iterator[Finding]:
    policies = list(cluster.all(NetworkPolicy))
    backing = backing_of(cluster) if policies else None
    for policy in policies if backing else ():
        lost = (
            [text for way, peer in _peers(policy) if (text := _lost(cluster, backing, policy, way, peer))]
            if backing
            else []
        )
        if lost:
            yield finding(
                "K8S-546", policy.subject, cites=(cluster.cite(policy),), unmatched_peers="; ".join(dict.fromkeys(lost))
            )


def _peers(policy: NetworkPolicy) -> Iterator[tuple[str, Peer]]:
    yield from (("from", peer) for rule in policy.spec.ingress or () for peer in rule.from_ or ())
    yield from (("to", peer) for rule in policy.spec.egress or () for peer in rule.to or ())


def _lost(cluster: Cluster, backing: Backing, policy: NetworkPolicy, way: str, peer: Peer) -> str:
    """The peer's selectors as text when they are proved to match nothing, else "". An ipBlock may be outside the
    cluster."""
    if peer.ip_block:
        return ""
    places: Sequence[str] = (policy.namespace,)
    if peer.namespace_selector is not None:
        if peer.namespace_selector == _ANYONE or not cluster.is_complete(Namespace):
            return ""
        places = [
            n.name
            for n in cluster.all(Namespace)
            if matches(peer.namespace_selector, namespace_labels(cluster, n.name))
        ]
        if not places:
            return f"{way} namespaces with {_text(peer.namespace_selector)}"
    if peer.pod_selector in (None, _ANYONE) or not all(cluster.is_complete(Pod, place) for place in places):
        return ""
    if any(matches(peer.pod_selector, labels) for place in places for labels in backing.labels(place)):
        return ""
    return f"{way} pods with {_text(peer.pod_selector)} in {', '.join(places)}"


def _text(selector: LabelSelector | None) -> str:
    parts = [f"{k}={v}" for k, v in ((selector and selector.match_labels) or {}).items()]
    parts += [
        f"{e.key} {e.operator} {','.join(e.values or ())}".strip()
        for e in (selector and selector.match_expressions) or ()
    ]
    return ", ".join(parts)


ANALYZER = Analyzer(find, reads=(*BACKING_READS, Namespace, Job, CronJob, NetworkPolicy))
