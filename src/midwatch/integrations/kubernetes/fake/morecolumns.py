"""Columns of everything that is no workload: services, events, nodes, storage, configuration."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from midwatch.integrations.kubernetes.fake.printing import (
    NONE,
    UNSET,
    Sheet,
    age,
    get_path,
    join_values,
    pairs,
    selector,
    since,
)

Thing = dict[str, Any]


def _name(obj: Thing) -> str:
    return obj["metadata"]["name"]


def _service(obj: Thing, now: datetime) -> list[Any]:
    spec = obj["spec"]
    ports = join_values(_port(p) for p in spec.get("ports") or ())
    own: list[str] = [i.get("ip") or i.get("hostname") for i in get_path(obj, "status.loadBalancer.ingress", [])]
    outside: list[str] = own or spec.get("externalIPs") or []
    if spec.get("type") == "ExternalName":
        outside = [spec.get("externalName", "")]
    shown = join_values(outside) if outside or spec.get("type") != "LoadBalancer" else "<pending>"
    kind, address = spec.get("type", "ClusterIP"), spec.get("clusterIP") or NONE
    return [_name(obj), kind, address, shown, ports, age(obj, now), pairs(spec.get("selector"))]


def _port(port: Thing) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def _endpoints(obj: Thing, now: datetime) -> list[Any]:
    found = [
        f"{a['ip']}:{p['port']}"
        for s in obj.get("subsets") or ()
        for p in s.get("ports") or ()
        for a in s.get("addresses") or ()
    ]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return [_name(obj), join_values(found[:3]) + more, age(obj, now)]


def _slice(obj: Thing, now: datetime) -> list[Any]:
    ports = join_values(UNSET if p.get("port") is None else p["port"] for p in obj.get("ports") or ())
    found = [a for e in obj.get("endpoints") or () for a in e["addresses"]]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    shown = join_values(found[:3]) + more if found else "<unset>"
    return [_name(obj), obj["addressType"], ports if obj.get("ports") else UNSET, shown, age(obj, now)]


def _ingress(obj: Thing, now: datetime) -> list[Any]:
    hosts = join_values(r.get("host") or "*" for r in get_path(obj, "spec.rules", [])).replace(NONE, "*")
    addresses = ",".join(i.get("ip") or i.get("hostname") for i in get_path(obj, "status.loadBalancer.ingress", []))
    ports = "80, 443" if get_path(obj, "spec.tls") else "80"
    return [_name(obj), get_path(obj, "spec.ingressClassName", NONE), hosts, addresses, ports, age(obj, now)]


def _event(obj: Thing, now: datetime) -> list[Any]:
    about: Thing = obj["involvedObject"]
    source: dict[str, str] = obj.get("source") or {}
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    last = get_path(obj, "series.lastObservedTime") or obj.get("lastTimestamp") or first
    count = get_path(obj, "series.count") or obj.get("count") or 1
    component = source.get("component") or obj.get("reportingComponent") or ""
    who = ", ".join(filter(None, (component, source.get("host", ""))))
    what = f"{about['kind'].lower()}/{about['name']}"
    cells = [since(last, now), obj.get("type", ""), obj.get("reason", ""), what, about.get("fieldPath", ""), who]
    return [*cells, (obj.get("message") or "").strip(), since(first, now), count, _name(obj)]


def _node(obj: Thing, now: datetime) -> list[Any]:
    ready = next((c["status"] for c in get_path(obj, "status.conditions", []) if c["type"] == "Ready"), "")
    status = {"True": "Ready", "": "Unknown"}.get(ready, "NotReady")
    status += ",SchedulingDisabled" if get_path(obj, "spec.unschedulable", False) else ""
    prefix = "node-role.kubernetes.io/"
    roles = join_values(
        sorted(k.removeprefix(prefix) for k in get_path(obj, "metadata.labels", {}) if k.startswith(prefix))
    )
    addresses = {a["type"]: a["address"] for a in get_path(obj, "status.addresses", [])}
    info = get_path(obj, "status.nodeInfo", {})
    wide = [info.get(k) or "<unknown>" for k in ("osImage", "kernelVersion", "containerRuntimeVersion")]
    inside, outside = addresses.get("InternalIP", NONE), addresses.get("ExternalIP", NONE)
    return [_name(obj), status, roles, age(obj, now), info.get("kubeletVersion", ""), inside, outside, *wide]


def _namespace(obj: Thing, now: datetime) -> list[Any]:
    return [_name(obj), get_path(obj, "status.phase", ""), age(obj, now)]


def _config(obj: Thing, now: datetime) -> list[Any]:
    return [_name(obj), len(obj.get("data") or {}) + len(obj.get("binaryData") or {}), age(obj, now)]


def _secret(obj: Thing, now: datetime) -> list[Any]:
    return [_name(obj), obj.get("type", "Opaque"), len(obj.get("data") or {}), age(obj, now)]


def _account(obj: Thing, now: datetime) -> list[Any]:
    return [_name(obj), len(obj.get("secrets") or ()), age(obj, now)]


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _modes(values: list[str]) -> str:
    return ",".join(_MODES.get(v, v) for v in values)


def _claim(obj: Thing, now: datetime) -> list[Any]:
    spec, phase = obj["spec"], get_path(obj, "status.phase", "")
    bound = bool(spec.get("volumeName"))
    size = get_path(obj, "status.capacity.storage", "") if bound else ""
    modes = _modes(get_path(obj, "status.accessModes", [])) if bound else ""
    status = "Terminating" if obj["metadata"].get("deletionTimestamp") else phase
    attributes = spec.get("volumeAttributesClassName") or UNSET
    cells = [
        _name(obj),
        status,
        spec.get("volumeName", ""),
        size,
        modes,
        spec.get("storageClassName", ""),
        attributes,
        age(obj, now),
    ]
    return [*cells, spec.get("volumeMode", "Filesystem")]


def _volume(obj: Thing, now: datetime) -> list[Any]:
    spec, claim = obj["spec"], get_path(obj, "spec.claimRef")
    whose = f"{claim['namespace']}/{claim['name']}" if claim else ""
    status = "Terminating" if obj["metadata"].get("deletionTimestamp") else get_path(obj, "status.phase", "")
    policy, class_ = spec.get("persistentVolumeReclaimPolicy", ""), spec.get("storageClassName", "")
    head = [
        _name(obj),
        get_path(obj, "spec.capacity.storage", ""),
        _modes(spec.get("accessModes") or []),
        policy,
        status,
        whose,
        class_,
    ]
    return [*head, UNSET, get_path(obj, "status.reason", ""), age(obj, now), spec.get("volumeMode", "Filesystem")]


def _class(obj: Thing, now: datetime) -> list[Any]:
    default = get_path(obj, "metadata.annotations", {}).get("storageclass.kubernetes.io/is-default-class") == "true"
    name = f"{_name(obj)} (default)" if default else _name(obj)
    policy, mode = obj.get("reclaimPolicy", "Delete"), obj.get("volumeBindingMode", "Immediate")
    return [
        name,
        obj.get("provisioner", ""),
        policy,
        mode,
        str(bool(obj.get("allowVolumeExpansion"))).lower(),
        age(obj, now),
    ]


def _quota(obj: Thing, now: datetime) -> list[Any]:
    hard, used = get_path(obj, "status.hard", {}), get_path(obj, "status.used", {})
    shown = {k: f"{k}: {used.get(k, '0')}/{hard[k]}" for k in sorted(hard)}
    request = ", ".join(v for k, v in shown.items() if not k.startswith("limits."))
    return [_name(obj), request, ", ".join(v for k, v in shown.items() if k.startswith("limits.")), age(obj, now)]


def _policy(obj: Thing, now: datetime) -> list[Any]:
    return [_name(obj), selector(get_path(obj, "spec.podSelector")), age(obj, now)]


def _priority(obj: Thing, now: datetime) -> list[Any]:
    policy = obj.get("preemptionPolicy", "PreemptLowerPriority")
    return [_name(obj), obj.get("value", 0), str(bool(obj.get("globalDefault"))).lower(), age(obj, now), policy]


def _webhook(obj: Thing, now: datetime) -> list[Any]:
    return [_name(obj), len(obj.get("webhooks") or ()), age(obj, now)]


def _lease(obj: Thing, now: datetime) -> list[Any]:
    return [_name(obj), get_path(obj, "spec.holderIdentity", ""), age(obj, now)]


OTHERS: Mapping[str, Sheet] = {
    "services": Sheet("Name, Type, Cluster-IP, External-IP, Port(s), Age", "Selector", _service),
    "endpoints": Sheet("Name, Endpoints, Age", "", _endpoints),
    "endpointslices": Sheet("Name, AddressType, Ports, Endpoints, Age", "", _slice),
    "ingresses": Sheet("Name, Class, Hosts, Address, Ports, Age", "", _ingress),
    "events": Sheet("Last Seen, Type, Reason, Object, +Subobject, +Source, Message", "First Seen, Count, Name", _event),
    "nodes": Sheet(
        "Name, Status, Roles, Age, Version",
        "Internal-IP, External-IP, OS-Image, Kernel-Version, Container-Runtime",
        _node,
    ),
    "namespaces": Sheet("Name, Status, Age", "", _namespace),
    "configmaps": Sheet("Name, Data, Age", "", _config),
    "secrets": Sheet("Name, Type, Data, Age", "", _secret),
    "serviceaccounts": Sheet("Name, Secrets, Age", "", _account),
    "persistentvolumeclaims": Sheet(
        "Name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age", "VolumeMode", _claim
    ),
    "persistentvolumes": Sheet(
        "Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age",
        "VolumeMode",
        _volume,
    ),
    "storageclasses": Sheet(
        "Name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age", "", _class
    ),
    "resourcequotas": Sheet("Name, Request, Limit, Age", "", _quota),
    "networkpolicies": Sheet("Name, Pod-Selector, Age", "", _policy),
    "priorityclasses": Sheet("Name, Value, Global-Default, Age", "PreemptionPolicy", _priority),
    "validatingwebhookconfigurations": Sheet("Name, Webhooks, Age", "", _webhook),
    "mutatingwebhookconfigurations": Sheet("Name, Webhooks, Age", "", _webhook),
    "leases": Sheet("Name, Holder, Age", "", _lease),
}
