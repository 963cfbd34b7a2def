"""Warning events of objects that were not read: what people paste is often the event alone."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster, named_owner
from midwatch.diagnosis.kubernetes.codes import CODES, finding
from midwatch.diagnosis.kubernetes.failed_creates import REASONS, WORKLOADS
from midwatch.diagnosis.kubernetes.view.containers import reason_text
from midwatch.diagnosis.kubernetes.view.image_pull_errors import refusal
from midwatch.diagnosis.kubernetes.view.known_errors import known_error, sureness
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event, Node
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import Ingress, Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.storage import PersistentVolume, PersistentVolumeClaim
from midwatch.integrations.kubernetes.objects.workload import (
    CronJob,
    DaemonSet,
    Deployment,
    HorizontalPodAutoscaler,
    Job,
    ReplicaSet,
    StatefulSet,
)

_KINDS: dict[str, type[Object]] = {
    type_.__name__: type_
    for type_ in (
        *(Pod, Node, PersistentVolumeClaim, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob),
        *(HorizontalPodAutoscaler, Service, Ingress),
    )
}
_SAID = 260  # characters of a message
_NEVER = datetime.min.replace(tzinfo=UTC)
_NOT_NAMED = "not-named"  # the reader's word for an object that the text does not name
_MISSING = re.compile(
    r"\b(?P<what>configmaps?|secrets?|persistentvolumeclaims?|serviceaccounts?|storageclass(?:\.storage\.k8s\.io)?)"
    r"s? \"(?P<missing>[^\"]{1,253})\" not found|references non-existent (?P<key>secret|config) key: (?P<key_name>\S+)"
    r"|couldn't find key (?P<absent>\S+) in (?P<holder>\S+ \S+)",
    re.I,
)
_CODES = {
    "FailedScheduling": "K8S-771",
    "ErrImagePull": "K8S-772",
    "FailedPull": "K8S-772",
}
_ENDED = "ContainerEnded"  # the reader's word for a state of a container that was pasted without its pod
_EXIT = re.compile(r"Exit Code: (\d{1,3})")
_EXITS = {
    "143": "Exit code 143 is SIGTERM: the container was asked to stop, by a failed liveness probe, an eviction, a "
    "rollout or a deletion. A kill at the memory limit would be 137 with reason OOMKilled.",
    "137": "Exit code 137 is SIGKILL: the container did not stop within its grace period, or ran out of memory.",
    "139": "Exit code 139 is SIGSEGV: the program crashed on an invalid memory access.",
    "134": "Exit code 134 is SIGABRT: the program aborted itself.",
    "127": "Exit code 127: the command of the container does not exist in the image.",
    "126": "Exit code 126: the command of the container cannot be executed.",
}
_PULL = re.compile(r"[Ff]ailed to pull image|[Ee]rr(?:or: )?ImagePull|manifest unknown|pull access denied")
# The event of the same object that says a warning is over; by the warning's reason.
_OVER = {
    "FailedScheduling": ("Scheduled",),
    "FailedMount": ("Pulled", "Created", "Started", "SuccessfulMountVolume"),
    "FailedAttachVolume": ("SuccessfulAttachVolume", "Started"),
    "FailedCreatePodSandBox": ("Pulled", "Created", "Started"),
    "NodeNotReady": ("NodeReady",),
    "ProvisioningFailed": ("ProvisioningSucceeded",),
    "FailedBinding": ("ProvisioningSucceeded",),
    "SyncLoadBalancerFailed": ("EnsuredLoadBalancer",),
}
# A probe that failed while the object is not known to be unready is no fault yet.
_MILD = frozenset(("Unhealthy", "BackOff", "ProbeWarning", "DNSConfigForming"))


def find(cluster: Cluster) -> Iterator[Finding]:
    newest: dict[tuple[Subject, str], Event] = {}
    for event in cluster.all(Event):
        if event.type == "Warning" and event.reason and (about := _about(cluster, event)):
            key = (about, _judged(event)[0] if _judged(event)[0] != "K8S-773" else event.reason)
            newest[key] = max(newest.get(key, event), event, key=lambda e: (e.last or _NEVER, len(e.message or "")))
    told = {about for (about, code) in newest if code.startswith("K8S-")}
    for (about, code), event in sorted(newest.items(), key=lambda item: (str(item[0][0]), item[0][1])):
        # What comes of a cause that the same object's events name is not said beside it.
        if not _is_over(cluster, about, event) and (code.startswith("K8S-") or about not in told):
            yield _say(cluster, about, event)


def _about(cluster: Cluster, event: Event) -> Subject | None:
    """The object of the event, where nothing else of it was read and nothing proves that it is gone."""
    reference = event.involved_object
    kind, name, namespace = reference.kind or "", reference.name or "", reference.namespace or ""
    about = Subject(kind=kind, name=name, namespace=namespace)
    if kind == "Object":
        return about
    type_ = _KINDS.get(kind)
    if type_ is None or not name:
        return None
    place = "" if type_ is Node else namespace
    if _is_read(cluster.get(type_, place, name)) or cluster.missing(type_, place, name):
        return None
    if event.reason in REASONS and type_ in WORKLOADS:
        return None  # failed_creates.py tells of these
    return about.model_copy(update={"namespace": place})


def _is_read(obj: Object | None) -> bool:
    """A description that was cut off before its containers tells nothing that other rules could judge."""
    return obj is not None and not (isinstance(obj, Pod) and not obj.spec.containers and not obj.statuses)


def _judged(event: Event) -> tuple[str, Confidence, dict[str, str]]:
    message = event.message or ""
    if match := _MISSING.search(message):
        absent = match["missing"] or match["key_name"] or match["absent"]
        what = match["what"] or f"key of {match['holder'] or match['key']}"
        return "K8S-770", Confidence.HIGH, {"what": what, "absent": absent}
    if (event.reason == "Failed" and _PULL.search(message)) or _CODES.get(event.reason or "") == "K8S-772":
        return "K8S-772", Confidence.HIGH, _pull(message)
    if found := known_error(message):
        return found[0], sureness(found[0]), {"effect": "", **_own(found[1])}
    if event.reason == _ENDED:
        return "K8S-775", Confidence.MEDIUM, {"why": _why_ended(message)}
    code = _CODES.get(event.reason or "", "K8S-773")
    return code, Confidence.LOW if code == "K8S-773" else Confidence.HIGH, {}


def _why_ended(message: str) -> str:
    """What the exit code tells: from 129 on it is 128 and the number of a signal (POSIX shells; containerd)."""
    if "OOMKilled" in message:
        return "The kernel killed the container at its memory limit, or the node was out of memory."
    match = _EXIT.search(message)
    return _EXITS.get(
        match[1] if match else "", "The program ended by itself with an error: its last log lines say why."
    )


def _pull(message: str) -> dict[str, str]:
    """What the end of the message says why, and what that means."""
    why = refusal(message)
    if why is None:
        return {}
    return {"sign": reason_text(why.sign, 160), "why": CODES[why.code].meaning}


def _zone(cluster: Cluster) -> dict[str, str]:
    """The zone of the volume, where one volume was read: the claim's may not be."""
    volumes = list(cluster.all(PersistentVolume))
    zones = {v for each in volumes for k, v in each.labels.items() if k.endswith("/zone")}
    return {"zone": zones.pop()} if len(volumes) == 1 and len(zones) == 1 else {}


