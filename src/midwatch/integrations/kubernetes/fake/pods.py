"""A pod as a ReplicaSet or DaemonSet made it, the scheduler placed it and a kubelet reports on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from midwatch.integrations.kubernetes.fake.naming import address, ago, letters, managed_fields, stamp, uid
from midwatch.integrations.kubernetes.fake.runs import FakeRun, Spot

Thing = dict[str, Any]
_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


@dataclass(frozen=True)
class Making:
    """What is given before the pod lives: its template, owner and place. `generation` of the template does not matter
    to pods."""

    namespace: str
    name: str
    generate: str
    labels: Mapping[str, str]
    owner: Thing
    template: Thing
    node: str
    node_ip: str
    age: float
    now: datetime

    @property
    def uid(self) -> str:
        return uid("Pod", self.namespace, self.name)

    @property
    def ip(self) -> str:
        return address("10.244", self.namespace, self.name)

    def spot(self, container: Thing) -> Spot:
        return Spot(self.namespace, self.name, self.uid, container["name"], container["image"], self.age, self.now)


def pod(making: Making, runs: Sequence[FakeRun]) -> Thing:
    """`runs` are of the template's containers, in order."""
    placed = all(run.scheduled for run in runs)
    meta: Thing = {
        "name": making.name,
        "generateName": making.generate,
        "namespace": making.namespace,
        "uid": making.uid,
        "generation": 1,
        "creationTimestamp": stamp(ago(making.now, making.age)),
        "labels": dict(making.labels),
        "ownerReferences": [making.owner],
    }
    spec = _spec(making, placed=placed)
    status = _status(making, spec, runs) if placed else _waiting_for_node(making, runs)
    built: Thing = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}
    changed = ago(making.now, min(run.since for run in runs))
    meta["managedFields"] = [
        managed_fields(
            built | {"spec": making.template["spec"]}, "kube-controller-manager", ago(making.now, making.age), "spec"
        ),
        managed_fields(built, "kubelet" if placed else "kube-scheduler", changed, "status", subresource="status"),
    ]
    return built


def _spec(making: Making, *, placed: bool) -> Thing:
    given = making.template["spec"]
    token = f"kube-api-access-{letters(5, 'token', making.namespace, making.name)}"
    mount = {"name": token, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    containers = [c | {"volumeMounts": [*c.get("volumeMounts", ()), mount]} for c in given["containers"]]
    account = given.get("serviceAccountName", "default")
    tolerations = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300} for key in _TOLERATED
    ]
    own = {"volumes": [*given.get("volumes", ()), _token_volume(token)], "containers": containers}
    place = {"nodeName": making.node} if placed else {}
    filled = {
        "serviceAccountName": account,
        "serviceAccount": account,
        **place,
        "tolerations": [*given.get("tolerations", ()), *tolerations],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }
    return given | own | filled


def _token_volume(name: str) -> Thing:
    place = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources: list[Thing] = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [place]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": 420}}


def _status(making: Making, spec: Thing, runs: Sequence[FakeRun]) -> Thing:
    begun = ago(making.now, max(making.age - 1, 0))
    containers = spec["containers"]
    unready = [c["name"] for c, run in zip(containers, runs, strict=True) if not run.ready]
    changed = ago(making.now, min(run.since for run in runs))
    made = all("waiting" not in r.state or r.state["waiting"]["reason"] != "ContainerCreating" for r in runs)
    conditions = [
        _condition("PodReadyToStartContainers", made, begun),
        _condition("Initialized", True, begun),
        _condition("Ready", not unready, changed, unready),
        _condition("ContainersReady", not unready, changed, unready),
        _condition("PodScheduled", True, ago(making.now, making.age)),
    ]
    alive = any(run.is_running or run.restarts or run.last for run in runs)
    status: Thing = {"observedGeneration": 1, "phase": "Running" if alive else "Pending", "conditions": conditions}
    status |= {"hostIP": making.node_ip, "hostIPs": [{"ip": making.node_ip}]}
    status |= {"podIP": making.ip, "podIPs": [{"ip": making.ip}]} if made else {}
    status["startTime"] = stamp(begun)
    status["containerStatuses"] = [_container(making, c, run) for c, run in zip(containers, runs, strict=True)]
    return status | {"qosClass": qos_class(containers)}


def _waiting_for_node(making: Making, runs: Sequence[FakeRun]) -> Thing:
    message = next(run.unscheduled_message for run in runs if not run.scheduled)
    condition = _condition("PodScheduled", False, ago(making.now, making.age)) | {
        "reason": "Unschedulable",
        "message": message,
    }
    containers = making.template["spec"]["containers"]
    return {"observedGeneration": 1, "phase": "Pending", "conditions": [condition], "qosClass": qos_class(containers)}


def _condition(type_: str, met: bool, at: datetime, unready: Sequence[str] = ()) -> Thing:
    head: Thing = {"type": type_, "observedGeneration": 1, "status": "True" if met else "False", "lastProbeTime": None}
    head["lastTransitionTime"] = stamp(at)
    if unready:
        head |= {"reason": "ContainersNotReady", "message": f"containers with unready status: [{' '.join(unready)}]"}
    return head


def _container(making: Making, container: Thing, run: FakeRun) -> Thing:
    spot = making.spot(container)
    status: Thing = {
        "name": container["name"],
        "state": dict(run.state),
        "lastState": dict(run.last),
        "ready": run.ready,
    }
    status |= {
        "restartCount": run.restarts,
        "image": container["image"],
        "imageID": spot.image_id if run.container_id else "",
    }
    status |= {"containerID": run.container_id} if run.container_id else {}
    status["started"] = run.started
    if run.is_running:
        resources: Thing = container.get("resources") or {}
        status |= {"allocatedResources": resources["requests"]} if "requests" in resources else {}
        status |= {"resources": resources, "user": {"linux": {"uid": 0, "gid": 0, "supplementalGroups": [0]}}}
    mounts = [
        {"name": m["name"], "mountPath": m["mountPath"]} | _read_only(m) for m in container.get("volumeMounts", ())
    ]
    return status | {"volumeMounts": mounts}


def _read_only(mount: Thing) -> Thing:
    return {"readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else {}


def qos_class(containers: Sequence[Thing]) -> str:
    """The pod's class of service, from its requests and limits of CPU and memory."""
    resources: list[dict[str, dict[str, str]]] = [c.get("resources") or {} for c in containers]
    if not any(r.get("requests") or r.get("limits") for r in resources):
        return "BestEffort"
    whole = all(
        {"cpu", "memory"} <= set(r.get("limits") or ()) and r.get("requests", r["limits"]) == r["limits"]
        for r in resources
    )
    return "Guaranteed" if whole else "Burstable"
