"""Traffic that NetworkPolicies allow: policies are additive, and a pod not selected for a direction is unrestricted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.backing import live
from midwatch.integrations.kubernetes.objects.cluster import Namespace
from midwatch.integrations.kubernetes.objects.network import EgressPolicyRule, NetworkPolicy, Peer, PolicyPort
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.selectors import matches

_DNS_LABEL, _DNS_APPS = "k8s-app", {"kube-dns", "coredns", "node-local-dns"}
_DNS_PORT = 53


class NetworkPolicyView:
    """The policies of a cluster, indexed once."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._policies: dict[str, list[NetworkPolicy]] = defaultdict(list)
        for policy in cluster.all(NetworkPolicy):
            self._policies[policy.namespace].append(policy)
        self._dns = [p for p in cluster.all(Pod) if p.labels.get(_DNS_LABEL) in _DNS_APPS]

    def selected_pods(self, policy: NetworkPolicy) -> list[Pod]:
        """Without pods with hostNetwork, which policies do not affect."""
        pods = live(self._cluster.pods_in(policy.namespace))
        return [p for p in pods if matches(policy.spec.pod_selector, p.labels) and not p.spec.host_network]

    def policies_for(self, pod: Pod, direction: str) -> list[NetworkPolicy]:
        """The policies that restrict a pod's Ingress or Egress."""
        if pod.spec.host_network:
            return []
        return [
            p
            for p in self._policies[pod.namespace]
            if direction in directions(p) and matches(p.spec.pod_selector, pod.labels)
        ]

    def lets_out(self, pod: Pod, other: Pod, port: int, protocol: str = "TCP") -> bool:
        around = self.policies_for(pod, "Egress")
        return not around or any(
            _port_fits(rule.ports, other, port, protocol) and self._peer_fits(rule.to, policy, other)
            for policy in around
            for rule in policy.spec.egress or ()
        )

    def lets_in(self, pod: Pod, other: Pod, port: int, protocol: str = "TCP") -> bool:
        around = self.policies_for(pod, "Ingress")
        return not around or any(
            _port_fits(rule.ports, pod, port, protocol) and self._peer_fits(rule.from_, policy, other)
            for policy in around
            for rule in policy.spec.ingress or ()
        )

    def resolves(self, pod: Pod) -> bool:
        """Whether the pod may query cluster DNS; also True where DNS pods were not read and a peer may match them."""
        around = self.policies_for(pod, "Egress")
        return not around or any(
            self._reaches_dns(rule, policy) for policy in around for rule in policy.spec.egress or ()
        )

    def _reaches_dns(self, rule: EgressPolicyRule, policy: NetworkPolicy) -> bool:
        if not (_port_fits(rule.ports, None, _DNS_PORT, "UDP") or _port_fits(rule.ports, None, _DNS_PORT, "TCP")):
            return False
        if not rule.to or any(peer.ip_block for peer in rule.to):  # a block may hold a node-local cache's address
            return True
        if self._dns:
            return any(self._peer_fits(rule.to, policy, pod) for pod in self._dns)
        return any(peer.namespace_selector is not None for peer in rule.to)

    def _peer_fits(self, peers: Sequence[Peer] | None, policy: NetworkPolicy, other: Pod) -> bool:
        return not peers or any(self._one_fits(peer, policy, other) for peer in peers)

    def _one_fits(self, peer: Peer, policy: NetworkPolicy, other: Pod) -> bool:
        if peer.ip_block:
            return _within(peer.ip_block.cidr, other.status.pod_ip or "")
        near = other.namespace == policy.namespace
        if peer.namespace_selector is not None:
            near = matches(peer.namespace_selector, namespace_labels(self._cluster, other.namespace))
        return near and (peer.pod_selector is None or matches(peer.pod_selector, other.labels))


def namespace_labels(cluster: Cluster, name: str) -> Mapping[str, str]:
    """With kubernetes.io/metadata.name, the label that every namespace has."""
    known = cluster.get(Namespace, "", name)
    return {"kubernetes.io/metadata.name": name} | (known.labels if known else {})


def directions(policy: NetworkPolicy) -> Sequence[str]:
    """The API's default: always Ingress, Egress only where an egress rule is written."""
    return policy.spec.policy_types or (("Ingress", "Egress") if policy.spec.egress else ("Ingress",))


def _within(cidr: str, address: str) -> bool:
    """An address that was not read may lie in any block."""
    try:
        return not address or ip_address(address) in ip_network(cidr, strict=False)
    except ValueError:
        return True


def _port_fits(ports: Sequence[PolicyPort] | None, server: Pod | None, port: int, protocol: str) -> bool:
    return not ports or any((p.protocol or "TCP") == protocol and _number_fits(p, server, port) for p in ports)


def _number_fits(wanted: PolicyPort, server: Pod | None, port: int) -> bool:
    if wanted.port is None:
        return True
    if isinstance(wanted.port, int):
        return wanted.port <= port <= (wanted.end_port or wanted.port)
    if server is None:
        return wanted.port in ("dns", "dns-tcp")
    return any(
        p.name == wanted.port and p.container_port == port for c in server.spec.containers for p in c.ports or ()
    )
