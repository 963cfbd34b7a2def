import msgspec

from midwatch.integrations.kubernetes.objects.meta import (
    Condition,
    LabelSelector,
    Object,
    Quantities,
    Struct,
    TypedReference,
)
from midwatch.integrations.kubernetes.objects.pod import NodeSelector, ResourceRequirements


class ClaimSpec(Struct):
    access_modes: list[str] | None = None
    storage_class_name: str | None = None
    volume_name: str | None = ""
    volume_mode: str | None = ""
    selector: LabelSelector | None = None
    resources: ResourceRequirements = msgspec.field(default_factory=ResourceRequirements)


class ClaimStatus(Struct):
    phase: str | None = ""
    capacity: Quantities | None = None
    conditions: list[Condition] | None = None


class PersistentVolumeClaim(Object):
    spec: ClaimSpec = msgspec.field(default_factory=ClaimSpec)
    status: ClaimStatus = msgspec.field(default_factory=ClaimStatus)


class VolumeNodeAffinity(Struct):
    required: NodeSelector | None = None


class PersistentVolumeSpec(Struct):
    capacity: Quantities | None = None
    access_modes: list[str] | None = None
    storage_class_name: str | None = ""
    claim_ref: TypedReference | None = None
    persistent_volume_reclaim_policy: str | None = ""
    volume_mode: str | None = ""
    node_affinity: VolumeNodeAffinity | None = None


class PersistentVolumeStatus(Struct):
    phase: str | None = ""
    reason: str | None = ""
    message: str | None = ""


class PersistentVolume(Object):
    spec: PersistentVolumeSpec = msgspec.field(default_factory=PersistentVolumeSpec)
    status: PersistentVolumeStatus = msgspec.field(default_factory=PersistentVolumeStatus)


class StorageClass(Object):
    provisioner: str = ""
    reclaim_policy: str | None = ""
    volume_binding_mode: str | None = ""
    allow_volume_expansion: bool | None = False
