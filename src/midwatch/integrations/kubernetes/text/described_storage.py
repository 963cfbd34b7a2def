"""`kubectl describe` of claims, volumes and storage classes."""

import re
from datetime import datetime

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import access_modes, quantities, value_of

_TERM = re.compile(r"(\S{1,320}+) (in|not in|notin|exists|does not exist|>|<)(?: \[([^\]]{0,1000}+)\])?")
_OPERATORS = {
    "in": "In",
    "not in": "NotIn",
    "notin": "NotIn",
    "exists": "Exists",
    "does not exist": "DoesNotExist",
    ">": "Gt",
    "<": "Lt",
}
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def claim(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    spec = without_empty(
        storageClassName=value_of(doc.get("StorageClass")),
        volumeName=value_of(doc.get("Volume")),
        volumeMode=value_of(doc.get("VolumeMode")),
        accessModes=access_modes(doc.get("Access Modes")),
    )
    return {"spec": spec, "status": without_empty(phase=_phase(doc), capacity=_capacity(doc))}


def volume(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    namespace, slash, name = doc.get("Claim").partition("/")
    terms = [found for node in doc.under("Node Affinity") for n in node.walk() if (found := _term(n.value))]
    spec = without_empty(
        storageClassName=value_of(doc.get("StorageClass")),
        accessModes=access_modes(doc.get("Access Modes")),
        persistentVolumeReclaimPolicy=value_of(doc.get("Reclaim Policy")),
        volumeMode=value_of(doc.get("VolumeMode")),
        capacity=_capacity(doc),
        claimRef={"kind": "PersistentVolumeClaim", "namespace": namespace, "name": name} if slash else None,
        nodeAffinity={"required": {"nodeSelectorTerms": terms}} if terms else None,
    )
    return {
        "spec": spec,
        "status": without_empty(
            phase=_phase(doc), reason=value_of(doc.get("Reason")), message=value_of(doc.get("Message"))
        ),
    }


def storageclass(doc: TreeNode, metadata: Json, _: datetime | None) -> Json:
    if doc.get("IsDefaultClass") == "Yes":
        metadata.setdefault("annotations", {})[_DEFAULT] = "true"
    expansion = {"true": True, "false": False}.get(doc.get("AllowVolumeExpansion").lower())
    return without_empty(
        provisioner=value_of(doc.get("Provisioner")),
        reclaimPolicy=value_of(doc.get("ReclaimPolicy")),
        volumeBindingMode=value_of(doc.get("VolumeBindingMode")),
        allowVolumeExpansion=expansion,
    )


def _phase(doc: TreeNode) -> str | None:
    phase = value_of(doc.get("Status"))
    return phase if phase and not phase.startswith("Terminating") else None


def _capacity(doc: TreeNode) -> Json | None:
    return quantities([("storage", doc.get("Capacity"))])


def _term(text: str) -> Json | None:
    """`kubernetes.io/hostname in [worker-03]`, one expression after the other."""
    found = [
        without_empty(
            key=m[1], operator=_OPERATORS[m[2]], values=[v.strip() for v in (m[3] or "").split(",") if v.strip()]
        )
        for m in _TERM.finditer(text)
    ]
    return {"matchExpressions": found} if found else None
