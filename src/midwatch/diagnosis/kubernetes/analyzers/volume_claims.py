"""PersistentVolumeClaims without a volume, and the one property to change."""

from collections.abc import Iterator
from datetime import timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.scheduling.explain import first_names
from midwatch.diagnosis.kubernetes.scheduling.pending import CHOSEN_NODE, older
from midwatch.diagnosis.kubernetes.view.containers import clip
from midwatch.diagnosis.kubernetes.volume_binding import (
    Difference,
    differences,
    held_by,
    is_for,
    storage_class,
    volume_class,
)
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.storage import PersistentVolume, PersistentVolumeClaim, StorageClass

STATIC = "kubernetes.io/no-provisioner"
DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_CONTROLLER = "persistentvolume-controller"
_ANSWER = timedelta(minutes=2)
_ASKED = 8  # claims
_REMINDERS = 6  # the controller repeats ExternalProvisioning every 15 s: six of them are 75 s without an answer
_MISMATCH = {
    "capacity": "K8S-411",
    "access mode": "K8S-412",
    "selector": "K8S-413",
    "storage class": "K8S-414",
    "volume mode": "K8S-415",
}


def find(cluster: Cluster) -> Iterator[Finding]:
    users = _users(cluster)
    for claim in cluster.all(PersistentVolumeClaim):
        pods = users.get((claim.namespace, claim.name), [])
        if claim.metadata.deletion_timestamp is not None:
            continue
        if claim.status.phase == "Lost":
            yield _lost(cluster, claim, pods)
        elif claim.status.phase == "Pending":
            yield from _pending(cluster, claim, pods)
        yield from _resize(cluster, claim, pods)


def _users(cluster: Cluster) -> dict[tuple[str, str], list[Pod]]:
    found: dict[tuple[str, str], list[Pod]] = {}
    for pod in cluster.all(Pod):
        for volume in pod.spec.volumes or ():
            if volume.persistent_volume_claim and not pod.is_finished:
                found.setdefault((pod.namespace, volume.persistent_volume_claim.claim_name), []).append(pod)
    return found


def _say(
    cluster: Cluster,
    claim: PersistentVolumeClaim,
    pods: list[Pod],
    code: str,
    *cites: Citation,
    peers: tuple[Subject, ...] = (),
    confidence: Confidence = Confidence.HIGH,
    **facts: str,
) -> Finding:
    owner = cluster.owner(pods[0]) if pods else claim.subject
    facts["claim"] = f"PersistentVolumeClaim {claim.name}" if pods else "claim"  # a message begins with its owner
    phase = cluster.cite(claim, f'"phase":"{claim.status.phase}"')
    born = claim.metadata.creation_timestamp
    return finding(
        code, claim.subject, owner=owner, cites=(phase, *cites), confidence=confidence, onset=born, peers=peers, **facts
    )


def _lost(cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod]) -> Finding:
    name = claim.spec.volume_name or ""
    gone = bool(name) and cluster.missing(PersistentVolume, "", name)
    proof = (cluster.cite_absence(PersistentVolume, "", name),) if gone else ()
    return _say(cluster, claim, pods, "K8S-401", *proof, volume=name or "")


def _pending(cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod]) -> Iterator[Finding]:
    if claim.spec.volume_name:
        yield from _named(cluster, claim, pods, claim.spec.volume_name)
        return
    complaint = _complaint(cluster, claim)
    waiting = any(not p.spec.node_name for p in pods)
    if not complaint and not waiting:
        return  # no error was reported, and no pod waits for it
    if any(_free(claim, v) and not differences(claim, v) for v in cluster.all(PersistentVolume)):
        return  # a volume fits: binding is under way
    for rule in (_failed, _no_class, _static, _no_default, _unanswered, _refused):
        if found := rule(cluster, claim, pods, complaint):
            yield found
            return


def _complaint(cluster: Cluster, claim: PersistentVolumeClaim) -> Event | None:
    """The newest event that gives the reason for the missing volume. The controller's events before it found the class
    are outdated."""
    events = cluster.events(claim)
    for event in reversed(events):
        own = (event.source.component or event.reporting_component or _CONTROLLER) == _CONTROLLER
        if event.reason == "ProvisioningSucceeded":
            return None
        if event.reason in ("ProvisioningFailed", "FailedBinding") and (event is events[-1] or not own):
            return event if event.message else None
    return None


