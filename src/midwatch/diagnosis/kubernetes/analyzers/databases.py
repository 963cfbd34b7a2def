"""Database errors in the logs of clients: an error that several clients log is a fault of the server."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from midwatch.analysis.logs import CALM, lines
from midwatch.analysis.patterns import patterns
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.addresses import settings
from midwatch.diagnosis.kubernetes.analyzers.log_requests import log_ask
from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.graph import hosts, hosts_in, place_of
from midwatch.diagnosis.kubernetes.scheduling.explain import member
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, backing_of, owners, short
from midwatch.diagnosis.kubernetes.view.containers import clip
from midwatch.diagnosis.kubernetes.view.dependencies import OTHER_NAMESPACES, dependency_requests
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Confidence, Finding, Link
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SecretAddress

# Error in the log of a client → fault of the server.
OF_SERVER = {"K8S-912": "K8S-941", "K8S-913": "K8S-940"}
SERVER_READS = (*BACKING_READS, Service, SecretAddress, LogLines, ConfigMap)
REJECTED = "K8S-942"  # the same error, once its server is known: a symptom of the client
# A pool of the client's own: the server may have room.
_OWN_POOL = re.compile(r"\bpool\b|QueuePool|Connection is not available|acquir", re.IGNORECASE)
_OUTSIDE = frozenset(
    ("com", "net", "org", "io", "dev", "local", "internal", "cloud")
)  # ends of names that are no namespace
_SHOWN = 5  # clients by name; of more only the number
_PORTS = frozenset((1433, 1521, 3306, 5432, 6379, 9042, 26257, 27017))


@dataclass(frozen=True)
class DatabaseError:
    """`databases` are the Services that the pod is configured to call."""

    code: str
    pod: Pod
    databases: tuple[Service, ...]
    log: LogLines
    line: str


_Told = dict[tuple[str, Subject], list[tuple[DatabaseError, Service]]]


def find(cluster: Cluster) -> Iterator[Finding]:
    for (code, server), told in _by_server(cluster).items():
        yield _say(cluster, code, server, told)


def clients(cluster: Cluster) -> Iterator[Link]:
    """From each server that refuses to those that it refuses."""
    for (_, server), told in _by_server(cluster).items():
        for complaint, _ in told:
            yield Link(source=server, target=complaint.pod.subject, how="refuses", total=True)


@fact
def _by_server(cluster: Cluster) -> _Told:
    """The errors of clients by the workload that they blame, and its Service."""
    backing = backing_of(cluster)
    groups: _Told = defaultdict(list)
    for complaint in _complaints(cluster):
        for service in complaint.databases:
            for server in owners(cluster, backing.pods(service)):
                if server != cluster.owner(complaint.pod):
                    groups[complaint.code, server].append((complaint, service))
    return groups


@fact
def blamed_servers(cluster: Cluster) -> dict[tuple[str, str], Subject]:
    """The database server that the log of a pod (namespace, name) blames."""
    return {
        (error.pod.namespace, error.pod.name): server
        for (_, server), told in _by_server(cluster).items()
        for error, _ in told
    }


@fact
def _complaints(cluster: Cluster) -> Sequence[DatabaseError]:
    """One for each log: the newest line about the server that is not a warning."""
    return tuple(_heard(cluster))


def _heard(cluster: Cluster) -> Iterator[DatabaseError]:
    telling = [p for p in patterns() if p.code in OF_SERVER]
    for log in cluster.logs():
        pod = cluster.get(Pod, log.namespace, log.name)
        if pod is None:
            continue
        for line in reversed(lines(log.text)):
            code = next((p.code for p in telling if p.facts(line.said) is not None), "") if line.level != CALM else ""
            if code and not _OWN_POOL.search(line.said):
                yield DatabaseError(code, pod, _databases(cluster, pod, line.said), log, line.text)
                break


def _databases(cluster: Cluster, pod: Pod, said: str) -> tuple[Service, ...]:
    """The Services with a database port that the line names or, without any, that the pod is configured to call, by its
    environment or by a Secret in it."""
    named = dict.fromkeys(place_of(host, pod.namespace) for host in hosts_in(said))
    if told := [s for s in (cluster.get(Service, *place) for place in named) if s and _of_database(s)]:
        return tuple(told)
    secrets = {s.secret_ref.name for c in pod.spec.all_containers for s in c.env_from or () if s.secret_ref}
    secrets |= {
        e.value_from.secret_key_ref.name
        for c in pod.spec.all_containers
        for e in c.env or ()
        if e.value_from and e.value_from.secret_key_ref
    }
    places = {(a.place, a.service): None for a in cluster.all(SecretAddress, pod.namespace) if a.secret in secrets}
    places |= {s.place: None for s in settings(cluster, pod)}
    places = places or dict.fromkeys(place_of(host, pod.namespace) for host in hosts(cluster, pod))
    found = (cluster.get(Service, *place) for place in places)
    return tuple(s for s in found if s and _of_database(s))


def _of_database(service: Service) -> bool:
    return any(port.port in _PORTS for port in service.spec.ports or ())


def _say(cluster: Cluster, code: str, server: Subject, told: list[tuple[DatabaseError, Service]]) -> Finding:
    names = sorted({short(o) for o in owners(cluster, [c.pod for c, _ in told])})
    first, service = told[0]
    own = _own_line(cluster, code, server)
    cites = (*(cluster.cite_log(c.log, c.line) for c, _ in told[:3]), *own)
    port = next(p.port for p in service.spec.ports or () if p.port in _PORTS)
    return finding(
        OF_SERVER[code],
        server,
        owner=server,
        cites=(*cites, cluster.cite(service, member("port", port))),
        confidence=Confidence.HIGH if len(told) > 1 or own else Confidence.MEDIUM,
        service=service.name,
        clients=", ".join(names) if len(names) <= _SHOWN else f"{len(names)} workloads",
        said=clip(first.line),
    )


def _own_line(cluster: Cluster, code: str, server: Subject) -> tuple[Citation, ...]:
    """Where the log of the server itself says so."""
    telling = [p for p in patterns() if p.code == code]
    for pod in cluster.pods_of(server):
        for log in (log for c in pod.spec.containers if (log := cluster.log(pod, c.name))):
            for line in reversed(lines(log.text)):
                if any(p.facts(line.said) is not None for p in telling):
                    return (cluster.cite_log(log, line.text),)
    return ()


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """The namespace of a server that clients complain about, then the log of the server."""
    wanted: dict[str, None] = {}
    for error in _complaints(cluster):
        for host in (*hosts_in(error.line), *(() if error.databases else hosts(cluster, error.pod))):
            namespace, _ = place_of(host, error.pod.namespace)
            if "." in host and namespace not in _OUTSIDE and not cluster.is_complete(Pod, namespace):
                wanted[namespace] = None
    for namespace in list(wanted)[:OTHER_NAMESPACES]:
        yield from dependency_requests(namespace, "clients complain about a server of this namespace")
    for _, server in _by_server(cluster):
        for pod in cluster.pods_of(server)[:1]:
            for container in pod.spec.containers[:1]:
                place = (pod.namespace, pod.name, container.name)
                yield log_ask(cluster, place, why="its clients complain about it")


ANALYZER = Analyzer(find, asks, reads=SERVER_READS)
