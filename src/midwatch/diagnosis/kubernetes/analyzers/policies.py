"""NetworkPolicies that block required traffic. Without a failed connection in a log, a strict policy is a risk, not a
cause."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import (
    BACKING_READS,
    Backing,
    backing_of,
    live,
    owners,
    selector_text,
    short,
)
from midwatch.diagnosis.kubernetes.view.failed_connections import FailedConnection, NameMiss, misses
from midwatch.diagnosis.kubernetes.view.network_policies import NetworkPolicyView, directions
from midwatch.domain.finding import Finding
from midwatch.domain.observation import LogLines
from midwatch.integrations.kubernetes.objects.cluster import Namespace
from midwatch.integrations.kubernetes.objects.network import NetworkPolicy, Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.selectors import matches
from midwatch.integrations.kubernetes.objects.workload import CronJob, Job

_Callers = Mapping[tuple[str, str], Sequence[Pod]]


def find(cluster: Cluster) -> Iterator[Finding]:
    policies = list(cluster.all(NetworkPolicy))
    if not policies:
        return
    fences, backing = NetworkPolicyView(cluster), backing_of(cluster)
    failed = misses(cluster)
    for policy in policies:
        yield from _idle(cluster, backing, fences, policy)
        yield from _names(cluster, fences, policy, failed)
    cut = list(_timeouts(cluster, fences, backing, failed))
    yield from cut
    proved = [f.subject for f in cut]
    callers = _callers(cluster)
    for policy in policies:
        if policy.subject not in proved:
            yield from _closed(cluster, backing, fences, policy, callers)


def _idle(cluster: Cluster, backing: Backing, fences: NetworkPolicyView, policy: NetworkPolicy) -> Iterator[Finding]:
    """A policy for temporary pods (Jobs, a workload at 0 replicas) does have an effect."""
    selector = policy.spec.pod_selector
    if (
        not cluster.is_complete(Pod, policy.namespace)
        or fences.selected_pods(policy)
        or not (selector.match_labels or selector.match_expressions)
    ):
        return
    if any(matches(selector, labels) for labels in backing.labels(policy.namespace)):
        return
    text = selector_text(selector.match_labels or {}) or "(matchExpressions)"
    yield finding(
        "K8S-540",
        policy.subject,
        cites=(cluster.cite(policy), cluster.cite_scope(Pod, policy.namespace)),
        selector=text,
    )


def _names(
    cluster: Cluster, fences: NetworkPolicyView, policy: NetworkPolicy, failed: Sequence[NameMiss]
) -> Iterator[Finding]:
    if "Egress" not in directions(policy):
        return
    deaf = [p for p in fences.selected_pods(policy) if not fences.resolves(p)]
    if not deaf:
        return
    names = {(p.namespace, p.name) for p in deaf}
    miss = next(
        (m for m in failed if m.failure is FailedConnection.NAME and (m.pod.namespace, m.pod.name) in names), None
    )
    behind = owners(cluster, [miss.pod] if miss else deaf)
    proof = (cluster.cite(policy), *((cluster.cite_log(miss.log, miss.line),) if miss else ()))
    facts: dict[str, Any] = {"pods": ", ".join(short(o) for o in behind), "count": str(len(deaf))}
    yield finding("K8S-541" if miss else "K8S-542", policy.subject, cites=proof, **facts)


def _timeouts(
    cluster: Cluster, fences: NetworkPolicyView, backing: Backing, failed: Sequence[NameMiss]
) -> Iterator[Finding]:
    told: set[tuple[str, str, str]] = set()
    services = list(cluster.all(Service))
    for miss in (m for m in failed if m.failure is FailedConnection.TIMEOUT):
        for service in (s for s in services if miss.names(s) and miss.pod not in backing.pods(s)):
            for code, policy in _barriers(fences, backing, miss.pod, service):
                key = (code, str(policy.subject), str(service.subject))
                if key not in told:
                    told.add(key)
                    yield finding(
                        code,
                        policy.subject,
                        cites=(cluster.cite(policy), cluster.cite_log(miss.log, miss.line)),
                        caller=short(cluster.owner(miss.pod)),
                        service=service.name,
                        where=service.namespace,
                    )


def _barriers(
    fences: NetworkPolicyView, backing: Backing, caller: Pod, service: Service
) -> Iterator[tuple[str, NetworkPolicy]]:
    pods = backing.pods(service)
    if not pods:
        return
    if not any(fences.lets_out(caller, pod, *_way(service, pod)) for pod in pods):
        yield "K8S-543", fences.policies_for(caller, "Egress")[0]
    if not any(fences.lets_in(pod, caller, *_way(service, pod)) for pod in pods):
        yield "K8S-544", fences.policies_for(pods[0], "Ingress")[0]


def _way(service: Service, pod: Pod) -> tuple[int, str]:
    """The pod port and protocol of a Service's first port: policies match the pod's port, not the Service's."""
    for port in service.spec.ports or ():
        if isinstance(port.target_port, str) and not port.target_port.isdigit():
            named = [p for c in pod.spec.containers for p in c.ports or () if p.name == port.target_port]
            return (named[0].container_port if named else port.port), port.protocol
        return int(port.target_port or port.port), port.protocol
    return 0, "TCP"


def _closed(
    cluster: Cluster, backing: Backing, fences: NetworkPolicyView, policy: NetworkPolicy, callers: _Callers
) -> Iterator[Finding]:
    """Callers known only by configuration: their environment names a Service that no policy lets them reach."""
    if "Ingress" not in directions(policy):
        return
    selected = {p.name for p in fences.selected_pods(policy)}
    for service in cluster.all(Service, policy.namespace):
        named = callers.get((service.namespace, service.name), ())
        pods = [p for p in backing.pods(service) if p.name in selected] if named else []
        shut = [c for c in named if pods and not any(fences.lets_in(p, c, *_way(service, p)) for p in pods)]
        if shut:
            who = ", ".join(short(o) for o in owners(cluster, shut))
            cites = (cluster.cite(policy), *(cluster.cite(c, service.name) for c in shut))
            yield finding("K8S-545", policy.subject, cites=cites, service=service.name, callers=who)


def _callers(cluster: Cluster) -> _Callers:
    """By the namespace and name of a Service: the pods whose environment names it as a host."""
    found: dict[tuple[str, str], list[Pod]] = defaultdict(list)
    for pod in live(list(cluster.all(Pod))):
        values = (e.value for c in pod.spec.containers for e in c.env or () if e.value)
        for place in dict.fromkeys(_service_of(v, pod.namespace) for v in values):
            found[place].append(pod)
    return found


def _service_of(value: str, namespace: str) -> tuple[str, str]:
    """Namespace and name of the Service in `shop`, `shop:80`, `http://shop/…` or `user@shop.other.svc:5432`, if it is
    one."""
    name, *rest = value.split("://")[-1].split("/")[0].split("@")[-1].split(":")[0].split(".")
    return (rest[0] if rest else namespace), name


ANALYZER = Analyzer(find, reads=(*BACKING_READS, Namespace, Service, Job, CronJob, NetworkPolicy, LogLines))
