"""Unschedulable pods, and the one constraint to change."""

from collections.abc import Iterator
from datetime import timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.pod_requests import readable
from midwatch.diagnosis.kubernetes.scheduling import messages
from midwatch.diagnosis.kubernetes.scheduling.default_scheduler import schedulers
from midwatch.diagnosis.kubernetes.scheduling.explain import explain_filter, member
from midwatch.diagnosis.kubernetes.scheduling.filters import FilterResult, NodeSet, claims
from midwatch.diagnosis.kubernetes.scheduling.pending import (
    DEFAULT_SCHEDULER,
    ignored_pods,
    is_node_selected,
    older,
    opinion,
    pending_pods,
    silent_pods,
)
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event, Node
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SystemdUnit
from midwatch.integrations.kubernetes.objects.storage import PersistentVolume, PersistentVolumeClaim
from midwatch.integrations.kubernetes.objects.workload import DaemonSet

_PROVISIONING = timedelta(minutes=1)  # binding a claim takes seconds; only then is waiting for it a fault
_RETRIED = timedelta(minutes=5)  # the scheduler tries each refused pod again at least so often
_RECENT = timedelta(hours=1)
_AUTOSCALED = 2  # workloads for which the autoscaler's events are read


def find(cluster: Cluster) -> Iterator[Finding]:
    board = NodeSet(cluster)
    ignored = {pod.subject for pod in ignored_pods(cluster)}
    silent = {pod.subject for pod in silent_pods(cluster)} - ignored
    for pod in pending_pods(cluster):
        condition = pod.condition("PodScheduled")
        if pod.spec.scheduling_gates or (condition and condition.reason == "SchedulingGated"):
            yield _gated(cluster, pod)
        elif pod.subject in ignored:
            yield _untouched(cluster, pod)
        elif pod.subject in silent:
            yield _unexplained(cluster, pod)
        else:
            yield from _judged(board, pod)
    yield from _preempted(cluster)


def _gated(cluster: Cluster, pod: Pod) -> Finding:
    gates = pod.spec.scheduling_gates or ()
    return finding(
        "K8S-318",
        pod.subject,
        owner=cluster.owner(pod),
        cites=tuple(cluster.cite(pod, member("name", g.name)) for g in gates)
        or (cluster.cite(pod, "SchedulingGated"),),
        onset=pod.metadata.creation_timestamp,
        gates=", ".join(g.name for g in gates) or "",
    )


def _untouched(cluster: Cluster, pod: Pod) -> Finding:
    name = pod.spec.scheduler_name or DEFAULT_SCHEDULER
    own, since = name != DEFAULT_SCHEDULER, pod.metadata.creation_timestamp
    return finding(
        "K8S-321" if own else "K8S-320",
        pod.subject,
        owner=cluster.owner(pod),
        cites=(cluster.cite(pod, member("schedulerName", name) if pod.spec.scheduler_name else '"phase":"Pending"'),),
        confidence=Confidence.HIGH if own else Confidence.MEDIUM,
        onset=since,
        peers=() if own else tuple(s.subject for s in schedulers(cluster)),
        scheduler=name,
        age=_age(cluster, pod),
    )


def _unexplained(cluster: Cluster, pod: Pod) -> Finding:
    """The event with the reason was not read: a table shows none."""
    return finding(
        "K8S-325",
        pod.subject,
        owner=cluster.owner(pod),
        cites=(cluster.cite(pod, '"phase":"Pending"'),),
        confidence=Confidence.LOW,
        onset=pod.metadata.creation_timestamp,
        age=_age(cluster, pod),
    )


def _age(cluster: Cluster, pod: Pod) -> str:
    since = pod.metadata.creation_timestamp
    return f"{(cluster.now - since).total_seconds() / 60:.0f} min" if since else ""


def _judged(board: NodeSet, pod: Pod) -> Iterator[Finding]:
    cluster = board.cluster
    message, cite = opinion(cluster, pod)
    if messages.absent_claim(message) and _absent(cluster, pod):
        return  # reported for the claim itself (analyzers/volumes.py)
    if messages.blames_claim(message) or is_node_selected(cluster, pod):
        yield from _unbound(board, pod, message, cite)
    elif cite:
        yield _unplaced(board, pod, message, cite)


def _absent(cluster: Cluster, pod: Pod) -> bool:
    return any(cluster.missing(PersistentVolumeClaim, pod.namespace, name) for name, _ in claims(cluster, pod))


