from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.diagnosis.kubernetes.analyzers import volume_claims, volumes
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.volume_binding import differences
from midwatch.domain.finding import CausalRole, Confidence, Finding
from midwatch.integrations.kubernetes.objects.pod import ResourceRequirements
from midwatch.integrations.kubernetes.objects.storage import (
    ClaimSpec,
    PersistentVolume,
    PersistentVolumeClaim,
    PersistentVolumeSpec,
)
from tests.integrations.kubernetes.recording import one, recorded, told, unproved
from tests.integrations.kubernetes.situation import evidence

BOTH = (volume_claims.ANALYZER, volumes.ANALYZER)
UNBOUND = "no persistent volumes available for this claim and no storage class is set"


def claim(name: str = "data", phase: str = "Pending", uid: str = "", **spec: Any) -> dict[str, Any]:
    body = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "",
    } | spec
    about = {"name": name, "namespace": "shop", "uid": uid, "creationTimestamp": "2026-11-21T01:00:00Z"}
    return {"kind": "PersistentVolumeClaim", "metadata": about, "spec": body, "status": {"phase": phase}}


def volume(
    name: str = "pv", phase: str = "Available", labels: dict[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    body = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "5Gi"}, "storageClassName": ""} | spec
    return {
        "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": body,
        "status": {"phase": phase},
    }


def event(
    reason: str, message: str, name: str = "data", kind: str = "PersistentVolumeClaim", at: str = "01:50", **more: Any
) -> dict[str, Any]:
    about = {"kind": kind, "name": name, "namespace": "shop"}
    times = {"firstTimestamp": "2026-11-21T01:00:00Z", "lastTimestamp": f"2026-11-21T{at}:00Z"}
    head = {"name": f"{name}.{reason}.{at}", "namespace": "shop"}
    return (
        {"kind": "Event", "metadata": head, "involvedObject": about, "reason": reason, "message": message}
        | times
        | more
    )


def storage_class(name: str, provisioner: str = "csi.example", default: bool = False) -> dict[str, Any]:
    notes = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {"kind": "StorageClass", "metadata": {"name": name, "annotations": notes}, "provisioner": provisioner}


def seen(*objects: dict[str, Any], unknown: tuple[str, ...] = ()) -> Cluster:
    return Cluster(evidence(objects, unknown=unknown))


def found(*objects: dict[str, Any]) -> list[Finding]:
    return [f for a in BOTH for f in a.find(seen(*objects))]


RECORDED = {
    "db": {"K8S-409"},
    "uses-absent": {"K8S-430"},
    "uses-no-class": {"K8S-406"},
    "uses-no-provisioner": {"K8S-409"},
    "uses-too-big": {"K8S-410"},
    "uses-wait-consumer": {"K8S-409"},
    "uses-wants-volume": {"K8S-410"},
}


def test_every_claim_a_real_controller_left_pending_gets_its_one_cause() -> None:
    items = recorded("storage")
    assert told(Cluster(items), *BOTH) == RECORDED
    assert unproved([f for a in BOTH for f in a.find(Cluster(items))], items) == []


@pytest.mark.parametrize(
    ("wish", "offer", "code"),
    [
        ({"resources": {"requests": {"storage": "50Gi"}}}, {}, "K8S-411"),
        ({"accessModes": ["ReadWriteMany"]}, {}, "K8S-412"),
        ({"selector": {"matchLabels": {"tier": "gold"}}}, {}, "K8S-413"),
        ({}, {"storageClassName": "manual"}, "K8S-414"),
        ({"volumeMode": "Block"}, {}, "K8S-415"),
    ],
)
def test_one_property_that_differs_is_the_cause(wish: dict[str, Any], offer: dict[str, Any], code: str) -> None:
    only = one(seen(claim(**wish), volume(**offer), event("FailedBinding", UNBOUND)), *BOTH)
    assert (only.code, only.peers[0].name) == (code, "pv")


def test_a_volume_that_would_fit_is_taken() -> None:
    taken = volume(phase="Bound", claimRef={"kind": "PersistentVolumeClaim", "namespace": "other", "name": "theirs"})
    only = one(seen(claim(), taken, event("FailedBinding", UNBOUND)), *BOTH)
    assert (only.code, only.facts["holder"]) == ("K8S-403", "other/theirs")


