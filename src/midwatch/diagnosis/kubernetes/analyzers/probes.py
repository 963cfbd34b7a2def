"""Failing probes: the kubelet's event compared with the probe's definition and the container's ports."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import RECENT, ContainerView, age, clip, instances
from midwatch.diagnosis.kubernetes.view.terminations import is_crashed, killed_by_liveness
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Confidence, Finding
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Container, Pod, Probe

_KIND = re.compile(
    r"(liveness|readiness|startup) probe (?:failed|errored)(?: and resulted in \w{1,20}+ state)?(?:: )?", re.IGNORECASE
)
_STATUS = re.compile(r"statuscode: (\d{3})")
_PROTOCOL = re.compile(
    r"malformed HTTP|server gave HTTP response to HTTPS client|first record does not look like a TLS|HTTP/1\.x "
    r"transport connection broken"
    r"|does not implement the grpc health|error reading server preface|client sent an HTTP request to an HTTPS server"
    r"|\\x00\\x00|unimplemented",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"connection refused|failed to connect|connection reset", re.IGNORECASE)
_TIMEOUT = re.compile(r"deadline exceeded|i/o timeout|Client\.Timeout|timed? ?out", re.IGNORECASE)


@dataclass(frozen=True)
class FailingProbe:
    """One probe of one container, and its newest failure event."""

    instance: ContainerView
    kind: str  # liveness, readiness or startup
    probe: Probe
    event: Event

    @property
    def message(self) -> str:
        return self.event.message or ""

    @property
    def probe_text(self) -> str:
        """The probe's target: `http://:8080/healthz`, `grpc port 9090`, `tcp port 5432`, `exec cat /ready`."""
        probe = self.probe
        if probe.http_get:
            path = (probe.http_get.path or "").removeprefix("/")
            return f"{(probe.http_get.scheme or 'HTTP').lower()}://:{probe.http_get.port}/{path}"
        if probe.grpc:
            return f"grpc port {probe.grpc.port}"
        if probe.tcp_socket:
            return f"tcp port {probe.tcp_socket.port}"
        if probe.exec:
            return "exec " + " ".join(probe.exec.command or ())
        return "probe definition unknown"

    @property
    def port(self) -> int | str:
        check = self.probe.http_get or self.probe.grpc or self.probe.tcp_socket
        return check.port if check else 0

    def finding(self, code: str, *more: Citation, confidence: Confidence = Confidence.HIGH, **facts: str) -> Finding:
        cites = (self.instance.cluster.cite_event(self.event), *more)
        asked = {"probe": self.kind, "asked": self.probe_text, "said": clip(_KIND.sub("", self.message, count=1))}
        return self.instance.finding(code, *cites, onset=self.event.first, confidence=confidence, facts=asked | facts)


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in cluster.all(Pod):
        if pod.is_finished or pod.metadata.deletion_timestamp is not None or not cluster.events(pod, "Unhealthy"):
            continue
        for instance in instances(cluster, pod):
            for failing in _failing(instance):
                yield _cause(failing)


def _failing(instance: ContainerView) -> Iterator[FailingProbe]:
    """The probes that still fail: not those of containers that became ready, or whose last failure is long ago."""
    kinds: dict[str, Event] = {}
    for event in instance.events("Unhealthy"):
        if (match := _KIND.search(event.message or "")) and age(instance.cluster, event.last) < RECENT:
            kinds[match[1].lower()] = event
    for kind, event in sorted(kinds.items()):
        probe = _probe(instance.spec, kind)
        dead = kind != "readiness" and (is_crashed(instance) or killed_by_liveness(instance) is not None)
        if (not instance.status.ready or dead) and (instance.has_run or instance.pod.status.phase == "Running"):
            yield FailingProbe(instance, kind, probe, event)


def _probe(container: Container, kind: str) -> Probe:
    """The probe's specification; an empty one where it was not saved."""
    found = {
        "liveness": container.liveness_probe,
        "readiness": container.readiness_probe,
        "startup": container.startup_probe,
    }[kind]
    return found or Probe()


def _cause(failing: FailingProbe) -> Finding:
    return (
        _wrong_port(failing)
        or _wrong_protocol(failing)
        or _answered(failing)
        or _too_soon(failing)
        or _unanswered(failing)
    )


def _wrong_port(failing: FailingProbe) -> Finding | None:
    """The probe's port is not declared; the cause when nothing listened there."""
    declared = failing.instance.spec.ports or ()
    numbers, names = {p.container_port for p in declared}, {p.name for p in declared if p.name}
    port = failing.port
    if not declared or port in numbers or port in names or not port:
        return None
    if isinstance(port, int) and not _REFUSED.search(failing.message):
        return None
    serves = ", ".join(str(p.container_port) + (f" ({p.name})" if p.name else "") for p in declared)
    return failing.finding(
        "K8S-221",
        failing.instance.cite(str(port)),
        failing.instance.cite(str(declared[0].container_port)),
        serves=serves,
        port_asked=str(port),
    )


def _wrong_protocol(failing: FailingProbe) -> Finding | None:
    return failing.finding("K8S-222") if _PROTOCOL.search(failing.message) else None


def _answered(failing: FailingProbe) -> Finding | None:
    status = _STATUS.search(failing.message)
    if status is None:
        return None
    number = int(status[1])
    code = {404: "K8S-223", 401: "K8S-224", 403: "K8S-224"}.get(number, "K8S-231" if number >= 500 else "K8S-232")
    return failing.finding(code, status=status[1])


def _too_soon(failing: FailingProbe) -> Finding | None:
    """Killed on each start before it was up: no startup probe, and the liveness probe fails too early."""
    instance, probe = failing.instance, failing.probe
    ended = instance.last_termination
    if (
        failing.kind != "liveness"
        or instance.spec.startup_probe
        or ended is None
        or not ended.started_at
        or not ended.finished_at
    ):
        return None
    patience = (probe.initial_delay_seconds or 0) + (probe.period_seconds or 10) * (probe.failure_threshold or 3)
    lived = (ended.finished_at - ended.started_at).total_seconds()
    grace = (instance.pod.spec.termination_grace_period_seconds or 30) + (probe.period_seconds or 10)
    by_itself = lived < (probe.initial_delay_seconds or 0)  # before the first probe
    if by_itself or patience > 60 or lived > patience + grace or instance.status.restart_count < 2:
        return None
    delay = probe.initial_delay_seconds or 0
    cites = (
        (instance.cite(f'"periodSeconds":{probe.period_seconds}'),) if probe.period_seconds not in (None, 10) else ()
    )
    return failing.finding(
        "K8S-225", *cites, confidence=Confidence.MEDIUM, patience=str(patience), delay=str(delay), lived=str(int(lived))
    )


def _unanswered(failing: FailingProbe) -> Finding:
    if _TIMEOUT.search(failing.message):
        timeout = failing.probe.timeout_seconds or 1
        return failing.finding("K8S-226" if failing.kind != "readiness" else "K8S-233", timeout=str(timeout))
    return failing.finding("K8S-234" if failing.kind == "readiness" else "K8S-235")


ANALYZER = Analyzer(find, reads=(Pod, Event))
