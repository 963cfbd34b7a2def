"""Rows of nodes, namespaces, storage, limits and configuration."""

import re
from collections.abc import Callable

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.values import access_modes, number, value_of

Cells = dict[str, str]
_USE = re.compile(r"(?<![\w./-])([\w./-]++): ([\w.]+)/([\w.]+)", re.ASCII)
_ADDRESSES = {"INTERNAL-IP": "InternalIP", "EXTERNAL-IP": "ExternalIP"}
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def _node(cells: Cells, _: Json) -> Json:
    words = cells.get("STATUS", "").split(",")
    ready = {"Ready": "True", "NotReady": "False", "Unknown": "Unknown"}.get(words[0])
    addresses = [
        {"type": kind, "address": cells[name]} for name, kind in _ADDRESSES.items() if value_of(cells.get(name, ""))
    ]
    status = without_empty(
        conditions=[{"type": "Ready", "status": ready}] if ready else None,
        addresses=addresses,
        nodeInfo=without_empty(
            kubeletVersion=cells.get("VERSION"), containerRuntimeVersion=cells.get("CONTAINER-RUNTIME")
        ),
    )
    return {"spec": without_empty(unschedulable="SchedulingDisabled" in words), "status": status}


def _namespace(cells: Cells, _: Json) -> Json:
    return {"status": without_empty(phase=cells.get("STATUS"))}


def _claim(cells: Cells, _: Json) -> Json:
    spec = without_empty(
        volumeName=cells.get("VOLUME"),
        storageClassName=value_of(cells.get("STORAGECLASS", "")),
        accessModes=access_modes(cells.get("ACCESS MODES", cells.get("ACCESSMODES", ""))),
        volumeMode=cells.get("VOLUMEMODE"),
    )
    return {"spec": spec, "status": without_empty(phase=cells.get("STATUS"), capacity=_storage(cells))}


def _volume(cells: Cells, _: Json) -> Json:
    namespace, slash, name = cells.get("CLAIM", "").partition("/")
    spec = without_empty(
        capacity=_storage(cells),
        accessModes=access_modes(cells.get("ACCESS MODES", cells.get("ACCESSMODES", ""))),
        storageClassName=value_of(cells.get("STORAGECLASS", "")),
        persistentVolumeReclaimPolicy=cells.get("RECLAIM POLICY", cells.get("RECLAIMPOLICY")),
        claimRef={"kind": "PersistentVolumeClaim", "namespace": namespace, "name": name} if slash else None,
        volumeMode=cells.get("VOLUMEMODE"),
    )
    return {"spec": spec, "status": without_empty(phase=cells.get("STATUS"), reason=value_of(cells.get("REASON", "")))}


def _storage(cells: Cells) -> Json | None:
    size = value_of(cells.get("CAPACITY", ""))
    return {"storage": size} if size else None


def _class(cells: Cells, metadata: Json) -> Json:
    # The default class is marked behind its name: `standard (default)`; the mark was taken off with the name.
    if cells.get("DEFAULT"):
        metadata["annotations"] = {_DEFAULT: "true"}
    expansion = {"true": True, "false": False}.get(cells.get("ALLOWVOLUMEEXPANSION", ""))
    return without_empty(
        provisioner=cells.get("PROVISIONER"),
        reclaimPolicy=value_of(cells.get("RECLAIMPOLICY", "")),
        volumeBindingMode=value_of(cells.get("VOLUMEBINDINGMODE", "")),
        allowVolumeExpansion=expansion,
    )


def _quota(cells: Cells, _: Json) -> Json:
    uses = [m for column in ("REQUEST", "LIMIT") for m in _USE.finditer(cells.get(column, ""))]
    hard = {m[1]: m[3] for m in uses}
    return {"spec": without_empty(hard=hard), "status": without_empty(hard=hard, used={m[1]: m[2] for m in uses})}


def _config(cells: Cells, _: Json) -> Json:
    """The keys are not named; none at all is a fact."""
    found = without_empty(type=cells.get("TYPE"))
    if cells.get("DATA") == "0":
        found["data"] = {}
    return found


def _priority(cells: Cells, _: Json) -> Json:
    return without_empty(value=number(cells.get("VALUE")), globalDefault=cells.get("GLOBAL-DEFAULT") == "true")


def _nothing(_: Cells, __: Json) -> Json:
    return {}


CLUSTER: dict[str, Callable[[Cells, Json], Json]] = {
    "nodes": _node,
    "namespaces": _namespace,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "storageclasses": _class,
    "resourcequotas": _quota,
    "configmaps": _config,
    "secrets": _config,
    "serviceaccounts": _nothing,
    "limitranges": _nothing,
    "priorityclasses": _priority,
}
