"""One container of one pod with its status and events, and its findings; shared by the analyzers of pods."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from typing import NamedTuple

from midwatch.analysis.codes import location
from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.domain.window import Window
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Container, ContainerStatus, Pod, Terminated
from midwatch.integrations.kubernetes.objects.saved_objects import SavedLog

RECENT = timedelta(hours=1)
STABLE = timedelta(minutes=10)  # the kubelet resets its restart back-off after ten minutes of running
STUCK = timedelta(minutes=5)

_WRAPPED = re.compile(
    r"^Failed to create pod sandbox: |rpc error: code = \w{1,30} desc = |Error response from daemon: "
)
_FIELD = re.compile(r"\{([^}]{1,253}+)\}")


class ContainerView(NamedTuple):
    """A container in its pod; `name` is the container's."""

    cluster: Cluster
    pod: Pod
    status: ContainerStatus

    @property
    def name(self) -> str:
        return self.status.name

    @property
    def spec(self) -> Container:
        return self.pod.container(self.name) or Container(name=self.name)

    @property
    def has_spec(self) -> bool:
        """False for a row of a table: then limits, command, image and secrets are not known to be absent."""
        return self.pod.container(self.name) is not None

    @property
    def init(self) -> bool:
        """True for an init container that must finish before the others start (not for a sidecar). A row of a table
        names none: there the status tells."""
        if not self.pod.spec.all_containers:
            return any(status is self.status for status in self.pod.status.init_container_statuses or ())
        return any(c.name == self.name and c.restart_policy != "Always" for c in self.pod.spec.init_containers or ())

    @property
    def waiting_reason(self) -> str:
        return (self.status.state.waiting.reason or "") if self.status.state.waiting else ""

    @property
    def message(self) -> str:
        return (self.status.state.waiting.message or "") if self.status.state.waiting else ""

    @property
    def last_termination(self) -> Terminated | None:
        """The newest end of the container: the present state, else the one before."""
        return self.status.state.terminated or self.status.last_state.terminated

    @property
    def has_run(self) -> bool:
        """Whether the container ever ran in this pod."""
        return bool(self.status.state.running or self.last_termination or self.waiting_reason == "CrashLoopBackOff")

    def events(self, *reasons: str) -> list[Event]:
        """Events about this container; those that name none count when the pod has only one."""
        about = self.cluster.events(self.pod, *reasons)
        alone = bool(about) and len(self.pod.spec.all_containers or self.pod.statuses) == 1
        return [e for e in about if container_of(e) == self.name or (alone and not container_of(e))]

    def cite(self, quote: str) -> Citation:
        return self.cluster.cite(self.pod, quote)

    def finding(
        self,
        code: str,
        *cites: Citation,
        onset: datetime | None = None,
        confidence: Confidence = Confidence.HIGH,
        peers: tuple[Subject, ...] = (),
        facts: Mapping[str, str] | None = None,
        **more: str,
    ) -> Finding:
        return _speak(self.cluster, self.pod, self, code, cites, onset, confidence, peers, {**(facts or {}), **more})


def instances(cluster: Cluster, pod: Pod) -> Iterator[ContainerView]:
    for status in pod.statuses:
        yield ContainerView(cluster, pod, status)


def say_of_pod(
    cluster: Cluster,
    pod: Pod,
    code: str,
    *cites: Citation,
    onset: datetime | None = None,
    confidence: Confidence = Confidence.HIGH,
    peers: tuple[Subject, ...] = (),
    facts: Mapping[str, str] | None = None,
    **more: str,
) -> Finding:
    """A finding about the pod as a whole."""
    return _speak(cluster, pod, None, code, cites, onset, confidence, peers, {**(facts or {}), **more})


def _speak(
    cluster: Cluster,
    pod: Pod,
    instance: ContainerView | None,
    code: str,
    cites: tuple[Citation, ...],
    onset: datetime | None,
    confidence: Confidence,
    peers: tuple[Subject, ...],
    facts: dict[str, str],
) -> Finding:
    owner = cluster.owner(pod)
    subject = pod.subject.model_copy(update={"container": instance.name}) if instance else pod.subject
    known = {"pod": pod.name, "node": pod.spec.node_name or ""} | facts
    if instance and instance.init:
        known["at"] = location(owner, instance.name, "init container")
    present = {key: value for key, value in known.items() if value}
    return finding(
        code,
        subject,
        owner=owner,
        cites=cites,
        confidence=confidence,
        onset=onset or pod.status.start_time,
        peers=peers,
        **present,
    )


def container_of(event: Event) -> str:
    """The container an event is about: the kubelet writes `spec.containers{app}` into the field path; "" for the
    pod."""
    match = _FIELD.search(event.involved_object.field_path or "")
    return match[1] if match else ""


@fact
def unready(cluster: Cluster) -> Sequence[Pod]:
    """Pods that are not ready: neither finished nor terminating."""
    return [p for p in cluster.all(Pod) if not p.is_finished and not p.ready and p.metadata.deletion_timestamp is None]


def age(cluster: Cluster, since: datetime | None) -> timedelta:
    return cluster.clock - since if since else timedelta(0)


@fact
def asked_time(cluster: Cluster) -> Window | None:
    """The time range in the question, relative to when the logs were saved."""
    if not cluster.question.text:
        return None  # the parser of times is loaded only when it is needed
    span: Callable[[str, datetime], Window | None] = import_module("midwatch.analysis.times.spoken_time").span
    saved = [s.saved for s in cluster.all(SavedLog) if s.saved]
    return span(cluster.question.text, max(saved, default=cluster.clock))


def clip(text: str, size: int = 220) -> str:
    """The beginning of a long message, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= size else line[:size].rsplit(" ", 1)[0] + " …"


def reason_text(text: str, size: int = 240) -> str:
    """A message of the kubelet or a runtime on one line: its reason stands at the end, so a long one is cut in the
    middle."""
    line = _WRAPPED.sub("", " ".join(text.split()))
    if len(line) <= size:
        return line
    head, tail = line[: size // 3].rsplit(" ", 1)[0], line[-2 * size // 3 :].split(" ", 1)[-1]
    return f"{head} … {tail}"


def duration_text(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
