"""Claims that do not exist, unusable volumes, StorageClasses, and volumes that cannot be attached or mounted."""

import re
from collections.abc import Iterator
from datetime import timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.volume_claims import DEFAULT
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.scheduling.explain import first_names, member
from midwatch.diagnosis.kubernetes.scheduling.filters import claims
from midwatch.diagnosis.kubernetes.volume_binding import held_by, storage_class, volume_class
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event, Node
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.selectors import node_matches
from midwatch.integrations.kubernetes.objects.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from midwatch.integrations.kubernetes.objects.workload import StatefulSet

_SETTLING = timedelta(seconds=30)  # a StatefulSet makes claim and pod together; either may be listed first
_AVAILABLE = timedelta(minutes=2)  # the controller makes a new volume available at once
_HOLDER = re.compile(r"used by pod\(s\) ([a-z0-9][a-z0-9.-]*)")
_ELSEWHERE = re.compile(r"Multi-Attach error for volume \"([^\"]+)\"(.*)", re.DOTALL)
_DRIVER = re.compile(r"driver name (\S+) not found in the list of registered CSI drivers")
_NOT_STORAGE = re.compile(
    r"configmap|secret|serviceaccount|timed out waiting for the condition|unmounted volumes|not registered"
    # Errors of the mount itself are reported by mounts.py.
    r"|hostPath type check failed|subPath|permission denied|access denied|operation not permitted",
    re.IGNORECASE,
)


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in cluster.all(Pod):
        if not pod.is_finished and pod.metadata.deletion_timestamp is None:
            yield from _absent(cluster, pod)
            yield from _detached(cluster, pod)
    for volume in cluster.all(PersistentVolume):
        yield from _volume(cluster, volume)
        yield from _unfinished(cluster, volume)
    yield from _defaults(cluster)
    for workload in cluster.all(StatefulSet):
        yield from _templates(cluster, workload)


