"""Small pieces of a network to build situations from: pods, Services, workloads, policies, as the API spells them."""

import json
from typing import Any

import msgspec

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Finding
from tests.integrations.kubernetes.situation import Logs, evidence, findings

Thing = dict[str, Any]
OLD = "2026-11-20T22:00:00Z"
YOUNG = "2026-11-21T01:59:30Z"
MINE = ("K8S-5", "K8S-6")


def thing(kind: str, name: str, *, namespace: str = "shop", owner: str = "", created: str = OLD, **parts: Any) -> Thing:
    """`owner` is "Kind/name"; `labels`, `annotations` and other metadata may be given as `meta`."""
    meta: Thing = {"name": name, "uid": f"{kind}-{name}".lower(), "creationTimestamp": created, **parts.pop("meta", {})}
    if namespace:
        meta["namespace"] = namespace
    if owner:
        above, _, by = owner.partition("/")
        meta["ownerReferences"] = [{"kind": above, "name": by, "controller": True}]
    return {"kind": kind, "metadata": meta, **parts}


def pod(
    name: str,
    app: str,
    *,
    ready: bool = True,
    ports: list[Thing] | None = None,
    owner: str = "",
    created: str = OLD,
    **spec: Any,
) -> Thing:
    container: Thing = {"name": "app", "image": "app:1", "ports": ports or [], **spec.pop("container", {})}
    conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": created}]
    meta = {"labels": {"app": app}}
    status = {"phase": "Running", "conditions": conditions, "podIP": "10.1.0.7", "startTime": created}
    return thing(
        "Pod", name, meta=meta, owner=owner, created=created, spec={"containers": [container], **spec}, status=status
    )


def service(name: str, app: str = "", *, port: int = 80, target: int | str | None = None, **spec: Any) -> Thing:
    ports = [{"port": port, "protocol": "TCP"} | ({"targetPort": target} if target is not None else {})]
    return thing(
        "Service",
        name,
        spec={"ports": ports, "clusterIP": "10.0.0.9"} | ({"selector": {"app": app}} if app else {}) | spec,
    )


def deployment(
    name: str, *, replicas: int | None = 1, status: Thing | None = None, meta: Thing | None = None, **template: Any
) -> Thing:
    running = {
        "replicas": replicas,
        "readyReplicas": replicas,
        "availableReplicas": replicas,
        "updatedReplicas": replicas,
    }
    containers = [{"name": "app", "image": "app:1", **template}]
    spec: Thing = {"template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}}}
    if replicas is not None:
        spec["replicas"] = replicas
    return thing("Deployment", name, meta=meta or {}, spec=spec, status=running if status is None else status)


def event(about: Thing, reason: str, message: str, type_: str = "Warning") -> Thing:
    meta = about["metadata"]
    ref = {"kind": about["kind"], "name": meta["name"], "namespace": meta.get("namespace", "")}
    when = {"firstTimestamp": "2026-11-21T01:50:00Z", "lastTimestamp": "2026-11-21T02:00:00Z"}
    return thing(
        "Event",
        f"{meta['name']}.{reason}".lower(),
        involvedObject=ref,
        type=type_,
        reason=reason,
        message=message,
        **when,
    )


def stated(*objects: Thing, logs: Logs | None = None, unknown: tuple[str, ...] = ()) -> list[Finding]:
    """The network and workload findings, each of whose citations has been looked up in the evidence."""
    seen = evidence(objects, logs, unknown=unknown)
    found = [f for f in findings(Cluster(seen)) if f.code.startswith(MINE)]
    for one in found:
        assert one.cites, one.code
        assert "<" not in one.message, one.message
        prove(seen, one)
    return found


def told(*objects: Thing, logs: Logs | None = None, unknown: tuple[str, ...] = ()) -> list[str]:
    return sorted(f.code for f in stated(*objects, logs=logs, unknown=unknown))


def prove(seen: list[Evidence], one: Finding) -> None:
    by_id = {e.id: e for e in seen}
    for cite in one.cites:
        text = by_id[cite.evidence].text
        if cite.subject is None:
            assert cite.quote in text
            continue
        there = [o for o in msgspec.json.decode(text) if _named(o) == (cite.subject.namespace, cite.subject.name)]
        if cite.absent:
            assert not there
        else:
            assert there, cite
            body = msgspec.json.encode(there[0]).decode()
            assert cite.quote in body or json.dumps(cite.quote, ensure_ascii=False)[1:-1] in body, (
                one.code,
                cite.quote,
                body,
            )


def _named(obj: Thing) -> tuple[str, str]:
    meta = obj.get("metadata", {})
    return meta.get("namespace", ""), meta.get("name", "")
