"""Service ports whose targetPort is not a port of the selected containers."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, backing_of, json_field, owners, short
from midwatch.diagnosis.kubernetes.view.failed_connections import FailedConnection, NameMiss, misses
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.network import EndpointSlice, Service, ServicePort
from midwatch.integrations.kubernetes.objects.pod import Container, Pod, Port

_OF_SERVICE = re.compile(r"(.{1,240})-[a-z0-9]{5}")


def find(cluster: Cluster) -> Iterator[Finding]:
    backing = backing_of(cluster)
    refused = [m for m in misses(cluster) if m.failure is FailedConnection.REFUSED]
    for service in cluster.all(Service):
        if service.spec.type == "ExternalName":
            continue
        pods = backing.pods(service)
        for port in service.spec.ports or () if pods else ():
            if isinstance(port.target_port, str) and not port.target_port.isdigit():
                if backing.has_endpoint_port(service, port.name or ""):
                    # the port has resolved: only the saved text lacks the container port's name
                    continue
                yield from _named(cluster, service, port, port.target_port, pods)
            elif service.spec.cluster_ip != "None":  # a headless Service has pod IPs only; callers choose the port
                yield from _numbered(cluster, service, port, pods, refused)
        yield from _foreign(cluster, service, pods)
    yield from _unresolved(cluster)


def _unresolved(cluster: Cluster) -> Iterator[Finding]:
    """Slices with addresses and no port, of Services that were not read: the targetPort's name is no port's."""
    told: set[tuple[str, str]] = set()
    for each in cluster.all(EndpointSlice):
        made = _OF_SERVICE.fullmatch(each.name)
        name = each.labels.get("kubernetes.io/service-name") or (made[1] if made else each.name)
        hosts = [a for e in each.endpoints or () for a in e.addresses or ()]
        known = cluster.get(Service, each.namespace, name) is not None
        if hosts and not each.ports and not known and (each.namespace, name) not in told:
            told.add((each.namespace, name))
            subject = Subject(kind="Service", name=name, namespace=each.namespace)
            cites, many = (cluster.cite(each, hosts[0]),), str(len(hosts))
            yield finding("K8S-539", subject, cites=cites, confidence=Confidence.MEDIUM, count=many)


def _named(
    cluster: Cluster, service: Service, port: ServicePort, target: str, pods: Sequence[Pod]
) -> Iterator[Finding]:
    if any(p.name == target and p.protocol == port.protocol for pod in pods for p in _declared(pod)):
        return
    declared = [p for pod in pods for p in _declared(pod)]
    other = next((p for p in declared if p.name == target), None)
    quote = json_field("targetPort", port.target_port)
    facts: dict[str, Any] = {"port": str(port.port), "target": target, "declared": _text(declared) or "no ports"}
    if other:
        facts |= {"protocol": port.protocol, "actual": other.protocol}
        yield finding(
            "K8S-516", service.subject, cites=(cluster.cite(service, quote), _proof(cluster, pods, other)), **facts
        )
    else:
        cites = (cluster.cite(service, quote), _proof(cluster, pods, declared[0] if declared else None))
        yield finding("K8S-515", service.subject, cites=cites, **facts)


def _numbered(
    cluster: Cluster, service: Service, port: ServicePort, pods: Sequence[Pod], refused: Sequence[NameMiss]
) -> Iterator[Finding]:
    target = int(port.target_port) if port.target_port else port.port
    if any(p.container_port == target and p.protocol == port.protocol for pod in pods for p in _declared(pod)):
        return
    declared = [p for pod in pods for p in _declared(pod)]
    same = [p for p in declared if p.container_port == target]
    quote = json_field("targetPort", port.target_port) if port.target_port else json_field("port", port.port)
    facts: dict[str, Any] = {"port": str(port.port), "target": str(target), "declared": _text(declared)}
    if same:
        facts |= {"protocol": port.protocol, "actual": same[0].protocol}
        yield finding(
            "K8S-516", service.subject, cites=(cluster.cite(service, quote), _proof(cluster, pods, same[0])), **facts
        )
    elif declared and not _probed(pods, target):
        miss = next((m for m in refused if m.names(service)), None)
        cites = (cluster.cite(service, quote), _proof(cluster, pods, declared[0]))
        if miss:
            cites = (*cites, cluster.cite_log(miss.log, miss.line))
        silent = any(not c.ports for pod in pods for c in pod.spec.containers)
        confidence = Confidence.HIGH if miss else Confidence.LOW if silent else Confidence.MEDIUM
        yield finding("K8S-514", service.subject, cites=cites, confidence=confidence, **facts)


def _foreign(cluster: Cluster, service: Service, pods: Sequence[Pod]) -> Iterator[Finding]:
    """Selected pods of another workload that do not open the Service's port: their share of the requests fails."""
    behind = owners(cluster, pods)
    if len(behind) < 2:
        return
    targets = [p.target_port or p.port for p in service.spec.ports or ()]
    fitting = [o for o in behind if any(_opens(pod, targets) for pod in pods if cluster.owner(pod) == o)]
    odd = [o for o in behind if o not in fitting and all(_declared(pod) for pod in pods if cluster.owner(pod) == o)]
    if fitting and odd:
        intruders = [p for p in pods if cluster.owner(p) in odd]
        yield finding(
            "K8S-517",
            service.subject,
            cites=(
                cluster.cite(service, json_field("selector", service.spec.selector)),
                *(cluster.cite(p) for p in intruders),
            ),
            confidence=Confidence.MEDIUM,
            foreign=", ".join(short(o) for o in odd),
            own=", ".join(short(o) for o in fitting),
        )


def _opens(pod: Pod, targets: Sequence[int | str]) -> bool:
    return any(t in (p.container_port, str(p.container_port), p.name) for p in _declared(pod) for t in targets)


def _serving(pod: Pod) -> list[Container]:
    """Containers and sidecars (init containers with restartPolicy Always)."""
    return [c for c in pod.spec.all_containers if c in pod.spec.containers or c.restart_policy == "Always"]


def _declared(pod: Pod) -> list[Port]:
    return [p for c in _serving(pod) for p in c.ports or ()]


def _probed(pods: Sequence[Pod], port: int) -> bool:
    """A ready pod with a readiness probe on that port listens there, whether the port is declared or not."""
    for pod in pods:
        for probe in (c.readiness_probe for c in _serving(pod) if c.readiness_probe):
            places = [place.port for place in (probe.http_get, probe.tcp_socket, probe.grpc) if place]
            if pod.ready and port in places:
                return True
    return False


def _text(ports: Sequence[Port]) -> str:
    return ", ".join(
        dict.fromkeys(f"{p.container_port}/{p.protocol}" + (f" ({p.name})" if p.name else "") for p in ports)
    )


def _proof(cluster: Cluster, pods: Sequence[Pod], port: Port | None) -> Citation:
    if port is None:
        return cluster.cite(pods[0])
    holder = next(pod for pod in pods if port in _declared(pod))
    return cluster.cite(holder, json_field("containerPort", port.container_port))


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """Endpoints, where no EndpointSlices could be read."""
    unread = not any(cluster.is_complete(EndpointSlice, place) for place in ("", *cluster.namespaces)) and not any(
        cluster.all(EndpointSlice)
    )
    places = {s.namespace for s in cluster.all(Service)}
    if unread and places:
        yield ToolRequest(
            tool="kubernetes_list",
            arguments={"resource": "endpoints", "namespace": places.pop() if len(places) == 1 else ""},
        )


ANALYZER = Analyzer(find, asks, reads=(*BACKING_READS, Service, LogLines))
