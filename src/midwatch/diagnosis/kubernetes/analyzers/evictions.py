"""Pods that were evicted, preempted, rejected by the kubelet or lost with their node, and pods stuck terminating."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import (
    RECENT,
    age,
    clip,
    duration_text,
    instances,
    say_of_pod,
    unready,
)
from midwatch.diagnosis.kubernetes.view.replicas import recent
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.meta import Condition
from midwatch.integrations.kubernetes.objects.pod import Pod

_RESOURCE = re.compile(
    r"low on resource: ([\w-]+)|local (?:ephemeral )?storage usage|ephemeral local storage|exceeded its local "
    r"ephemeral",
    re.IGNORECASE,
)
_REJECTED = frozenset(
    {
        "NodeAffinity",
        "OutOfcpu",
        "OutOfmemory",
        "OutOfpods",
        "UnexpectedAdmissionError",
        "NodePorts",
        "Terminated",
        "NodeShutdown",
        "PodOSNotSupported",
        "PodOSSelectorNodeLabelDoesNotMatch",
    }
)
_PUT_AWAY = ("Evicted", "Preempted", "Preempting", "NodeShutdown", "Terminated", "Rejected", *sorted(_REJECTED))
_STARTING = timedelta(minutes=2)
_HANGS_AFTER = timedelta(minutes=2)  # beyond the grace period


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in cluster.all(Pod):
        if pod.metadata.deletion_timestamp is not None:
            yield from _hanging(cluster, pod)
        elif pod.status.phase == "Failed":
            yield from _put_away(cluster, pod)
        elif pod.status.phase == "Unknown":
            yield _say(cluster, pod, "K8S-245", cluster.cite(pod, "Unknown"), peers=_node(pod))
    for pod in unready(cluster):
        yield from _silent(cluster, pod)


def _say(
    cluster: Cluster,
    pod: Pod,
    code: str,
    *cites: Citation,
    onset: datetime | None = None,
    peers: tuple[Subject, ...] = (),
    **facts: str,
) -> Finding:
    """A finding about the pod; its name is a fact unless the message begins with it."""
    which = "pod" if cluster.owner(pod) == pod.subject else f"pod {pod.name}"
    return say_of_pod(cluster, pod, code, *cites, onset=onset, peers=peers, which=which, facts=facts)


def _put_away(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    reason, message = pod.status.reason or "", pod.status.message or ""
    when, old = _when(cluster, pod), _is_old(cluster, pod)
    if reason == "Evicted" and not old:
        match = _RESOURCE.search(message)
        resource = (match[1] or "ephemeral-storage") if match else "resources"
        own = match is not None and not match[1]
        code = "K8S-241" if own else "K8S-240"
        proof, said = cluster.cite(pod, message or reason), clip(message)
        told = _say(cluster, pod, code, proof, peers=_node(pod), resource=resource, said=said)
        yield told.model_copy(update={"onset": when})
    elif reason in _REJECTED and not old:
        told = _say(cluster, pod, "K8S-242", cluster.cite(pod, reason), reason=reason, said=clip(message))
        yield told.model_copy(update={"onset": when})
    elif reason == "NodeLost":
        yield _say(cluster, pod, "K8S-245", cluster.cite(pod, reason), peers=_node(pod))
    elif reason == "Preempting" or _condition(pod, "PreemptionByScheduler"):
        yield _say(cluster, pod, "K8S-243", cluster.cite(pod, reason or "PreemptionByScheduler"), said=clip(message))
    elif not old and _wordless(cluster, pod):
        proof = cluster.cite(pod, message or reason or '"phase":"Failed"')
        said = clip(message)
        yield _say(cluster, pod, "K8S-244", proof, onset=when, reason=reason or "", said=said)


def _wordless(cluster: Cluster, pod: Pod) -> bool:
    """No container has a termination state, and it is not the pod of a Job, which reports its own failures."""
    return not any(i.last_termination for i in instances(cluster, pod)) and cluster.owner(pod).kind not in (
        "Job",
        "CronJob",
    )


def _when(cluster: Cluster, pod: Pod) -> datetime | None:
    """When the pod was put away. Its start is not: it may have run for days, and older kubelets leave no conditions."""
    times = [e.last for e in cluster.events(pod, *_PUT_AWAY) if e.last]
    times += [c.last_transition_time for c in pod.status.conditions or () if _ends(c) and c.last_transition_time]
    times += [e.finished_at for i in instances(cluster, pod) if (e := i.last_termination) and e.finished_at]
    return max(times, default=None)


def _ends(condition: Condition) -> bool:
    if condition.type == "DisruptionTarget":
        return condition.status == "True"
    return condition.type in ("Ready", "ContainersReady") and condition.status == "False"


def _is_old(cluster: Cluster, pod: Pod) -> bool:
    """Longer ago than an hour. Where the pod does not tell, its event does: the API keeps those for an hour."""
    if when := _when(cluster, pod):
        return age(cluster, when) > RECENT
    read = cluster.is_complete(Event, pod.namespace) or (cluster.snapshot is None and cluster.all(Event))
    return bool(read) and age(cluster, pod.status.start_time or pod.metadata.creation_timestamp) > RECENT


def _condition(pod: Pod, reason: str) -> bool:
    condition = pod.condition("DisruptionTarget")
    return condition is not None and condition.status == "True" and condition.reason == reason


def _node(pod: Pod) -> tuple[Subject, ...]:
    return (Subject(kind="Node", name=pod.spec.node_name),) if pod.spec.node_name else ()


def _hanging(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    since = pod.metadata.deletion_timestamp
    late = age(cluster, since)
    if late < _HANGS_AFTER:
        return
    finalizers = ", ".join(pod.metadata.finalizers or ())
    cites = [
        cluster.cite(pod, "deletionTimestamp"),
        *([cluster.cite(pod, pod.metadata.finalizers[0])] if pod.metadata.finalizers else []),
    ]
    code = "K8S-247" if finalizers else "K8S-248"
    yield _say(
        cluster, pod, code, *cites, onset=since, peers=_node(pod), finalizers=finalizers, age=duration_text(late)
    )


def _silent(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    """Running, but not ready: the fallback when nothing more specific is known."""
    running = [i for i in instances(cluster, pod) if i.status.state.running and not i.status.ready and not i.init]
    if not running:
        return
    started = max(
        (
            i.status.state.running.started_at
            for i in running
            if i.status.state.running and i.status.state.running.started_at
        ),
        default=None,
    )
    since = started or pod.status.start_time or pod.metadata.creation_timestamp  # a table shows only the last
    if recent(cluster, since, _STARTING) and not cluster.events(pod, "Unhealthy"):
        return
    for instance in running:
        if not instance.events("Unhealthy"):
            cite = instance.cite(f'"name":"{instance.name}"' if instance.name else '"running"')
            events = "no event names the failing probe" if cluster.was_listed(Event) else "its events were not read"
            yield instance.finding("K8S-250", cite, onset=since, confidence=Confidence.MEDIUM, events=events)


ANALYZER = Analyzer(find, reads=(Pod, Event))
