"""Measurements by what they are about: series of workloads and nodes, who calls whom, and which workload runs where."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from midwatch.analysis.series import Series
from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.graph import callers
from midwatch.diagnosis.kubernetes.view.backing import backing_of, owners
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Node
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import ServiceCall

_PORT = re.compile(r":\d+$")
# What a ReplicaSet and a StatefulSet append to a name; of a pod that is gone, only the rest can be found.
_REPLICA = re.compile(r"-[a-z0-9]{4,10}-[a-z0-9]{5}$|-\d+$")


class MetricsView:
    """Indexed once for a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._names: dict[str, dict[Subject, None]] = defaultdict(dict)
        for subject, names in self._named():
            for name in names:
                self._names[name][subject] = None

    def _named(self) -> Iterator[tuple[Subject, tuple[str, ...]]]:
        """Names and what a person would call the thing: pods and Services stand for their workload."""
        backing = backing_of(self._cluster)
        for pod in self._cluster.all(Pod):
            owner = self._cluster.owner(pod)
            yield owner, (owner.name, pod.name)
        for service in self._cluster.all(Service):
            for owner in dict.fromkeys(
                (*owners(self._cluster, backing.pods(service)), *(w.subject for w in backing.providers(service)))
            ):
                yield owner, (owner.name, service.name)
        for node in self._cluster.all(Node):
            yield node.subject, (node.name, *(a.address for a in node.status.addresses or ()))

    def subject(self, name: str, namespace: str = "") -> Subject | None:
        """What goes by the name; None when nothing does, or several things in different namespaces do."""
        bare = _PORT.sub("", name)
        found = self._names.get(bare) or self._names.get(_REPLICA.sub("", bare)) or self._begun(bare)
        known = [s for s in found or () if not namespace or s.namespace in (namespace, "")]
        named = [s for s in known if s.name == bare] or known
        return named[0] if len({s.namespace for s in named}) == 1 else None

    def _begun(self, name: str) -> dict[Subject, None] | None:
        """`db` for the only workload that begins so (`db-postgresql`): charts write their own name behind the
        release's."""
        found = {s: None for s in self._workloads if s.name.startswith(f"{name}-")}
        return found if len(found) == 1 else None

    @cached_property
    def _workloads(self) -> list[Subject]:
        return list(dict.fromkeys(s for found in self._names.values() for s in found if s.kind != "Node"))

    @cached_property
    def series(self) -> Mapping[Subject, list[Series]]:
        """By workload, or node; what nothing in the cluster goes by the name of stays a Service of that name."""
        found: dict[Subject, list[Series]] = defaultdict(list)
        for one in self._cluster.series:
            about = self.subject(one.entity, one.namespace) or Subject(
                kind="Service", name=one.entity, namespace=one.namespace
            )
            found[about].append(one)
        return found

    @cached_property
    def services(self) -> Mapping[Subject, list[Series]]:
        return {about: series for about, series in self.series.items() if about.kind != "Node"}

    @cached_property
    def calls(self) -> Mapping[Subject, set[Subject]]:
        """Caller → those it calls: by its settings, and by what was traced."""
        found: dict[Subject, set[Subject]] = defaultdict(set)
        for link in callers(self._cluster):
            service = self._cluster.get(Service, link.source.namespace, link.source.name)
            for provider in self._providers(service) if service else ():
                found[link.target].add(provider)
        for call in self._cluster.all(ServiceCall):
            caller, callee = self.subject(call.caller), self.subject(call.callee)
            if caller and callee:
                found[caller].add(callee)
        return found

    def _providers(self, service: Service) -> tuple[Subject, ...]:
        backing = backing_of(self._cluster)
        return owners(self._cluster, backing.pods(service)) or tuple(w.subject for w in backing.providers(service))

    def nodes(self, workload: Subject) -> frozenset[str]:
        """Where its pods run."""
        return frozenset(
            p.spec.node_name for p in self._cluster.pods_of(workload) if p.spec.node_name and not p.is_finished
        )


@fact
def measured_of(cluster: Cluster) -> MetricsView:
    """The index of a cluster, made once for all analyzers that ask."""
    return MetricsView(cluster)