def _named(cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod], name: str) -> Iterator[Finding]:
    """A claim with volumeName binds to that volume only."""
    wish = cluster.cite(claim, name)
    if cluster.missing(PersistentVolume, "", name):
        yield _say(cluster, claim, pods, "K8S-402", wish, cluster.cite_absence(PersistentVolume, "", name), volume=name)
        return
    volume = cluster.get(PersistentVolume, "", name)
    if volume is None:
        return
    if (holder := held_by(volume)) and not is_for(claim, volume):
        yield _taken(cluster, claim, pods, volume, holder)
    elif found := differences(claim, volume):
        yield _mismatch(cluster, claim, pods, volume, found)


def _taken(
    cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod], volume: PersistentVolume, holder: str
) -> Finding:
    code = "K8S-404" if volume.status.phase == "Released" else "K8S-403"
    ref = volume.spec.claim_ref
    proof = cluster.cite(volume, f'"name":"{ref.name}"' if ref else volume.name)
    return _say(cluster, claim, pods, code, proof, peers=(volume.subject,), volume=volume.name, holder=holder)


def _mismatch(
    cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod], volume: PersistentVolume, found: list[Difference]
) -> Finding:
    proof = [c for d in found for c in (cluster.cite(claim, d.quote), cluster.cite(volume, d.offer_quote))]
    if len(found) == 1:
        one = found[0]
        code, peers = _MISMATCH[one.property], (volume.subject,)
        return _say(
            cluster, claim, pods, code, *proof, peers=peers, volume=volume.name, wanted=one.wanted, offered=one.offered
        )
    what = "; ".join(f"{d.property}: requested {d.wanted}, volume has {d.offered}" for d in found)
    return _say(cluster, claim, pods, "K8S-410", *proof, peers=(volume.subject,), volume=volume.name, differences=what)


def _failed(cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod], complaint: Event | None) -> Finding | None:
    """The provisioner was asked and failed. "Class not found" is judged by the existing classes and volumes."""
    text = (complaint.message or "") if complaint and complaint.reason == "ProvisioningFailed" else ""
    judged = (
        bool(storage_class(claim))
        and cluster.is_complete(StorageClass)
        and "storageclass" in text
        and "not found" in text
    )
    if not complaint or not text or judged:
        return None
    quote, name = " ".join(text.split())[:300], storage_class(claim) or ""
    return _say(cluster, claim, pods, "K8S-405", cluster.cite_event(complaint), quote=quote, class_name=name)


def _no_class(
    cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod], complaint: Event | None
) -> Finding | None:
    name = storage_class(claim)
    if not name or not cluster.missing(StorageClass, "", name):
        return None
    if any(volume_class(v) == name for v in cluster.all(PersistentVolume)):
        return None  # volumes made by hand may share a class name that no object has
    proof = (cluster.cite_event(complaint),) if complaint else ()
    known = first_names(c.name for c in cluster.all(StorageClass)) or "none"
    wish, gone = cluster.cite(claim, name), cluster.cite_absence(StorageClass, "", name)
    return _say(cluster, claim, pods, "K8S-406", wish, gone, *proof, class_name=name, existing=known)


def _static(cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod], _: Event | None) -> Finding | None:
    """No dynamic provisioning: an existing volume has to match."""
    name = storage_class(claim)
    class_ = cluster.get(StorageClass, "", name) if name else None
    made = class_.provisioner != STATIC if class_ else name is None and _default(cluster) is not None
    volumes = list(cluster.all(PersistentVolume))
    if (
        made
        or not volumes
        or not cluster.is_complete(PersistentVolume)
        or (class_ is None and name and not cluster.is_complete(StorageClass))
    ):
        return None
    compared = [(v, differences(claim, v)) for v in volumes]
    free = [(v, found) for v, found in compared if _free(claim, v)]
    free.sort(key=lambda pair: (len(pair[1]), _other_class(pair[1]), pair[0].name))
    near = bool(free) and len(free[0][1]) == 1 and not _other_class(free[0][1])
    for volume, found in () if near else compared:
        if not found and not _free(claim, volume):
            return _taken(cluster, claim, pods, volume, held_by(volume) or "another claim")
    return _mismatch(cluster, claim, pods, *free[0]) if free else None