def test_a_released_volume_still_remembers_the_claim_of_the_same_name() -> None:
    old = volume(phase="Released", claimRef={"namespace": "shop", "name": "data", "uid": "old"})
    by_code = {f.code: f for f in found(claim(uid="new"), old, event("FailedBinding", UNBOUND))}
    assert set(by_code) == {"K8S-404", "K8S-440"}
    assert by_code["K8S-440"].role is CausalRole.RISK


def test_a_fitting_volume_is_about_to_be_bound() -> None:
    assert not found(claim(), volume(), event("FailedBinding", UNBOUND))


def test_no_default_class() -> None:
    no_class = claim(storageClassName=None)
    only = one(seen(no_class, storage_class("fast"), event("FailedBinding", UNBOUND)), *BOTH)
    assert (only.code, only.facts["existing"]) == ("K8S-407", "fast")


def test_the_provisioner_said_no_although_the_controller_keeps_reminding() -> None:
    failed = event(
        "ProvisioningFailed", "rpc error: disk quota reached", at="01:40", source={"component": "csi.example_7f"}
    )
    reminder = event(
        "ExternalProvisioning", "Waiting for a volume", count=100, source={"component": "persistentvolume-controller"}
    )
    only = one(seen(claim(storageClassName="fast"), storage_class("fast"), failed, reminder), *BOTH)
    assert only.code == "K8S-405"
    assert "disk quota reached" in only.message


@pytest.mark.parametrize(
    "told_of_it",
    [
        [event("ProvisioningFailed", "")],
        [event("Whatever", "something else")],
        [event("WaitForFirstConsumer", "waiting for first consumer to be created before binding")],
        [],
    ],
)
def test_a_claim_nobody_complains_about_is_left_alone(told_of_it: list[dict[str, Any]]) -> None:
    assert not found(claim(storageClassName=None), *told_of_it)


def test_a_lost_claim_names_its_volume() -> None:
    only = one(seen(claim(phase="Lost", volumeName="pv9")), *BOTH)
    assert (only.code, only.facts["volume"]) == ("K8S-401", "pv9")


def user(node: str = "", phase: str = "Pending") -> dict[str, Any]:
    use = {
        "containers": [],
        "nodeName": node,
        "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
    }
    return {"kind": "Pod", "metadata": {"name": "db-0", "namespace": "shop"}, "spec": use, "status": {"phase": phase}}


def test_a_claim_without_a_class_needs_a_volume_made_by_hand() -> None:
    assert one(seen(claim(), event("FailedBinding", UNBOUND)), *BOTH).code == "K8S-408"


def test_a_claim_of_which_nobody_says_anything_is_a_symptom_once_a_pod_waits_for_it() -> None:
    (silent,) = found(claim(storageClassName="fast"), storage_class("fast"), user())
    assert (silent.code, silent.role, silent.confidence) == ("K8S-419", CausalRole.SYMPTOM, Confidence.LOW)


def test_a_message_names_the_claim_unless_it_begins_with_it() -> None:
    unused = one(seen(claim(), event("FailedBinding", UNBOUND)), *BOTH)
    (used,) = found(claim(storageClassName="fast"), storage_class("fast"), user())
    assert unused.message.startswith("shop/persistentvolumeclaim/data: claim is Pending: ")
    assert used.message == "shop/pod/db-0: PersistentVolumeClaim data is Pending without any event"


@pytest.mark.parametrize("reason", ["VolumeResizeFailed", "FileSystemResizeFailed"])
def test_a_volume_that_cannot_grow(reason: str) -> None:
    grown = event("VolumeResizeSuccessful", "done", at="01:55")
    bound, failed = claim(phase="Bound", volumeName="pv"), event(reason, "rpc error: quota for disks is used up")
    only = one(seen(bound, failed), *BOTH)
    assert (only.code, only.facts["quote"]) == ("K8S-420", "rpc error: quota for disks is used up")
    assert not found(bound, failed, grown)


def test_a_driver_that_is_not_on_the_node() -> None:
    text = "MountVolume.MountDevice failed: driver name csi.example not found in the list of registered CSI drivers"
    (only,) = [
        f
        for f in found(claim(phase="Bound"), user("a"), event("FailedMount", text, name="db-0", kind="Pod"))
        if f.owner.name == "db-0"
    ]
    assert (only.code, only.facts["driver"], only.peers[0].name) == ("K8S-432", "csi.example", "a")


