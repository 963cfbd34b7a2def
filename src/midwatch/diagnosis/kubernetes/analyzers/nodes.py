"""Nodes that are NotReady, under pressure or cordoned, and the cluster services that every pod needs: DNS, kube-proxy,
kube-scheduler."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.scheduling.default_scheduler import SYSTEM, leader, leadership, scheduler_pods
from midwatch.diagnosis.kubernetes.scheduling.explain import first_names, member
from midwatch.diagnosis.kubernetes.scheduling.pending import DEFAULT_SCHEDULER, ignored_pods
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import CausalRole, Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event, Node
from midwatch.integrations.kubernetes.objects.meta import Condition
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.selectors import node_matches, subset
from midwatch.integrations.kubernetes.objects.storage import PersistentVolumeClaim
from midwatch.integrations.kubernetes.objects.workload import DaemonSet, Deployment, Workload

_RECENT = timedelta(hours=1)
_STALE = timedelta(minutes=15)  # the kubelet renews unchanged conditions every five minutes
_SETTLING = timedelta(minutes=2)
_PRESSURE = {
    "MemoryPressure": "K8S-806",
    "DiskPressure": "K8S-807",
    "OutOfDisk": "K8S-807",
    "PIDPressure": "K8S-808",
    "NetworkUnavailable": "K8S-809",
}
_USUAL = frozenset({"Ready", *_PRESSURE})
_NOT_READY = (
    ("K8S-805", re.compile(r"x509|certificate|Unauthorized", re.IGNORECASE)),
    ("K8S-803", re.compile(r"network plugin|NetworkPluginNotReady|cni (?:plugin|config)", re.IGNORECASE)),
    (
        "K8S-802",
        re.compile(r"container runtime|runtime is down|PLEG|RuntimeReady|containerd|cri-o|docker", re.IGNORECASE),
    ),
)
_EVENTS = {
    "SystemOOM": "K8S-811",
    "OOMKilling": "K8S-811",
    "Rebooted": "K8S-812",
    "EvictionThresholdMet": "K8S-813",
    "ImageGCFailed": "K8S-814",
    "FreeDiskSpaceFailed": "K8S-814",
    "ContainerGCFailed": "K8S-814",
    "InvalidDiskCapacity": "",
}
_CERTIFICATE = re.compile(r"x509|certificate (?:has )?expired|certificate rotation", re.IGNORECASE)
_PROXY_DOWN = "no kube-proxy pod on this node"


def find(cluster: Cluster) -> Iterator[Finding]:
    newest = max(
        (h for n in cluster.all(Node) for c in n.status.conditions or () if (h := c.last_heartbeat_time)), default=None
    )
    for node in cluster.all(Node):
        yield from _conditions(cluster, node)
        yield from _events(cluster, node)
        ready = node.condition("Ready")
        beat = ready.last_heartbeat_time if ready and ready.status == "True" else None
        if ready and beat and newest and newest - beat > _STALE:
            yield _say(
                cluster,
                node,
                "K8S-815",
                cluster.cite(node, member("lastHeartbeatTime", beat)),
                since=beat.strftime("%H:%M:%S UTC"),
            )
        if node.spec.unschedulable:
            yield _say(cluster, node, "K8S-810", cluster.cite(node, '"unschedulable":true'))
    yield from _dns(cluster)
    yield from _proxies(cluster)
    yield from _scheduler(cluster)


def _say(
    cluster: Cluster, node: Node, code: str, *cites: Citation, onset: datetime | None = None, **facts: str
) -> Finding:
    count = sum(p.spec.node_name == node.name and not p.is_finished for p in cluster.all(Pod))
    pods = str(count) if count or cluster.is_complete(Pod) else ""
    sure = Confidence.MEDIUM if code == "K8S-819" else Confidence.HIGH
    return finding(
        code, node.subject, owner=node.subject, cites=cites, confidence=sure, onset=onset, peers=(), pods=pods, **facts
    )


def _conditions(cluster: Cluster, node: Node) -> Iterator[Finding]:
    ready = node.condition("Ready")
    lost = ready is not None and ready.status == "Unknown"  # then all the others are unknown, too
    for condition in node.status.conditions or ():
        code = _condition_code(condition)
        if code and not (lost and code == "K8S-818"):
            text = " ".join((condition.message or condition.reason or "").split())[:300]
            proof = cluster.cite(node, condition.message or condition.reason or condition.type)
            yield _say(
                cluster,
                node,
                code,
                proof,
                onset=condition.last_transition_time,
                quote=text,
                problem=condition.type or "(no type)",
            )


def _condition_code(condition: Condition) -> str:
    if condition.type == "Ready":
        return "" if condition.status == "True" else _unready(condition)
    if condition.status == "Unknown":
        return "K8S-818"
    if condition.status != "True":
        return ""
    # anything else that is True comes from a problem detector: KernelDeadlock, ReadonlyFilesystem, NTPProblem …
    return _PRESSURE.get(condition.type) or (
        "" if condition.type in _USUAL or not condition.reason else _detected(condition)
    )


def _unready(condition: Condition) -> str:
    if condition.status == "Unknown":
        return "K8S-801"
    if not (condition.reason or condition.message):
        return "K8S-819"  # a row of a table shows False and Unknown alike
    text = f"{condition.reason} {condition.message}"
    return next((code for code, pattern in _NOT_READY if pattern.search(text)), "K8S-804")


def _detected(condition: Condition) -> str:
    """Vendors add conditions that are healthy when True; only those named after a fault are reported."""
    bad = re.search(r"Problem|Deadlock|Readonly|ReadOnly|Frequent|Corrupt|Unhealthy|Failure|Error|Hang", condition.type)
    return "K8S-816" if bad else ""


def _events(cluster: Cluster, node: Node) -> Iterator[Finding]:
    newest: dict[str, Event] = {}
    for event in _about(cluster, node):
        code = _EVENTS.get(event.reason or "", "")
        if not code and event.type == "Warning" and _CERTIFICATE.search(event.message or ""):
            code = "K8S-817"
        if code and event.last and cluster.now - event.last < _RECENT:
            newest[code] = event
    for code, event in sorted(newest.items()):
        quote = " ".join((event.message or "").split())[:300] or event.reason or ""
        said = _say(cluster, node, code, cluster.cite_event(event), onset=event.first, quote=quote)
        over = code == "K8S-812" and _works(cluster, node)
        yield said.model_copy(update={"role": CausalRole.RISK}) if over else said


def _works(cluster: Cluster, node: Node) -> bool:
    """Whether a node that rebooted is ready again, with all its pods: then the reboot is why nothing is broken now."""
    ready = node.condition("Ready")
    pods = (p for p in cluster.all(Pod) if p.spec.node_name == node.name and not p.is_finished)
    return ready is not None and ready.status == "True" and all(p.ready for p in pods)


def _about(cluster: Cluster, node: Node) -> list[Event]:
    """Events about a node have the namespace that the reporter chose, mostly `default`; the node itself has none."""
    places = ("", "default", SYSTEM)
    found = [e for place in places for e in cluster.events(Subject(kind="Node", name=node.name, namespace=place))]
    return sorted(found, key=lambda e: (str(e.last), e.name))


def _dns(cluster: Cluster) -> Iterator[Finding]:
    """CoreDNS, kube-dns, and the names that distributions use, all with the label k8s-app=kube-dns."""
    pods = [
        p for p in cluster.pods_in(SYSTEM) if p.labels.get("k8s-app") in ("kube-dns", "coredns") and not p.is_finished
    ]
    server = next(
        (d for d in cluster.all(Deployment, SYSTEM) if d.name in ("coredns", "kube-dns", "rke2-coredns-rke2-coredns")),
        None,
    )
    if any(p.ready for p in pods) or (not pods and server is None):
        return
    if server is not None and not pods and cluster.is_complete(Pod, SYSTEM):
        if server.status.available_replicas:
            return
        scale = member("replicas", 0) if server.spec.replicas == 0 else server.name
        proof = (cluster.cite(server, scale), cluster.cite_scope(Pod, SYSTEM))
        yield finding("K8S-821", server.subject, cites=proof, replicas=str(server.desired_replicas))
    elif pods and all(_old(cluster, p) for p in pods):
        owner = cluster.owner(pods[0])
        proof = tuple(cluster.cite(p, member("phase", p.status.phase)) for p in pods)
        onset = min(
            (c.last_transition_time for p in pods if (c := p.condition("Ready")) and c.last_transition_time),
            default=None,
        )
        peers = tuple(p.subject for p in pods)
        yield finding(
            "K8S-820", owner, owner=owner, cites=proof, onset=onset, peers=peers, pods=first_names(p.name for p in pods)
        )


def _old(cluster: Cluster, pod: Pod) -> bool:
    condition = pod.condition("Ready")
    since = (condition.last_transition_time if condition else None) or pod.metadata.creation_timestamp
    return since is None or cluster.now - since > _SETTLING


def _proxies(cluster: Cluster) -> Iterator[Finding]:
    pods = [
        p
        for p in cluster.pods_in(SYSTEM)
        if p.labels.get("k8s-app") == "kube-proxy" or p.name.startswith("kube-proxy-")
    ]
    daemon = cluster.get(DaemonSet, SYSTEM, "kube-proxy")
    if not cluster.is_complete(Pod, SYSTEM) or (daemon is None and not pods):
        return  # not installed: another component may replace kube-proxy
    for node in cluster.all(Node):
        ready = node.condition("Ready")
        here = [p for p in pods if p.spec.node_name == node.name]
        settled = all(_old(cluster, p) for p in here)
        if not ready or ready.status != "True" or any(p.ready for p in here) or not settled or not _meant(daemon, node):
            continue
        state = f"pod {here[0].name} is not ready" if here else _PROXY_DOWN
        proof = cluster.cite(here[0], member("nodeName", node.name)) if here else cluster.cite_scope(Pod, SYSTEM)
        yield finding("K8S-822", node.subject, cites=(proof,), peers=tuple(p.subject for p in here), state=state)


def _meant(daemon: Workload | None, node: Node) -> bool:
    if daemon is None:
        return True
    spec = daemon.spec.template.spec
    required = spec.affinity.node_affinity.required if spec.affinity and spec.affinity.node_affinity else None
    return subset(spec.node_selector or {}, node.labels) and node_matches(required, node.labels, node.name)


def _scheduler(cluster: Cluster) -> Iterator[Finding]:
    """No pods are scheduled: scheduler pods are not ready, or the scheduler runs as a service of the node it last led
    from."""
    silent = [p for p in ignored_pods(cluster) if (p.spec.scheduler_name or DEFAULT_SCHEDULER) == DEFAULT_SCHEDULER]
    if not silent:
        return
    proof = tuple(cluster.cite(p, member("phase", p.status.phase)) for p in silent[:3])
    since = min((p.metadata.creation_timestamp for p in silent if p.metadata.creation_timestamp), default=None)
    names = first_names(p.name for p in silent)
    pods, node = scheduler_pods(cluster), leader(cluster)
    for pod in pods:
        if not pod.ready:
            cites = (cluster.cite(pod, member("phase", pod.status.phase)), *proof)
            yield finding(
                "K8S-823",
                pod.subject,
                owner=cluster.owner(pod),
                cites=cites,
                onset=since,
                waiting=names,
                peers=(pod.subject,),
            )
    if not pods and node:
        cites = (cluster.cite_event(leadership(cluster)[-1]), *proof)
        yield finding("K8S-824", node.subject, cites=cites, confidence=Confidence.MEDIUM, onset=since, waiting=names)


ANALYZER = Analyzer(find, reads=(Pod, Event, Node, Deployment, DaemonSet, PersistentVolumeClaim))
