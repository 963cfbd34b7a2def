"""Database errors in the logs of clients: an error that several clients log is a fault of the server."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.analysis.logs import CALM, lines
from midwatch.analysis.patterns import patterns
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.addresses import settings
from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.scheduling.explain import member
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, backing_of, owners, short
from midwatch.diagnosis.kubernetes.view.containers import clip
from midwatch.domain.finding import Confidence, Finding, Link
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SecretAddress

# Error in the log of a client → fault of the server.
_OF_SERVER = {"K8S-912": "K8S-941", "K8S-913": "K8S-940"}
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
    for (code, server), told in _servers(cluster).items():
        yield _say(cluster, code, server, told)


def clients(cluster: Cluster) -> Iterator[Link]:
    """From each server that refuses to those that it refuses."""
    for (_, server), told in _servers(cluster).items():
        for complaint, _ in told:
            yield Link(source=server, target=complaint.pod.subject, how="refuses", total=True)


@fact
def _servers(cluster: Cluster) -> _Told:
    """Code and server → who reports it, of which of its Services."""
    groups: _Told = defaultdict(list)
    if complaints := list(_complaints(cluster)):
        backing = backing_of(cluster)
        for complaint in complaints:
            for service in complaint.databases:
                for server in owners(cluster, backing.pods(service)):
                    groups[complaint.code, server].append((complaint, service))
    return groups


def _complaints(cluster: Cluster) -> Iterator[DatabaseError]:
    """One for each log of a pod with a database: the newest line about it that is not a warning."""
    if not any(_of_database(service) for service in cluster.all(Service)):
        return
    telling = [p for p in patterns() if p.code in _OF_SERVER]
    for log in cluster.logs():
        pod = cluster.get(Pod, log.namespace, log.name)
        databases = _databases(cluster, pod) if pod else ()
        if pod is None or not databases:
            continue
        for line in reversed(lines(log.text)):
            code = next((p.code for p in telling if p.facts(line.said) is not None), "") if line.level != CALM else ""
            if code:
                yield DatabaseError(code, pod, databases, log, line.text)
                break


def _databases(cluster: Cluster, pod: Pod) -> tuple[Service, ...]:
    """The Services with a database port that the pod is configured to call, by its environment or by a Secret in
    it."""
    secrets = {s.secret_ref.name for c in pod.spec.all_containers for s in c.env_from or () if s.secret_ref}
    secrets |= {
        e.value_from.secret_key_ref.name
        for c in pod.spec.all_containers
        for e in c.env or ()
        if e.value_from and e.value_from.secret_key_ref
    }
    places = {(a.place, a.service): None for a in cluster.all(SecretAddress, pod.namespace) if a.secret in secrets}
    places |= {s.place: None for s in settings(cluster, pod)}
    found = (cluster.get(Service, *place) for place in places)
    return tuple(s for s in found if s and _of_database(s))


def _of_database(service: Service) -> bool:
    return any(port.port in _PORTS for port in service.spec.ports or ())


def _say(cluster: Cluster, code: str, server: Subject, told: list[tuple[DatabaseError, Service]]) -> Finding:
    names = sorted({short(o) for o in owners(cluster, [c.pod for c, _ in told])})
    first, service = told[0]
    cites = tuple(cluster.cite_log(c.log, c.line) for c, _ in told[:3])
    port = next(p.port for p in service.spec.ports or () if p.port in _PORTS)
    return finding(
        _OF_SERVER[code],
        server,
        owner=server,
        cites=(*cites, cluster.cite(service, member("port", port))),
        confidence=Confidence.HIGH if len(told) > 1 else Confidence.MEDIUM,
        service=service.name,
        clients=", ".join(names) if len(names) <= _SHOWN else f"{len(names)} workloads",
        said=clip(first.line),
    )


ANALYZER = Analyzer(find, reads=(*BACKING_READS, Service, SecretAddress, LogLines))