def test_any_other_word_about_a_disk_is_repeated() -> None:
    text = 'AttachVolume.Attach failed for volume "pv" : rpc error: code = Internal desc = disk is on fire'
    told_of_it = event("FailedAttachVolume", text, name="db-0", kind="Pod")
    only = one(seen(claim(phase="Bound"), user("a"), told_of_it), *BOTH)
    assert only.code == "K8S-433"
    assert "disk is on fire" in only.message
    attached = event("SuccessfulAttachVolume", "AttachVolume.Attach succeeded", name="db-0", kind="Pod", at="01:55")
    assert not found(claim(phase="Bound"), user("a"), told_of_it, attached)
    assert not found(claim(phase="Bound"), user("a", phase="Running"), told_of_it)


def test_a_volume_that_failed_or_waits_is_a_risk() -> None:
    by_phase = {phase: found(volume(phase=phase))[0] for phase in ("Failed", "Pending")}
    assert {phase: (f.code, f.role) for phase, f in by_phase.items()} == {
        "Failed": ("K8S-441", CausalRole.RISK),
        "Pending": ("K8S-444", CausalRole.RISK),
    }
    young = volume(phase="Pending")
    young["metadata"]["creationTimestamp"] = "2026-11-21T01:59:30Z"
    assert not found(young)


def test_a_claim_by_name_for_a_volume_that_is_not_there() -> None:
    assert one(seen(claim(volumeName="pv9")), *BOTH).code == "K8S-402"
    assert not [f for a in BOTH for f in a.find(seen(claim(volumeName="pv9"), unknown=("persistentvolumes",)))]


def test_bound_claims_and_volumes_are_healthy() -> None:
    bound = volume(phase="Bound", claimRef={"namespace": "shop", "name": "data"})
    assert not found(claim(phase="Bound", volumeName="pv"), bound, storage_class("fast", default=True))


def test_two_default_classes_are_two_risks() -> None:
    assert [f.code for f in found(storage_class("a", default=True), storage_class("b", default=True))] == [
        "K8S-443",
        "K8S-443",
    ]


def test_a_claim_template_of_a_class_that_does_not_exist() -> None:
    template = {"metadata": {"name": "data"}, "spec": {"storageClassName": "ghost"}}
    workload = {
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"volumeClaimTemplates": [template]},
    }
    assert one(seen(workload), *BOTH).code == "K8S-434"
    assert not found(workload, claim("data-db-0", phase="Bound"))


def test_a_disk_attached_elsewhere() -> None:
    pod = {
        "kind": "Pod",
        "metadata": {"name": "db-0", "namespace": "shop"},
        "spec": {"nodeName": "a"},
        "status": {"phase": "Pending"},
    }
    text = 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) db-1'
    only = one(seen(pod, event("FailedAttachVolume", text, name="db-0", kind="Pod")), *BOTH)
    assert (only.code, only.facts["volume"]) == ("K8S-431", "pvc-1")


def test_a_local_volume_whose_node_is_gone() -> None:
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["gone"]}]}
    ref = {"namespace": "shop", "name": "data"}
    local = volume(phase="Bound", claimRef=ref, nodeAffinity={"required": {"nodeSelectorTerms": [term]}})
    use = {"containers": [], "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
    pod = {
        "kind": "Pod",
        "metadata": {"name": "db-0", "namespace": "shop"},
        "spec": use,
        "status": {"phase": "Pending"},
    }
    only = one(seen(local, claim(phase="Bound", volumeName="pv"), pod), *BOTH)
    assert (only.code, only.subject.name) == ("K8S-442", "pv")
    assert "gone" in only.message


@given(
    st.integers(1, 100),
    st.integers(1, 100),
    st.sets(st.sampled_from(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"])),
)
def test_a_volume_differs_exactly_where_it_offers_less(asked: int, given_: int, modes: set[str]) -> None:
    wish = ClaimSpec(access_modes=["ReadWriteOnce"], resources=ResourceRequirements(requests={"storage": f"{asked}Gi"}))
    offer = PersistentVolumeSpec(access_modes=sorted(modes), capacity={"storage": f"{given_}Gi"})
    properties = {d.property for d in differences(PersistentVolumeClaim(spec=wish), PersistentVolume(spec=offer))}
    assert ("capacity" in properties) is (asked > given_)
    assert ("access mode" in properties) is ("ReadWriteOnce" not in modes)
