"""Where a failed dependency is looked at: the requests for its namespace, and the cluster's DNS."""

from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.view.backing import backing_of
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.network import Service

DNS_NAMESPACE = "kube-system"
OTHER_NAMESPACES = 3  # that one investigation looks into besides its own
_ASKED = ("services", "pods", "deployments", "replicasets", "statefulsets", "endpointslices")
_DNS_LABEL, _DNS_PORT = "k8s-app", 53


def dependency_requests(namespace: str, why: str) -> Iterator[ToolRequest]:
    """What is read of a namespace that a lead goes to."""
    yield ToolRequest(tool="kubernetes_events", arguments={"namespace": namespace}, why=why)
    for resource in _ASKED:
        yield ToolRequest(tool="kubernetes_list", arguments={"resource": resource, "namespace": namespace}, why=why)


@fact
def idle_dns(cluster: Cluster) -> tuple[Subject, ...]:
    """The Service of the cluster's DNS and the workload behind it, when it is proved that none of its pods is ready."""
    backing = backing_of(cluster)
    for service in cluster.all(Service, DNS_NAMESPACE):
        named = service.name == "kube-dns" or service.labels.get(_DNS_LABEL) in ("kube-dns", "coredns")
        if named and any(p.port == _DNS_PORT for p in service.spec.ports or ()) and backing.ready(service) == 0:
            behind = dict.fromkeys(cluster.owner(pod) for pod in backing.pods(service))
            return (service.subject, *behind)
    return ()
