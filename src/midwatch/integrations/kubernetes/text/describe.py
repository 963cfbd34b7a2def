"""`kubectl describe`: cut into objects, told apart by their fields, each mapped to the API's JSON."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from midwatch.integrations.kubernetes.objects.kinds import BY_NAME, KINDS
from midwatch.integrations.kubernetes.text import (
    described_batch,
    described_cluster,
    described_network,
    described_policy,
    described_storage,
    described_workloads,
    events,
)
from midwatch.integrations.kubernetes.text.described_pod import pod
from midwatch.integrations.kubernetes.text.parse_result import Json, ParsedScene, without_empty
from midwatch.integrations.kubernetes.text.raw import split_data, split_limits
from midwatch.integrations.kubernetes.text.times import age, ago, parse_time
from midwatch.integrations.kubernetes.text.tree import TreeNode, grow
from midwatch.integrations.kubernetes.text.values import annotations, labels, reference, value_of

Lines = Sequence[tuple[int, str]]
Mapping = Callable[[TreeNode, Json, datetime | None], Json]

_MAPPINGS: dict[str, Mapping] = {
    "Pod": pod,
    "Deployment": described_workloads.deployment,
    "ReplicaSet": described_workloads.replicaset,
    "ReplicationController": described_workloads.replicaset,
    "StatefulSet": described_workloads.statefulset,
    "DaemonSet": described_workloads.daemonset,
    "Job": described_batch.job,
    "CronJob": described_batch.cronjob,
    "HorizontalPodAutoscaler": described_batch.autoscaler,
    "PodDisruptionBudget": described_batch.budget,
    "Service": described_network.service,
    "Endpoints": described_network.endpoints,
    "EndpointSlice": described_network.endpointslice,
    "Ingress": described_network.ingress,
    "IngressClass": described_cluster.ingressclass,
    "NetworkPolicy": described_policy.policy,
    "PersistentVolumeClaim": described_storage.claim,
    "PersistentVolume": described_storage.volume,
    "StorageClass": described_storage.storageclass,
    "Node": described_cluster.node,
    "Namespace": described_cluster.namespace,
    "Secret": described_cluster.secret,
    "ConfigMap": lambda _doc, _metadata, _now: {},
    "ServiceAccount": described_cluster.account,
    "ResourceQuota": described_cluster.quota,
    "LimitRange": described_cluster.limits,
    "PriorityClass": described_cluster.priority,
    "Event": described_cluster.event,
}
# kind → fields of which all of one group stand only in its description; the first that fits.
_SIGNS: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = tuple(
    (kind, tuple(frozenset(group.split("|")) for group in groups))
    for kind, groups in (
        ("Event", ("Involved Object",)),
        (
            "Deployment",
            ("StrategyType",),
        ),
        ("DaemonSet", ("Desired Number of Nodes Scheduled",)),
        ("StatefulSet", ("Update Strategy", "Volume Claims")),
        ("CronJob", ("Schedule|Concurrency Policy", "Schedule|Suspend")),
        ("Job", ("Pods Statuses", "Parallelism|Completions")),
        ("ReplicaSet", ("Replicas|Pods Status", "Replicas|Pod Template")),
        ("Node", ("System Info", "Roles|Taints", "Allocatable|Capacity", "Roles|Unschedulable")),
        ("Pod", ("QoS Class", "Containers", "Init Containers", "Priority|Node", "IPs|Node")),
        ("HorizontalPodAutoscaler", ("Reference|Min replicas", "Reference|Metrics")),
        ("PodDisruptionBudget", ("Allowed disruptions", "Min available", "Max unavailable", "Minimum available")),
        ("EndpointSlice", ("AddressType",)),
        ("Endpoints", ("Subsets",)),
        ("Service", ("Session Affinity", "Type|IP", "Type|External Name", "Selector|TargetPort")),
        ("Ingress", ("Rules|Address", "Ingress Class", "Default backend", "Rules|TLS")),
        ("NetworkPolicy", ("Created on|Spec",)),
        ("PersistentVolume", ("Reclaim Policy", "Claim|Capacity")),
        ("PersistentVolumeClaim", ("StorageClass|Volume", "StorageClass|Used By", "StorageClass|VolumeMode")),
        ("StorageClass", ("IsDefaultClass", "Provisioner")),
        ("PriorityClass", ("GlobalDefault",)),
        ("ServiceAccount", ("Mountable secrets", "Image pull secrets")),
        ("Secret", ("Type|Data",)),
        ("ConfigMap", ("Data", "BinaryData")),
    )
)
_ENDING = re.compile(r"Terminating \(lasts (\S+)\)")
_NEXT = re.compile(
    r"(?:Name|Namespace|Labels|Roles|Selector|IsDefaultClass|Annotations|Priority|Value|Address|Controller|Node-Selector|Status|Resource|Type)\b"
)


def documents(lines: Lines) -> Iterator[Lines]:
    """The lines of each object; one begins with `Name:` at the edge, behind an empty line, before another known
    field."""
    starts = [i for i, (_, line) in enumerate(lines) if line.startswith("Name:") and _begins(lines, i)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        yield lines[start:end]


def _begins(lines: Lines, at: int) -> bool:
    if at and lines[at - 1][1].strip():
        return False
    return at + 1 >= len(lines) or bool(_NEXT.match(lines[at + 1][1])) or not lines[at + 1][1].strip()


def read_description(lines: Lines, scene: ParsedScene) -> list[Json]:
    """The object that the lines of one document describe, with its events; empty when its kind cannot be told."""
    lines, data = split_data(lines)
    doc = grow(split_limits(lines))
    kind = _kind(doc, scene.kind) or _namespace(lines)
    name = doc.get("Name")
    if not kind or not name:
        return []
    metadata = _metadata(kind, name, doc, scene)
    obj: Json = {"kind": kind, "metadata": metadata, **_MAPPINGS[kind](doc, metadata, scene.now)}
    if kind == "ConfigMap":
        obj["data"] = data
    about = without_empty(kind=kind, name=name, namespace=metadata.get("namespace"))
    found = [obj, *events.described_events(doc, about, scene.now)]
    endpoints = described_network.described_endpoints(doc, obj) if kind == "Service" else None
    return [*found, endpoints] if endpoints else found


def _kind(doc: TreeNode, hint: str) -> str:
    """The fields decide before the hint, except between kinds that are described alike."""
    keys = {node.key for node in doc.children}
    stated = doc.get("Kind")
    if stated in _MAPPINGS:
        return stated
    if stated and stated not in BY_NAME and doc.get("API Version"):
        return ""
    hinted = KINDS[hint].name if hint in KINDS else ""
    for kind, groups in _SIGNS:
        if any(group <= keys for group in groups):
            return hinted if kind == "ReplicaSet" and hinted == "ReplicationController" else kind
    if limits := doc.find("Limits"):
        return "LimitRange" if limits.children and limits.children[0].text.startswith("Type") else "ResourceQuota"
    return hinted if hinted in _MAPPINGS else ""


def _namespace(lines: Lines) -> str:
    """Told only by what it says of its quotas and limits."""
    return (
        "Namespace"
        if any(line.startswith(("No resource quota", "No LimitRange", "Resource Quotas")) for _, line in lines)
        else ""
    )


def _metadata(kind: str, name: str, doc: TreeNode, scene: ParsedScene) -> Json:
    owner = reference(doc.get("Controlled By"))
    status = doc.get("Status")
    ending = _ENDING.match(status) if kind != "Pod" else None
    return without_empty(
        name=name,
        namespace=(value_of(doc.get("Namespace")) or scene.namespace or "default")
        if BY_NAME[kind].namespaced
        else None,
        annotations=annotations(_lines(doc, "Annotations")),
        creationTimestamp=parse_time(doc.get("CreationTimestamp", "Created on")),
        deletionTimestamp=ago(scene.now, age(ending[1])) if ending else None,
        ownerReferences=[{"kind": owner[0], "name": owner[1], "controller": True}] if owner else None,
        finalizers=doc.get("Finalizers").strip("[]").split(),
    ) | ({"labels": labels(_lines(doc, "Labels")) or {}} if doc.find("Labels") else {})


def _lines(doc: TreeNode, key: str) -> list[str]:
    found = doc.find(key)
    return [line for line in found.lines() if value_of(line)] if found else []