def _unbound(board: NodeSet, pod: Pod, message: str, cite: Citation | None) -> Iterator[Finding]:
    """Said of a refused pod at any age: the condition is as old as the pod, and a dump may hold nothing newer."""
    cluster = board.cluster
    open_ = [c for _, c in claims(cluster, pod) if c and c.status.phase != "Bound"]
    known = cluster.is_complete(PersistentVolumeClaim, pod.namespace)
    if known and not open_:
        if cite and older(cluster, pod, _RETRIED):
            yield _unplaced(board, pod, message, cite)
        return  # bound since then: the scheduler retries
    if not cite and not older(cluster, pod, _PROVISIONING):
        return
    proof = tuple(cluster.cite(c, f'"phase":"{c.status.phase}"') for c in open_ if c.status.phase)
    names = ", ".join(c.name for c in open_) or ", ".join(name for name, _ in claims(cluster, pod))
    yield finding(
        "K8S-317",
        pod.subject,
        owner=cluster.owner(pod),
        cites=((cite,) if cite else ()) + proof,
        onset=pod.metadata.creation_timestamp,
        peers=tuple(c.subject for c in open_),
        claims=names,
    )


def _unplaced(board: NodeSet, pod: Pod, message: str, cite: Citation) -> Finding:
    cluster = board.cluster
    onset, owner = pod.metadata.creation_timestamp, cluster.owner(pod)
    trial = board.apply_filters(pod)
    filter_, sure = _choice(trial, message)
    if filter_:
        because = explain_filter(trial, filter_, message)
        return finding(
            because.code,
            pod.subject,
            owner=owner,
            cites=(cite, *because.cites),
            confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
            onset=onset,
            peers=because.peers,
            scheduler_says=messages.phrase(filter_, message),
            **because.facts,
            **_beside(trial, filter_, message),
        )
    nobody = "no nodes available" in message or (
        cluster.is_complete(Node) and not board.nodes and "0/0 nodes" in message
    )
    return finding(
        "K8S-322" if nobody else "K8S-319",
        pod.subject,
        owner=owner,
        cites=(cite,),
        confidence=Confidence.HIGH if nobody else Confidence.LOW,
        onset=onset,
        quote=message[:300],
    )


def _beside(trial: FilterResult, filter_: str, message: str) -> dict[str, str]:
    """What the other nodes lack, and what the autoscaler and cordoned nodes could give."""
    board, pod = trial.board, trial.pod
    needs = {r: readable(r, need) for r in messages.shortages(message) if (need := trial.needs.get(r))}
    groups = {"cordon": ("cordon",), "taint": ("taint", "state")}
    beside = {name for name, held in groups.items() if board.nodes and not any(map(trial.blocked_nodes, held))}
    facts = {"breakdown": messages.breakdown(message, needs, beside)}
    if short := [r for r in messages.shortages(message) if f"fit:{r}" != filter_]:
        facts["short_resource"] = short[0]
    for event in reversed(board.cluster.events(pod, "NotTriggerScaleUp")):
        facts["autoscaler"] = "no scale-up"
        facts["autoscaler"] += f": {tail}" if (tail := (event.message or "").partition(": ")[2][:160]) else ""
        break
    if filter_ in ("cordon", "volume", "selector", "affinity") and "cordon" in messages.counts(message):
        cordoned = sorted(n.name for n in board.nodes.values() if n.spec.unschedulable)
        facts |= {"cordoned": cordoned[0]} if cordoned else {}
    return facts


def _choice(trial: FilterResult, message: str) -> tuple[str, bool]:
    """The filter to change, and whether the nodes and the scheduler's message agree on it."""
    said = messages.counts(message)
    ranked = trial.ranking()
    agreed = [f for f in ranked if messages.names_filter(f, said) or (said and trial.is_masked(f))]
    if agreed:
        return agreed[0], True
    if said:
        own = {f: n for f, n in said.items() if f not in ("taint", "cordon")} or said
        return max(sorted(own), key=lambda f: own[f]), False
    return (ranked[0] if ranked and not message else "", False)


def _preempted(cluster: Cluster) -> Iterator[Finding]:
    for event in cluster.all(Event):
        about = event.involved_object
        if event.reason == "Preempted" and about.kind == "Pod" and event.last and cluster.now - event.last < _RECENT:
            pod = cluster.get(Pod, about.namespace or "", about.name)
            subject = pod.subject if pod else Subject(kind="Pod", name=about.name, namespace=about.namespace or "")
            owner = cluster.owner(pod) if pod else subject
            text = (event.message or "")[:200]
            yield finding(
                "K8S-323", subject, owner=owner, cites=(cluster.cite_event(event),), onset=event.last, quote=text
            )


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """What the autoscaler says about a pod of each workload that fits no node; its events are no warnings."""
    stuck = {cluster.owner(p): p for p in pending_pods(cluster) if messages.shortages(opinion(cluster, p)[0])}
    for pod in list(stuck.values())[:_AUTOSCALED]:
        if not cluster.is_complete(Event, pod.namespace) and not cluster.events(pod, "NotTriggerScaleUp"):
            yield ToolRequest(
                tool="kubernetes_events",
                arguments={"namespace": pod.namespace, "about": pod.name},
                why=f"pod {pod.name} fits no node",
            )


ANALYZER = Analyzer(
    find, asks, reads=(Pod, Event, Node, PersistentVolumeClaim, PersistentVolume, SystemdUnit, DaemonSet)
)
