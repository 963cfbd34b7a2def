"""The backends of a Service: selected pods, listed endpoints, and the workloads whose pods match its selector."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import Endpoints, EndpointSlice, Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.selectors import subset
from midwatch.integrations.kubernetes.objects.workload import (
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
    Workload,
)

SERVICE_LABEL = "kubernetes.io/service-name"
_TOP_KINDS: tuple[type[Workload], ...] = (Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController)
# The kinds that are read for the backends of a Service.
BACKING_READS: tuple[type[Object], ...] = (Pod, Endpoints, EndpointSlice, *_TOP_KINDS)
_Place = tuple[str, str]
Labelled = TypeVar("Labelled", Pod, Workload)


@dataclass(frozen=True)
class ListedEndpoints:
    """The endpoints of a Service; `source` is one of the objects that list them.

    `ports` are the names of the Service's ports that lead to some address.
    """

    source: Object
    ready: int
    ports: frozenset[str] = frozenset()


class Backing:
    """Pods, endpoints and workloads of a cluster by Service, indexed once."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._listed = dict(_endpoints(cluster)) | _slices(cluster)
        self._labelled: dict[tuple[str, str, str], list[Pod]] = defaultdict(list)
        for pod in live(list(cluster.all(Pod))):
            for key, value in pod.labels.items():
                self._labelled[pod.namespace, key, value].append(pod)
        self._selected: dict[_Place, list[Pod]] = {}
        self._workloads: dict[str, list[Workload]] = defaultdict(list)
        self._templates: dict[tuple[str, str, str], list[Workload]] = defaultdict(list)
        for kind in _TOP_KINDS:
            for workload in cluster.all(kind):
                if not workload.metadata.owner_references:
                    self._workloads[workload.namespace].append(workload)
                    for key, value in template_labels(workload).items():
                        self._templates[workload.namespace, key, value].append(workload)

    def endpoints_of(self, service: Service) -> ListedEndpoints | None:
        return self._listed.get((service.namespace, service.name))

    def pods(self, service: Service) -> Sequence[Pod]:
        """The live pods a Service selects."""
        place = (service.namespace, service.name)
        if place not in self._selected:
            self._selected[place] = self._select(service)
        return self._selected[place]

    def _select(self, service: Service) -> list[Pod]:
        selector = service.spec.selector or {}
        return [p for p in _rarest(self._labelled, service) if subset(selector, p.labels)]

    def workloads(self, namespace: str) -> Sequence[Workload]:
        """The workloads without an owner."""
        return self._workloads.get(namespace, ())

    def labels(self, namespace: str) -> Iterator[dict[str, str]]:
        """Of the live pods and of every template, because Jobs and workloads at 0 replicas may have no pods now."""
        yield from (p.labels for p in live(self._cluster.pods_in(namespace)))
        yield from (template_labels(w) for w in self.workloads(namespace))
        yield from (j.spec.template.metadata.labels or {} for j in self._cluster.all(Job, namespace))
        yield from (
            c.spec.job_template.spec.template.metadata.labels or {} for c in self._cluster.all(CronJob, namespace)
        )

    def providers(self, service: Service) -> list[Workload]:
        """The workloads whose pods the Service would select, whether or not they have any."""
        selector = service.spec.selector or {}
        return [w for w in _rarest(self._templates, service) if subset(selector, template_labels(w))]

    def has_endpoint_port(self, service: Service, port: str) -> bool:
        """Whether the cluster has found a container port for this port of the Service."""
        listed = self.endpoints_of(service)
        return listed is not None and port in listed.ports

    def ready(self, service: Service) -> int | None:
        """How many backends are ready; None when neither endpoints nor pods were read."""
        if listed := self.endpoints_of(service):
            return listed.ready
        if service.spec.selector and self._cluster.is_complete(Pod, service.namespace):
            return sum(p.ready for p in self.pods(service))
        return None


@fact
def backing_of(cluster: Cluster) -> Backing:
    """The index of a cluster, built once for all analyzers."""
    return Backing(cluster)


def _rarest(labelled: Mapping[tuple[str, str, str], list[Labelled]], service: Service) -> Sequence[Labelled]:
    """Those with the rarest label of a Service's selector: thousands of pods times thousands of Services add up."""
    selector = service.spec.selector or {}
    return min(
        (labelled.get((service.namespace, k, v), []) for k, v in selector.items()), key=len, default=list[Labelled]()
    )


def live(pods: Sequence[Pod]) -> list[Pod]:
    """Without finished and terminating pods, which receive no traffic."""
    return [p for p in pods if not p.is_finished and p.metadata.deletion_timestamp is None]


def owners(cluster: Cluster, pods: Sequence[Pod]) -> tuple[Subject, ...]:
    return tuple(dict.fromkeys(cluster.owner(p) for p in pods))


def template_labels(workload: Workload) -> dict[str, str]:
    return workload.spec.template.metadata.labels or {}


def short(subject: Subject) -> str:
    """kubectl's form: `deployment/web`."""
    return f"{subject.kind.lower()}/{subject.name}"


def selector_text(selector: Mapping[str, str]) -> str:
    return ",".join(f"{k}={v}" for k, v in selector.items())


def json_field(key: str, value: object) -> str:
    """A field as it stands in an object's JSON, for quoting."""
    return f'"{key}":{msgspec.json.encode(value).decode()}'


def _endpoints(cluster: Cluster) -> Iterator[tuple[_Place, ListedEndpoints]]:
    for obj in cluster.all(Endpoints):
        ready = sum(len(s.addresses or ()) for s in obj.subsets or ())
        ports = {p.name or "" for s in obj.subsets or () if s.addresses or s.not_ready_addresses for p in s.ports or ()}
        yield (obj.namespace, obj.name), ListedEndpoints(source=obj, ready=ready, ports=frozenset(ports))


def _slices(cluster: Cluster) -> dict[_Place, ListedEndpoints]:
    found: dict[_Place, ListedEndpoints] = {}
    for obj in cluster.all(EndpointSlice):
        name = obj.labels.get(SERVICE_LABEL) or next(
            (o.name for o in obj.metadata.owner_references or () if o.kind == "Service"), ""
        )
        # The API's rule: an unknown "ready" counts as ready.
        ready = sum(e.conditions.ready is not False for e in obj.endpoints or ())
        place = (obj.namespace, name)
        before = found.get(place)
        ports = {p.name or "" for p in obj.ports or () if obj.endpoints} | (
            before.ports if before else frozenset[str]()
        )
        found[place] = ListedEndpoints(
            source=obj, ready=ready + (before.ready if before else 0), ports=frozenset(ports)
        )
    return found
