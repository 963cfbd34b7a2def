"""Failed connections and DNS lookups in the logs of crashed or unready containers: the target, and the reason."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from ipaddress import ip_address

from midwatch.analysis.log_timestamps import moment
from midwatch.analysis.logs import Line, lines, template
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.logs import log_of, speaks_for_itself
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS
from midwatch.diagnosis.kubernetes.view.containers import STUCK, ContainerView, age, clip, duration_text
from midwatch.diagnosis.kubernetes.view.dependencies import (
    DNS_NAMESPACE,
    OTHER_NAMESPACES,
    dependency_requests,
    idle_dns,
)
from midwatch.diagnosis.kubernetes.view.terminations import crashed_containers, onset, unready_run
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import CausalRole, Confidence, Finding
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event, Namespace
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod

# Possessive, so that each character is read once: logs are untrusted and may be long. A host without a preceding word
# starts at a word boundary for the same reason.
_HOST = r"(?P<host>[A-Za-z0-9]{1,128}+(?:[_.-]{1,8}+[A-Za-z0-9]{1,128}+){0,40}+)"
_ANY_HOST = rf"(?<![A-Za-z0-9])(?<![A-Za-z0-9][_.-]){_HOST}"
_FAILED = (
    r"(?:connection refused|connect(?:ion)? (?:timed out|reset)|i/o timeout|no route to host|ECONNREFUSED|ETIMEDOUT"
    r"|EHOSTUNREACH|timed out|timeout|refused|unreachable|reset by peer)"
)
_ANSWERED = re.compile(r"refused|reset", re.IGNORECASE)  # the name was resolved, since a host answered
_OWN = re.compile(r"127\.|localhost|0\.0\.0\.0")
# A name that does not resolve; then a host with a port, before or after the word for the failure.
_LOOKUPS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"lookup {_HOST}(?: on \S{{1,100}})?: (?:no such host|server misbehaving|i/o timeout|Temporary failure)",
        rf"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) {_HOST}",
        rf"UnknownHostException:? {_HOST}",
        rf"\bbad address [\"'`]{_HOST}",  # busybox: nc, wget, ping
        rf"can[n']?[o']?t (?:find|resolve) [\"'`]?{_HOST}[\"'`]?:? (?:No answer|NXDOMAIN|SERVFAIL|Name)",
        rf"could not (?:resolve|translate) host(?: name)?:? [\"']?{_HOST}",
        rf"{_ANY_HOST}[\"']?: (?:Name or service not known|Temporary failure in name resolution|nodename nor "
        rf"servname|NXDOMAIN)",
        rf"(?:host|server|address) [\"']?{_HOST}[\"']? "
        rf"(?:not found|could not be resolved|is unknown)|Unknown MySQL server host '(?P<mysql>[^']{{1,253}})'",
        rf"(?:Failed to resolve|cannot resolve|NameResolutionError[^\n]{{0,255}}resolve) [\"']?{_HOST}",
    )
)
_CONNECTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_ANY_HOST}:(?P<port>\d{{2,5}})[^\n]{{0,160}}{_FAILED}",
        rf"{_FAILED}[^\n]{{0,80}}?{_ANY_HOST}:(?P<port>\d{{2,5}})",
        rf"(?:hosts?|servers?|nodes?)(?:\(s\))? tried[^\n]{{0,80}}\(tried: {_HOST}:(?P<port>\d{{2,5}})",
        rf"(?:fail(?:ed|ure)|unable|could not|cannot|can't|error) (?:to )?(?:connect(?:ing)?|reach(?:ing)?)(?: to| "
        rf"with)?"
        rf"(?: \w+){{0,3}} \[?[\"']?(?:\w+://)?{_HOST}:(?P<port>\d{{2,5}})",
        rf"host=[\"']?{_HOST}[\"']?,? port=[\"']?(?P<port>\d{{1,5}})[^\n]{{0,200}}{_FAILED}",
        rf"(?:connect(?:ion)? to|reach|server at|host) [\"']?{_HOST}[\"']?(?=[^\n]{{0,132}}{_FAILED})[^\n]{{0,40}}?"
        rf"(?:port (?P<port>\d{{1,5}})|\((?P<port2>\d{{1,5}})\))?[^\n]{{0,80}}{_FAILED}",
    )
)
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_SOURCE = re.compile(r"\.(?:c|cc|cpp|h|go|rs|py|java|kt|js|ts|rb|php|cs|scala)$", re.IGNORECASE)
_CLASS = re.compile(r"(?:^|\.)[A-Z][a-z0-9]{1,40}(?:[A-Z][a-z0-9]{1,40}){1,8}(?:\$\w{1,40})?$")  # of Java or .NET
_PLAIN_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "to",
        "server",
        "host",
        "database",
        "db",
        "connection",
        "address",
        "error",
        "tcp",
        "http",
        "https",
        "dial",
        "at",
    ]
)
_NAMES = frozenset(("db", "database"))  # plain words that are hosts where a port follows
# Where nobody answered; "no such host" is an answer.
_UNANSWERED = re.compile(
    r"temporary failure|EAI_AGAIN|try again|server misbehaving|SERVFAIL|lookup \S{1,253}(?: on \S{1,100})?:[^\n]{0,80}"
    r"(?:timeout|timed out|refused)",
    re.IGNORECASE,
)
_ALWAYS_THERE = frozenset(("default", DNS_NAMESPACE))  # namespaces of every cluster; neither is a top-level domain
# Of an init container: `waiting for db.data.svc:5432`, `nc -z db 5432`, `pg_isready -h db`, `nslookup db`.
_AWAITED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"wait(?:ing|s)?(?: \w{{1,20}}){{0,3}} (?:for|on|until)(?: \w{{1,20}}){{0,3}}? [\"']?(?:\w{{1,20}}://)?{_HOST}"
        rf"(?::| port |\s)(?P<port>\d{{2,5}})",
        r"wait(?:ing|s)? (?:for|on) [\"']?(?:\w{1,20}://)?(?P<host>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6})()(?P<port>)",
        rf"\bnc (?:-\w+ (?:\d+ )?){{0,5}}{_HOST} (?P<port>\d{{2,5}})",
        rf"(?:\w{{1,20}}://|wait-for(?:-it)?(?:\.sh)? (?:-\w+ ){{0,3}}|/dev/tcp/){_HOST}[:/](?P<port>\d{{2,5}})",
        rf"(?:pg_isready|mysqladmin|redis-cli|mongosh?)[^\n]{{0,80}}? -h ?{_HOST}(?: -p ?(?P<port>\d{{2,5}}))?",
        rf"(?:nslookup|dig|getent hosts|host) {_HOST}(?P<port>)",
    )
)


@dataclass(frozen=True)
class PeerMiss:
    """One failed attempt: `port` 0 when the line has none, `lookup` when the DNS lookup failed."""

    host: str
    port: int
    lookup: bool
    line: Line


def find(cluster: Cluster) -> Iterator[Finding]:
    for instance in crashed_containers(cluster):
        log = log_of(instance)
        if instance.init and unready_run(instance):
            yield from _waiting(instance, log)
        elif log is not None:
            told = (_told(instance, log, miss) for miss in _misses(lines(log.text)))
            # A container that the platform killed did not fail for its peer, but the peer may be down all the same.
            own = speaks_for_itself(instance)
            heard = [f for f in told if f is not None and (own or f.role is CausalRole.SYMPTOM)]
            yield from sorted(heard, key=lambda f: -f.directness)[:1]


def _waiting(instance: ContainerView, log: LogLines | None) -> Iterator[Finding]:
    """An init container that runs on: for whom it waits, by its log or its command. It may log no error at all."""
    running = instance.status.state.running
    if running is None:
        return
    meta = instance.pod.metadata
    since = running.started_at or instance.pod.status.start_time or meta.creation_timestamp  # a table shows the last
    if age(instance.cluster, since) < STUCK:
        return
    told = (_told(instance, seen, miss) for seen, miss in _waits(instance, log))
    heard = sorted((f for f in told if f is not None), key=lambda f: -f.directness)
    if heard:
        yield heard[0]
        return
    last = lines(log.text)[-1:] if log else []
    cites = (instance.cluster.cite_log(log, last[0].text),) if log and last else ()
    facts = {
        "age": duration_text(age(instance.cluster, since)),
        "said": clip(last[0].said) if last else "",
    }
    yield instance.finding("K8S-938", instance.cite("running"), *cites, onset=since, facts=facts)


def _waits(instance: ContainerView, log: LogLines | None) -> Iterator[tuple[LogLines | None, PeerMiss]]:
    """The newest hosts in the log; then those in the command."""
    found = lines(log.text) if log else []
    if misses := _misses(found) or list(_awaited(reversed(found))):
        yield from ((log, miss) for miss in misses)
        return
    words = (*(instance.spec.command or ()), *(instance.spec.args or ()))
    yield from ((None, miss) for miss in _awaited(Line(word, word, 0) for word in words))


def _awaited(found: Iterable[Line]) -> Iterator[PeerMiss]:
    """The first line that names a host, without any word about a failure."""
    for line in found:
        match = next((m for e in _AWAITED if (m := e.search(line.said))), None)
        if match and _could_be_host(match["host"]) and not _is_word(match["host"], match["port"]):
            yield PeerMiss(match["host"], int(match["port"] or 0), False, line)
            return


def _misses(found: list[Line]) -> list[PeerMiss]:
    """The newest miss of each host, newest first, three at most: after that they repeat."""
    misses: dict[tuple[str, int], PeerMiss] = {}
    for line in reversed(found):
        miss = unreachable_host(line)
        if miss is not None:
            misses.setdefault((miss.host, miss.port), miss)
    return list(misses.values())[:3]


def unreachable_host(line: Line) -> PeerMiss | None:
    """The host that could not be reached or resolved, according to a log line."""
    for expressions, lookup in ((_LOOKUPS, True), (_CONNECTS, False)):
        for expression in expressions:
            match = expression.search(line.said)
            named = match.groupdict() if match else {}
            host = (named.get("host") or named.get("mysql") or "").strip(".")
            port = named.get("port") or named.get("port2")
            if host and not _is_word(host, port) and _could_be_host(host):
                return PeerMiss(host, int(port or 0), lookup, line)
    return None


def _is_word(host: str, port: str | None) -> bool:
    """A word before the name of a host; `db:5432` is one itself."""
    return host.lower() in _PLAIN_WORDS and not (port and host.lower() in _NAMES)


def _could_be_host(host: str) -> bool:
    """`09:11` is a time, `grpc_stream.cc:130` and `RetryPolicy:88` are places in source files."""
    if _ADDRESS.fullmatch(host):
        return True
    return any(c.isalpha() for c in host) and not _SOURCE.search(host) and not _CLASS.search(host)


def _told(instance: ContainerView, log: LogLines | None, miss: PeerMiss) -> Finding | None:
    if _OWN.match(miss.host):
        return _say(instance, log, miss, "K8S-936", confidence=Confidence.MEDIUM)
    if miss.lookup and _UNANSWERED.search(miss.line.said) and (servers := idle_dns(instance.cluster)):
        return _say(instance, log, miss, "K8S-937", peers=servers)
    service = _service(instance, miss.host)
    if service is not None:
        return _at_service(instance, log, miss, service)
    if _ADDRESS.fullmatch(miss.host):
        if not _public(miss.host):
            return None  # an unknown address may be a deleted pod of this cluster
        return _say(instance, log, miss, "K8S-933", confidence=Confidence.MEDIUM)
    name, namespace, inside = _place(instance, miss.host)
    if inside and instance.cluster.is_complete(Service, namespace):
        return _no_service(instance, log, miss, name, namespace)
    if inside:
        peer = Subject(kind="Service", name=name, namespace=namespace)
        return _say(instance, log, miss, "K8S-930", peers=(peer,), service=f"{name} in namespace {namespace}")
    return _say(instance, log, miss, "K8S-933", confidence=Confidence.MEDIUM)


def _public(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        return False


def _at_service(instance: ContainerView, log: LogLines | None, miss: PeerMiss, service: Service) -> Finding:
    peer = (service.subject,)
    ports = [p.port for p in service.spec.ports or ()]
    if miss.lookup:
        return _say(
            instance,
            log,
            miss,
            "K8S-934",
            peers=(Subject(kind="Service", name="kube-dns", namespace="kube-system"), *peer),
        )
    headless = service.spec.cluster_ip == "None"  # its name resolves to the pods, and any of their ports works
    if not headless and miss.port and ports and miss.port not in ports and not _ADDRESS.fullmatch(miss.host):
        serves = ", ".join(str(p) for p in ports)
        cites = (instance.cluster.cite(service, str(ports[0])),)
        return _say(instance, log, miss, "K8S-932", *cites, peers=peer, service=service.name, serves=serves)
    where = f"{service.namespace}/{service.name}" if service.namespace != instance.pod.namespace else service.name
    return _say(instance, log, miss, "K8S-930", peers=peer, service=where)


def _no_service(instance: ContainerView, log: LogLines | None, miss: PeerMiss, name: str, namespace: str) -> Finding:
    cluster = instance.cluster
    known = [s.name for s in cluster.all(Service, namespace)]
    near = get_close_matches(name, known, n=2, cutoff=0.6)
    hint = f"similar: {', '.join(near)}" if near else "no similar name"
    absent = cluster.cite_absence(Service, namespace, name)
    code, sure = "K8S-931", Confidence.HIGH if miss.lookup else Confidence.MEDIUM
    if not miss.lookup and _ANSWERED.search(miss.line.said):
        code = "K8S-935"
    return _say(instance, log, miss, code, absent, confidence=sure, missing=name, where=namespace, hint=hint)


def _say(
    instance: ContainerView,
    log: LogLines | None,
    miss: PeerMiss,
    code: str,
    *more: Citation,
    confidence: Confidence = Confidence.HIGH,
    peers: tuple[Subject, ...] = (),
    **facts: str,
) -> Finding:
    target = f"{miss.host}:{miss.port}" if miss.port else miss.host
    known = {"target": target, "host": miss.host, "port": str(miss.port or ""), "said": clip(miss.line.said)} | facts
    cite = instance.cluster.cite_log(log, miss.line.text) if log else instance.cite(miss.line.text)
    return instance.finding(
        code, cite, *more, onset=_onset(instance, log, miss), confidence=confidence, peers=peers, facts=known
    )


def _onset(instance: ContainerView, log: LogLines | None, miss: PeerMiss) -> datetime | None:
    """The first such line of a container that runs on; of one that crashes, only the last run is known."""
    if log is None or not unready_run(instance):
        return onset(instance)
    same = template(miss.line.said)
    first = next((moment(one.text) for one in lines(log.text) if template(one.said) == same), None)
    return first or onset(instance)


def _service(instance: ContainerView, host: str) -> Service | None:
    """The Service of a host: by name, by cluster IP, or by the IP of a pod it selects."""
    cluster = instance.cluster
    if not _ADDRESS.fullmatch(host):
        name, namespace, inside = _place(instance, host)
        return cluster.get(Service, namespace, name) if inside else None
    for service in cluster.all(Service):
        if service.spec.cluster_ip == host:
            return service
    pod = next((p for p in cluster.all(Pod) if p.status.pod_ip == host), None)
    if pod is None:
        return None
    selecting = (
        s for s in cluster.all(Service, pod.namespace) if pod in cluster.pods(s.spec.selector or {}, pod.namespace)
    )
    return next(selecting, None)


def _place(instance: ContainerView, host: str) -> tuple[str, str, bool]:
    """Name, namespace, and whether the host is a name of the cluster at all: `cart`, `cart.shop`,
    `cart.shop.svc.cluster.local`."""
    parts = host.split(".")
    own = instance.pod.namespace
    if len(parts) == 1:
        return parts[0], own, True
    if parts[2:3] == ["svc"]:
        # The pod of a StatefulSet has a name of its own before the Service's.
        return parts[0], parts[1], True
    if len(parts) > 3 and parts[3] == "svc":
        return parts[1], parts[2], True
    namespaces = {n.name for n in instance.cluster.all(Namespace)} | set(instance.cluster.namespaces) | _ALWAYS_THERE
    return (parts[0], parts[1], True) if len(parts) == 2 and parts[1] in namespaces else (host, own, False)


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """Services and pods of other namespaces whose hosts could not be reached and that were not read yet; the Services
    of all where only an address is known."""
    missed = [(i, miss) for i in crashed_containers(cluster) for miss in _all_misses(i)]
    wanted = {n: None for i, miss in missed if (n := _lead(i, miss)) and not cluster.is_complete(Pod, n)}
    for namespace in list(wanted)[:OTHER_NAMESPACES]:
        yield from dependency_requests(namespace, "a host of this namespace could not be reached")
    if not cluster.is_complete(Service) and any(_is_unknown(i, miss.host) for i, miss in missed):
        why = "an address of the cluster could not be reached"
        yield ToolRequest(tool="kubernetes_list", arguments={"resource": "services"}, why=why)


def _all_misses(instance: ContainerView) -> list[PeerMiss]:
    log = log_of(instance)
    if instance.init and unready_run(instance):
        return [miss for _, miss in _waits(instance, log)]
    return _misses(lines(log.text)) if log else []


def _lead(instance: ContainerView, miss: PeerMiss) -> str:
    """The namespace where the reason may be; "" where it is known or outside."""
    if miss.lookup and _UNANSWERED.search(miss.line.said):
        return DNS_NAMESPACE
    if service := _service(instance, miss.host):
        return service.namespace
    _, namespace, inside = _place(instance, miss.host)
    return namespace if inside else ""


def _is_unknown(instance: ContainerView, host: str) -> bool:
    """A private address that neither a Service nor a pod that was read has."""
    private = _ADDRESS.fullmatch(host) and not _OWN.match(host) and not _public(host)
    return bool(private) and _service(instance, host) is None


ANALYZER = Analyzer(find, asks, reads=(*BACKING_READS, Event, Namespace, Service, LogLines))