def _other_class(found: list[Difference]) -> bool:
    return any(d.property == "storage class" for d in found)


def _free(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    return volume.status.phase in ("Available", "") and (not held_by(volume) or is_for(claim, volume))


def _default(cluster: Cluster) -> StorageClass | None:
    return next((c for c in cluster.all(StorageClass) if any(c.annotations.get(a) == "true" for a in DEFAULT)), None)


def _no_default(
    cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod], complaint: Event | None
) -> Finding | None:
    known = cluster.is_complete(StorageClass)
    if storage_class(claim) or (known and storage_class(claim) is None and _default(cluster)):
        return None
    if storage_class(claim) == "" and complaint:
        return _say(cluster, claim, pods, "K8S-408", cluster.cite_event(complaint))
    if complaint and complaint.reason == "FailedBinding" and known:
        existing = first_names(c.name for c in cluster.all(StorageClass)) or "none"
        return _say(
            cluster,
            claim,
            pods,
            "K8S-407",
            cluster.cite_event(complaint),
            cluster.cite_scope(StorageClass),
            existing=existing,
        )
    return None


def _unanswered(
    cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod], complaint: Event | None
) -> Finding | None:
    asked = cluster.events(claim, "ExternalProvisioning")
    class_ = cluster.get(StorageClass, "", storage_class(claim) or "")
    if asked and not cluster.events(claim, "Provisioning"):
        first, last = asked[0].first, asked[-1]
        waited = cluster.now - first if first else timedelta(0)
        if waited > _ANSWER or sum(e.times for e in asked) >= _REMINDERS:
            driver = (
                class_.provisioner if class_ else claim.annotations.get("volume.kubernetes.io/storage-provisioner", "")
            )
            name, minutes = storage_class(claim) or "", f"{waited.total_seconds() / 60:.1f} min"
            proof = cluster.cite_event(last)
            return _say(cluster, claim, pods, "K8S-409", proof, class_name=name, driver=driver or "", waited=minutes)
    late = (
        class_ is not None
        and class_.volume_binding_mode == "WaitForFirstConsumer"
        and CHOSEN_NODE not in claim.annotations
    )
    if asked or late or not pods or complaint or not older(cluster, claim, 2 * _ANSWER):
        return None
    return _say(cluster, claim, pods, "K8S-419", confidence=Confidence.LOW)


def _refused(
    cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod], complaint: Event | None
) -> Finding | None:
    """What the controller says, where neither StorageClasses nor volumes were read to judge it by."""
    if complaint is None or not complaint.message:
        return None
    code = "K8S-988" if "no storage class is set" in complaint.message else "K8S-419"
    said = clip(complaint.message)
    return _say(cluster, claim, pods, code, cluster.cite_event(complaint), said=said)


def _resize(cluster: Cluster, claim: PersistentVolumeClaim, pods: list[Pod]) -> Iterator[Finding]:
    marks = ("VolumeResizeFailed", "FileSystemResizeFailed")
    events = [
        e for e in cluster.events(claim) if e.reason in (*marks, "VolumeResizeSuccessful", "FileSystemResizeSuccessful")
    ]
    if events and events[-1].reason in marks and events[-1].message:
        quote = " ".join(events[-1].message.split())[:300]
        yield _say(cluster, claim, pods, "K8S-420", cluster.cite_event(events[-1]), quote=quote)


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """What the controller says about claims without a volume; its FailedBinding is no warning."""
    pending = [c for c in cluster.all(PersistentVolumeClaim) if c.status.phase == "Pending" and not c.spec.volume_name]
    unheard = [c for c in pending if not cluster.is_complete(Event, c.namespace) and not cluster.events(c)]
    for claim in unheard[:_ASKED]:
        arguments = {"namespace": claim.namespace, "about": claim.name}
        yield ToolRequest(tool="kubernetes_events", arguments=arguments, why=f"claim {claim.name} is Pending")


ANALYZER = Analyzer(find, asks, reads=(Pod, Event, PersistentVolumeClaim, PersistentVolume, StorageClass))
