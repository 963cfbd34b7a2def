"""Why a claim does not bind to a volume: the volume binder's comparison, property by property."""

from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.diagnosis.kubernetes.pod_requests import amounts, size
from midwatch.integrations.kubernetes.objects.quantity import amount
from midwatch.integrations.kubernetes.objects.selectors import matches
from midwatch.integrations.kubernetes.objects.storage import PersistentVolume, PersistentVolumeClaim

LEGACY_CLASS = "volume.beta.kubernetes.io/storage-class"


@dataclass(frozen=True)
class Difference:
    """`quote` is text of the claim, `offer_quote` of the volume, both literal."""

    property: str
    wanted: str
    offered: str
    quote: str = ""
    offer_quote: str = ""


def storage_class(claim: PersistentVolumeClaim) -> str | None:
    """The StorageClass of a claim; "" explicitly means none, None means the default."""
    return claim.annotations.get(LEGACY_CLASS, claim.spec.storage_class_name)


def volume_class(volume: PersistentVolume) -> str:
    return volume.annotations.get(LEGACY_CLASS, volume.spec.storage_class_name or "")


def request(claim: PersistentVolumeClaim) -> float:
    return amounts(claim.spec.resources.requests).get("storage", 0.0)


def capacity(volume: PersistentVolume) -> float:
    return amounts(volume.spec.capacity).get("storage", 0.0)


def differences(claim: PersistentVolumeClaim, volume: PersistentVolume) -> list[Difference]:
    return list(_differences(claim, volume))


def _differences(claim: PersistentVolumeClaim, volume: PersistentVolume) -> Iterator[Difference]:
    wanted, offered = storage_class(claim) or "", volume_class(volume)
    if wanted != offered:
        yield Difference("storage class", f'"{wanted}"', f'"{offered}"', wanted, offered)
    if request(claim) > capacity(volume):
        raw = (
            (claim.spec.resources.requests or {}).get("storage", ""),
            (volume.spec.capacity or {}).get("storage", ""),
        )
        shown = [str(r) if isinstance(r, str) else size(amount(r)) for r in raw]
        yield Difference("capacity", shown[0], shown[1] or "none", str(raw[0]), str(raw[1]))
    modes, available = claim.spec.access_modes or [], volume.spec.access_modes or []
    if lacking := [m for m in modes if m not in available]:
        yield Difference(
            "access mode", ", ".join(modes), ", ".join(available) or "none", lacking[0], next(iter(available), "")
        )
    if claim.spec.selector is not None and not matches(claim.spec.selector, volume.labels):
        labels = ", ".join(f"{k}={v}" for k, v in sorted(volume.labels.items())) or "no labels"
        yield Difference("selector", _spell(claim), labels, '"selector"')
    mode, given = claim.spec.volume_mode or "Filesystem", volume.spec.volume_mode or "Filesystem"
    if mode != given:
        yield Difference("volume mode", mode, given, claim.spec.volume_mode or "", volume.spec.volume_mode or "")


def _spell(claim: PersistentVolumeClaim) -> str:
    selector = claim.spec.selector
    pairs = [f"{k}={v}" for k, v in ((selector and selector.match_labels) or {}).items()]
    rules = [
        f"{e.key} {e.operator} {', '.join(e.values or ())}".strip()
        for e in (selector and selector.match_expressions) or ()
    ]
    return ", ".join([*pairs, *rules])


def held_by(volume: PersistentVolume) -> str:
    """`namespace/name` of the claim that has the volume, or "" when it is free."""
    ref = volume.spec.claim_ref
    return f"{ref.namespace}/{ref.name}" if ref and ref.name else ""


def is_for(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    """Reserved for this claim. A claim recreated under the same name has another uid and does not get the volume
    back."""
    ref = volume.spec.claim_ref
    same = held_by(volume) == f"{claim.namespace}/{claim.name}"
    return same and bool(ref) and (not ref.uid or ref.uid == claim.metadata.uid)
