"""The other half of the states: storage, nodes, controllers, networking."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evaluation.kubernetes_objects import LONG_AGO, Thing, condition, event, healthy_pod, template, thing


def _claim(phase: str, reason: str = "", message: str = "") -> list[Thing]:
    claim = thing(
        "PersistentVolumeClaim",
        "data",
        spec={"accessModes": ["ReadWriteOnce"], "volumeName": ""},
        status={"phase": phase},
    )
    return [claim, event(claim, reason, message)] if reason else [claim]


def _stateful_set() -> list[Thing]:
    storage = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "ghost"}}
    spec = {"replicas": 1, "serviceName": "db", "template": template({"app": "db"}), "volumeClaimTemplates": [storage]}
    service = thing("Service", "db", spec={"selector": {"app": "db"}, "clusterIP": "None", "ports": [{"port": 5432}]})
    return [thing("StatefulSet", "db", spec=spec, status={"replicas": 1, "readyReplicas": 1}), service]


def _node(type_: str, status: str, reason: str = "", message: str = "") -> list[Thing]:
    healthy = [] if type_ == "Ready" else [condition("Ready", "True", "KubeletReady", "the kubelet is ready")]
    return [
        thing("Node", "worker-1", spec={}, status={"conditions": [*healthy, condition(type_, status, reason, message)]})
    ]


def _job(spec: Thing, status: Thing) -> list[Thing]:
    return [thing("Job", "sync", spec={**spec, "template": template({"job": "sync"})}, status=status)]


def _cron_job(**spec: Any) -> list[Thing]:
    return [
        thing(
            "CronJob",
            "nightly",
            spec={"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": template()}}, **spec},
        )
    ]


def _ingress(*, class_: str | None = None, backend: Thing | None = None, secret: str = "") -> list[Thing]:
    rule = {"host": "shop.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec: Thing = {"rules": [rule] if backend else []}
    spec |= {"tls": [{"hosts": ["shop.example"], "secretName": secret}]} if secret else {}
    return [thing("Ingress", "shop", spec=spec | ({"ingressClassName": class_} if class_ else {}))]


def _to_service() -> Thing:
    return {"service": {"name": "ghost", "port": {"number": 80}}}


def _to_bucket() -> Thing:
    return {"resource": {"apiGroup": "storage.example", "kind": "Bucket", "name": "assets"}}


def _autoscaler(*conditions: Thing, current: int = 2) -> list[Thing]:
    usage = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
    }
    spec = {
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [usage],
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
    }
    status = {"currentReplicas": current, "desiredReplicas": current, "conditions": list(conditions)}
    target = {
        "replicas": current,
        "template": template(resources={"requests": {"cpu": "100m"}, "limits": {"cpu": "200m"}}),
    }
    numbers = {k: current for k in ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas")}
    return [
        thing("HorizontalPodAutoscaler", "web", spec=spec, status=status),
        thing("Deployment", "web", spec=target, status=numbers),
    ]


def _policy(*pods: Thing) -> list[Thing]:
    rule = {"from": [{"podSelector": {}}]}
    return [
        thing(
            "NetworkPolicy",
            "web",
            spec={"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"], "ingress": [rule]},
        ),
        *pods,
    ]


def _released() -> list[Thing]:
    reference = {"kind": "PersistentVolumeClaim", "name": "data", "namespace": "default"}
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "claimRef": reference,
        "persistentVolumeReclaimPolicy": "Retain",
    }
    return [thing("PersistentVolume", "pv-1", spec=spec, status={"phase": "Released"})]


def _two_defaults() -> list[Thing]:
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return [thing("StorageClass", name, annotations=default, provisioner="disk.example") for name in ("fast", "slow")]


_FULL = {"startTime": LONG_AGO, "failed": 2, "succeeded": 1, "conditions": [condition("Complete", "True")]}

MORE_STATES: Mapping[str, Callable[[], Sequence[Thing]]] = {
    "PersistentVolumeClaim-029": lambda: _claim("Pending", "ProvisioningFailed", "the volume could not be provisioned"),
    "PersistentVolumeClaim-031": lambda: _claim("Pending", "Noticed", "something else"),
    "PersistentVolumeClaim-032": lambda: _claim("Pending", "ProvisioningFailed"),
    "PersistentVolumeClaim-033": lambda: _claim("Lost"),
    "StatefulSet-035": _stateful_set,
    "Node-038": lambda: _node("Ready", "True"),
    "Node-039": lambda: _node("Ready", "False", "KubeletNotReady", "the container runtime is down"),
    "Node-040": lambda: _node("Ready", "Unknown", "NodeStatusUnknown", "the kubelet stopped posting its status"),
    "Node-041": lambda: _node("MemoryPressure", "True", "KubeletHasInsufficientMemory", "memory is short"),
    "Node-042": lambda: _node("DiskPressure", "True", "KubeletHasDiskPressure", "the disk is full"),
    "Job-046": lambda: _job({"suspend": True}, {}),
    "Job-050": lambda: _job({}, _FULL),
    "CronJob-055": lambda: _cron_job(startingDeadlineSeconds=-60),
    "CronJob-057": lambda: _cron_job(),
    "Ingress-059": lambda: _ingress(backend=_to_service(), secret="shop-certificate"),
    "Ingress-060": lambda: _ingress(backend=_to_bucket()),
    "Ingress-061": lambda: _ingress(class_="gce"),
    "Ingress-062": lambda: _ingress(class_="ghost"),
    "HorizontalPodAutoscaler-066": lambda: _autoscaler(condition("ScalingActive", "True", "ValidMetricFound")),
    "HorizontalPodAutoscaler-069": lambda: _autoscaler(
        condition("ScalingActive", "False", "FailedGetResourceMetric", "no metrics")
    ),
    "HorizontalPodAutoscaler-070": lambda: _autoscaler(
        condition("ScalingLimited", "True", "TooManyReplicas", "held down"), current=5
    ),
    "HorizontalPodAutoscaler-071": lambda: _autoscaler(
        condition("ScalingLimited", "True", "TooFewReplicas", "idle"), current=1
    ),
    "NetworkPolicy-074": lambda: _policy(),
    "NetworkPolicy-075": lambda: _policy(healthy_pod("web-0", {"app": "web"})),
    "PersistentVolume-079": _released,
    "StorageClass-081": _two_defaults,
}