def _own(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts of a message, without those that name the object."""
    return {name: text for name, text in facts.items() if name not in ("name", "namespace", "container")}


def _say(cluster: Cluster, about: Subject, event: Event) -> Finding:
    code, confidence, facts = _judged(event)
    message = event.message or event.reason or ""
    facts |= {"reason": event.reason or "", "said": reason_text(message, _SAID), "count": str(event.times)}
    facts |= _place(about, event)
    if code == "K8S-773" and event.reason in _MILD:
        code = "K8S-774"
    proof, onset = (cluster.cite_event(event),), event.first
    facts |= _zone(cluster) if code == "K8S-987" else {}
    return finding(
        code, about, owner=named_owner(about), cites=proof, confidence=confidence, onset=onset, peers=(), **facts
    )


def _place(about: Subject, event: Event) -> dict[str, str]:
    """How commands call the object: capitals stand for what the text does not name."""
    if about.name == _NOT_NAMED:
        place = {"at": "an object that the text does not name", "name": "NAME", "event_reason": event.reason or ""}
    else:
        place = {"event_object": about.name}
    if not about.namespace:  # the events of nodes are kept in the namespace default
        place["namespace"] = "default" if about.kind == "Node" else "NAMESPACE"
    return place


def _is_over(cluster: Cluster, about: Subject, event: Event) -> bool:
    later = cluster.events(about, *_OVER.get(event.reason or "", ("",)))
    return any((other.last or _NEVER) > (event.last or _NEVER) for other in later)


ANALYZER = Analyzer(find, reads=(Event, PersistentVolume, *_KINDS.values()))
