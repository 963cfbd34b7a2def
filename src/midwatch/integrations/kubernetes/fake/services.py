"""A Service with the addresses its controllers found for it: Endpoints and EndpointSlice."""

from collections.abc import Mapping, Sequence
from typing import Any

from midwatch.integrations.kubernetes.fake.naming import address, ago, letters, managed_fields, owner, stamp, uid
from midwatch.integrations.kubernetes.fake.scene import Scene

Thing = dict[str, Any]


def publish(
    scene: Scene,
    namespace: str,
    name: str,
    selector: Mapping[str, str],
    port: int,
    pods: Sequence[Thing],
    age: float,
    cluster_ip: str = "",
) -> None:
    """`pods` are those that the selector matches; they stand behind the service as far as they have an address."""
    meta = scene.meta("Service", namespace, name, age, selector)
    ip = cluster_ip or address("10.96", namespace, name)
    ports = [{"name": "http", "protocol": "TCP", "port": 80 if port >= 1024 else port, "targetPort": port}]
    spec: Thing = {"ports": ports, "selector": dict(selector), "clusterIP": ip, "clusterIPs": [ip], "type": "ClusterIP"}
    spec |= {
        "sessionAffinity": "None",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
    }
    built: Thing = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": spec,
        "status": {"loadBalancer": {}},
    }
    meta["managedFields"] = [managed_fields(built, "kubectl-client-side-apply", ago(scene.now, age), "spec")]
    reached = [p for p in pods if p["status"].get("podIP")]
    scene.add(built, _endpoints(scene, built, port, reached, age), _slice(scene, built, port, reached, age))


def _ready(pod: Thing) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"]["conditions"])


def _target(pod: Thing) -> Thing:
    meta = pod["metadata"]
    return {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}


def _endpoints(scene: Scene, service: Thing, port: int, pods: Sequence[Thing], age: float) -> Thing:
    own = service["metadata"]
    labels = dict(own.get("labels") or {}) | {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    meta = scene.meta("Endpoints", own["namespace"], own["name"], age, labels)
    meta["annotations"] = {"endpoints.kubernetes.io/last-change-trigger-time": stamp(ago(scene.now, max(age - 6, 0)))}
    good = [_address(p) for p in pods if _ready(p)]
    bad = [_address(p) for p in pods if not _ready(p)]
    subset = {"addresses": good, "notReadyAddresses": bad, "ports": [{"name": "http", "port": port, "protocol": "TCP"}]}
    head: Thing = {"apiVersion": "v1", "kind": "Endpoints", "metadata": meta}
    return head | ({"subsets": [{key: value for key, value in subset.items() if value}]} if pods else {})


def _address(pod: Thing) -> Thing:
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _target(pod)}


def _slice(scene: Scene, service: Thing, port: int, pods: Sequence[Thing], age: float) -> Thing:
    own = service["metadata"]
    name = f"{own['name']}-{letters(5, 'slice', own['namespace'], own['name'])}"
    labels = {
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": own["name"],
    }
    meta = scene.meta("EndpointSlice", own["namespace"], name, age, labels)
    meta |= {"generateName": f"{own['name']}-", "generation": 1 + len(pods)}
    meta["ownerReferences"] = [owner("v1", "Service", own["name"], uid("Service", own["namespace"], own["name"]))]
    head: Thing = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": meta,
        "addressType": "IPv4",
    }
    if not pods:
        return head | {"endpoints": None, "ports": None}
    return head | {
        "endpoints": [_endpoint(p) for p in pods],
        "ports": [{"name": "http", "protocol": "TCP", "port": port}],
    }


def _endpoint(pod: Thing) -> Thing:
    ready = _ready(pod)
    conditions = {"ready": ready, "serving": ready, "terminating": False}
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": conditions,
        "targetRef": _target(pod),
        "nodeName": pod["spec"]["nodeName"],
    }