def _absent(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    born = pod.metadata.creation_timestamp
    if pod.status.phase == "Running" or (
        born and cluster.now - born < _SETTLING and not cluster.events(pod, "FailedScheduling")
    ):
        return
    for name, _ in claims(cluster, pod):
        if cluster.missing(PersistentVolumeClaim, pod.namespace, name):
            yield finding(
                "K8S-430",
                pod.subject,
                owner=cluster.owner(pod),
                cites=(
                    cluster.cite(pod, member("claimName", name)),
                    cluster.cite_absence(PersistentVolumeClaim, pod.namespace, name),
                ),
                onset=born,
                claim=name,
                existing=first_names(c.name for c in cluster.all(PersistentVolumeClaim, pod.namespace)) or "none",
            )


def _detached(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    """The newest attach or mount event of a pod that is not running."""
    events = cluster.events(pod, "FailedAttachVolume", "FailedMount", "FailedMapVolume", "SuccessfulAttachVolume")
    if pod.status.phase == "Running" or not events:
        return
    event = next((e for e in reversed(events) if not _NOT_STORAGE.search(e.message or "")), None)
    if event is None or event.reason == "SuccessfulAttachVolume" or not event.message:
        return
    text = " ".join(event.message.split())[:300]
    peers = tuple(c.subject for _, c in claims(cluster, pod) if c)
    code, facts = "K8S-433", {"quote": text}
    if match := _ELSEWHERE.search(event.message):
        code, facts = "K8S-431", {"volume": match[1], "quote": " ".join(match[2].split())}
        holder = _HOLDER.search(match[2])
        facts |= {"other_pod": holder[1]} if holder else {}
    elif match := _DRIVER.search(event.message):
        code, facts = "K8S-432", {"driver": match[1], "node": pod.spec.node_name or ""}
        peers = (Subject(kind="Node", name=pod.spec.node_name),) if pod.spec.node_name else ()
    cites = (cluster.cite_event(event),)
    owner, sure = cluster.owner(pod), Confidence.HIGH
    yield finding(code, pod.subject, owner=owner, cites=cites, confidence=sure, onset=event.first, peers=peers, **facts)


def _volume(cluster: Cluster, volume: PersistentVolume) -> Iterator[Finding]:
    phase, holder = volume.status.phase or "", held_by(volume) or "unknown"
    if phase in ("Released", "Failed"):
        quote = volume.status.message or volume.status.reason or ""
        cites = (cluster.cite(volume, f'"phase":"{phase}"'), *((cluster.cite(volume, quote),) if quote else ()))
        code = "K8S-440" if phase == "Released" else "K8S-441"
        policy = volume.spec.persistent_volume_reclaim_policy or ""
        yield finding(code, volume.subject, cites=cites, holder=holder, policy=policy, quote=quote or "")
        return
    required = volume.spec.node_affinity.required if volume.spec.node_affinity else None
    pods = _stranded(cluster, volume)
    if (
        required
        and pods
        and cluster.is_complete(Node)
        and not any(node_matches(required, n.labels, n.name) for n in cluster.all(Node))
    ):
        rules = [
            e
            for t in required.node_selector_terms or ()
            for e in (*(t.match_expressions or ()), *(t.match_fields or ()))
        ]
        place = " and ".join(f"{e.key} {e.operator} {', '.join(e.values or ())}".strip() for e in rules)
        yield finding(
            "K8S-442",
            volume.subject,
            owner=cluster.owner(pods[0]),
            cites=(
                cluster.cite(volume, member("values", rules[0].values) if rules else volume.name),
                cluster.cite_scope(Node),
            ),
            holder=holder,
            place=place,
        )


def _unfinished(cluster: Cluster, volume: PersistentVolume) -> Iterator[Finding]:
    born = volume.metadata.creation_timestamp
    if volume.status.phase == "Pending" and (born is None or cluster.now - born > _AVAILABLE):
        cites = (cluster.cite(volume, '"phase":"Pending"'),)
        yield finding(
            "K8S-444",
            volume.subject,
            cites=cites,
            onset=born,
            quote=volume.status.message or volume.status.reason or "",
        )


def _stranded(cluster: Cluster, volume: PersistentVolume) -> list[Pod]:
    """Pods that wait for a node and use this volume."""
    ref = volume.spec.claim_ref
    pods = cluster.pods_in(ref.namespace or "") if ref else ()
    open_ = (p for p in pods if not p.spec.node_name and not p.is_finished)
    return [p for p in open_ if ref and any(name == ref.name for name, _ in claims(cluster, p))]


def _defaults(cluster: Cluster) -> Iterator[Finding]:
    marked = [(c, a) for c in cluster.all(StorageClass) for a in DEFAULT if c.annotations.get(a) == "true"]
    found = {c.name: (c, a) for c, a in marked}
    if len(found) > 1:
        for name, (class_, annotation) in found.items():
            proof = cluster.cite(class_, member(annotation, "true"))
            yield finding("K8S-443", class_.subject, cites=(proof,), others=first_names(n for n in found if n != name))


def _templates(cluster: Cluster, workload: StatefulSet) -> Iterator[Finding]:
    for template in workload.spec.volume_claim_templates or ():
        name = storage_class(template)
        if (
            name
            and cluster.missing(StorageClass, "", name)
            and not any(volume_class(v) == name for v in cluster.all(PersistentVolume))
        ):
            if _all_bound(cluster, workload, template.name):
                continue
            yield finding(
                "K8S-434",
                workload.subject,
                cites=(
                    cluster.cite(workload, member("storageClassName", name)),
                    cluster.cite_absence(StorageClass, "", name),
                ),
                onset=workload.metadata.creation_timestamp,
                class_name=name,
                template=template.name,
                existing=first_names(c.name for c in cluster.all(StorageClass)) or "none",
            )


def _all_bound(cluster: Cluster, workload: StatefulSet, template: str) -> bool:
    """Claims bound while the class existed keep their volumes; then the missing class has no effect yet."""
    names = [f"{template}-{workload.name}-{n}" for n in range(workload.desired_replicas)]
    made = [cluster.get(PersistentVolumeClaim, workload.namespace, name) for name in names]
    return bool(made) and all(c is not None and c.status.phase == "Bound" for c in made)


ANALYZER = Analyzer(find, reads=(Pod, Event, Node, StatefulSet, PersistentVolumeClaim, PersistentVolume, StorageClass))
