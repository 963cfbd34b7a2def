"""Kubernetes objects in the API's own form, with no more fields than a case needs, and the findings about them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from midwatch.diagnosis.kubernetes.analyzers import analyzers
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Finding
from midwatch.domain.observation import Resources
from midwatch.integrations.kubernetes.objects.kinds import ALL, BY_NAME, PLURAL
from midwatch.integrations.kubernetes.objects.meta import Object

Thing = dict[str, Any]
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
LONG_AGO = "2026-11-20T22:00:00Z"
JUST_NOW = "2026-11-21T01:50:00Z"
SPACE = "default"
_UNBOUND = {"Node", "Namespace", "PersistentVolume", "StorageClass", "IngressClass"}


def thing(
    kind: str,
    name: str,
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    **parts: Any,
) -> Thing:
    """`parts` are the object's other fields: spec, status, data."""
    place: Thing = {} if kind in _UNBOUND else {"namespace": SPACE}
    meta = {"name": name, "uid": f"{kind}-{name}".lower(), "creationTimestamp": LONG_AGO, **place}
    meta |= ({"labels": labels} if labels else {}) | ({"annotations": annotations} if annotations else {})
    return {"kind": kind, "metadata": meta, **parts}


def owned(obj: Thing, kind: str, name: str) -> Thing:
    return obj | {
        "metadata": obj["metadata"]
        | {"ownerReferences": [{"kind": kind, "name": name, "uid": f"{kind}-{name}".lower(), "controller": True}]}
    }


def condition(type_: str, status: str, reason: str = "", message: str = "") -> Thing:
    return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": LONG_AGO}


def event(about: Thing, reason: str, message: str, *, type_: str = "Warning") -> Thing:
    meta = about["metadata"]
    ref = {"kind": about["kind"], "name": meta["name"], "namespace": meta.get("namespace", "")}
    when: Thing = {"firstTimestamp": JUST_NOW, "lastTimestamp": JUST_NOW}
    return thing(
        "Event",
        f"{meta['name']}.{reason.lower()}",
        involvedObject=ref,
        type=type_,
        reason=reason,
        message=message,
        count=3,
        **when,
    )


def template(labels: dict[str, str] | None = None, **container: Any) -> Thing:
    return {
        "metadata": {"labels": labels or {"app": "web"}},
        "spec": {"containers": [{"name": "app", "image": "registry.example/app:1", **container}]},
    }


def pod(
    name: str,
    *statuses: Thing,
    phase: str = "Running",
    conditions: Sequence[Thing] = (),
    labels: dict[str, str] | None = None,
    **spec: Any,
) -> Thing:
    containers = [{"name": s["name"], "image": "registry.example/app:1"} for s in statuses] or [
        {"name": "app", "image": "registry.example/app:1"}
    ]
    node = (
        {}
        if any(c["type"] == "PodScheduled" and c["status"] == "False" for c in conditions)
        else {"nodeName": "worker-1"}
    )
    status = {
        "phase": phase,
        "conditions": list(conditions),
        "containerStatuses": list(statuses),
        "startTime": LONG_AGO,
    }
    return thing("Pod", name, labels=labels, spec={"containers": containers, **node, **spec}, status=status)


def container(
    name: str = "app", *, ready: bool = False, restarts: int = 0, last: Thing | None = None, **state: Any
) -> Thing:
    """`state` is waiting=…, running=… or terminated=…"""
    return {"name": name, "ready": ready, "restartCount": restarts, "state": state, "lastState": last or {}}


def healthy_pod(name: str, labels: dict[str, str] | None = None, **spec: Any) -> Thing:
    up = container(ready=True, running={"startedAt": LONG_AGO})
    return pod(
        name, up, conditions=[condition("Ready", "True"), condition("PodScheduled", "True")], labels=labels, **spec
    )


def evidence(objects: Sequence[Thing], namespace: str = "", labels: dict[str, str] | None = None) -> list[Evidence]:
    """What listing every kind would have shown, within the namespace and labels asked for."""
    chosen: list[Object] = []
    for obj in objects:
        meta = obj["metadata"]
        inside = not namespace or meta.get("namespace", namespace) == namespace
        if inside and all(meta.get("labels", {}).get(k) == v for k, v in (labels or {}).items()):
            chosen.append(msgspec.convert(obj, BY_NAME[obj["kind"]].type, strict=False))
    return listed(chosen, namespace)


def listed(objects: Sequence[Object], namespace: str = "") -> list[Evidence]:
    """One evidence for each kind, also for those of which there is nothing: what is not there is proved to be
    absent."""
    by_kind: dict[str, list[Object]] = defaultdict(list)
    for obj in objects:
        by_kind[PLURAL[obj.kind]].append(obj)
    return [_listed(n, plural, by_kind[plural], namespace) for n, plural in enumerate(ALL, 1)]


def _listed(number: int, plural: str, items: Sequence[Any], namespace: str) -> Evidence:
    body = msgspec.json.encode(items)
    scope = namespace if ALL[plural].namespaced else ""
    return Evidence(
        id=f"E{number}",
        tool="kubernetes_list",
        arguments={"resource": plural, "namespace": scope},
        query=f"list {plural}",
        observation=Resources(resource=plural, scope=scope, body=body, count=len(items)),
        taken_at=NOW,
        took_ms=0,
        sha256=sha256(body).hexdigest(),
    )


def findings(seen: Sequence[Evidence]) -> list[Finding]:
    cluster = Cluster(seen)
    return [f for analyzer in analyzers() for f in analyzer.find(cluster)]
