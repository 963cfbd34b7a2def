"""A cluster to build apps in: nodes, namespaces, and the events that everything there leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from midwatch.integrations.kubernetes.fake.naming import ago, hex_id, managed_fields, micro, stamp, uid
from midwatch.integrations.kubernetes.fake.runs import Note
from midwatch.integrations.kubernetes.fake.world import FakeCluster

Thing = dict[str, Any]
KEPT = 3600.0  # events are forgotten an hour after they last happened
_DAY = 86400.0
_FINE = {
    "MemoryPressure": ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
}


@dataclass(frozen=True)
class Machine:
    name: str
    ip: str


class Scene:
    """Everything is dated from `now`; pods are placed on the nodes in turn."""

    def __init__(self, now: datetime | None = None, *, nodes: int = 3, age: float = 40 * _DAY) -> None:
        self.now = (now or datetime.now(UTC)).replace(microsecond=0)
        self.age = age
        self.cluster = FakeCluster(now=now)
        self.machines = [self._node(n) for n in range(1, nodes + 1)]
        self._placed = 0
        for name in ("default", "kube-node-lease", "kube-public", "kube-system"):
            self.namespace(name)

    def add(self, *objects: Thing) -> None:
        self.cluster.add(*objects)

    def place(self) -> Machine:
        self._placed += 1
        return self.machines[self._placed % len(self.machines)]

    def namespace(self, name: str, age: float | None = None) -> None:
        """With the account and the certificate that every namespace is given."""
        made = stamp(ago(self.now, age or self.age))
        labels = {"kubernetes.io/metadata.name": name}
        meta = {"name": name, "uid": uid("Namespace", name), "creationTimestamp": made, "labels": labels}
        status = {"phase": "Active"}
        self.add(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": meta,
                "spec": {"finalizers": ["kubernetes"]},
                "status": status,
            }
        )
        self.add(
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": self.meta("ServiceAccount", name, "default", age),
            }
        )
        root = self.meta("ConfigMap", name, "kube-root-ca.crt", age)
        root["annotations"] = {
            "kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver."
        }
        certificate = f"-----BEGIN CERTIFICATE-----\n{hex_id(64, 'ca')}\n-----END CERTIFICATE-----\n"
        self.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": root, "data": {"ca.crt": certificate}})

    def meta(
        self, kind: str, namespace: str, name: str, age: float | None = None, labels: Mapping[str, str] | None = None
    ) -> Thing:
        made = stamp(ago(self.now, self.age if age is None else age))
        meta: Thing = {
            "name": name,
            "namespace": namespace,
            "uid": uid(kind, namespace, name),
            "creationTimestamp": made,
        }
        return meta | ({"labels": dict(labels)} if labels else {})

    def event(self, about: Thing, note: Note, *, container: str = "", host: str = "") -> None:
        """Left out when it would have been forgotten by now."""
        if note.last > KEPT:
            return
        meta = about["metadata"]
        place = meta.get("namespace", "default")
        involved: Thing = {"kind": about["kind"], "namespace": place, "name": meta["name"], "uid": meta["uid"]}
        involved |= {"apiVersion": about["apiVersion"]}
        involved |= {"fieldPath": f"spec.containers{{{container}}}"} if container and note.about_container else {}
        first, last = ago(self.now, note.first), ago(self.now, note.last)
        suffix = hex_id(16, meta["uid"], note.reason, note.message, note.component)
        own: Thing = {
            "name": f"{meta['name']}.{suffix}",
            "namespace": place,
            "uid": uid("Event", place, meta["name"], suffix),
        }
        own["creationTimestamp"] = stamp(first)
        body: Thing = {"apiVersion": "v1", "kind": "Event", "metadata": own, "involvedObject": involved}
        body |= {
            "reason": note.reason,
            "message": note.message,
            "type": note.type,
            "reportingComponent": note.component,
        }
        if note.component == "default-scheduler":
            body |= _scheduler_times(first, last, note.count)
        else:
            source = {"component": note.component} | ({"host": host} if host else {})
            times = {
                "firstTimestamp": stamp(first),
                "lastTimestamp": stamp(last),
                "count": note.count,
                "eventTime": None,
            }
            body |= {"source": source, "reportingInstance": host} | times
        own["managedFields"] = [
            managed_fields(body, note.component, last, "involvedObject", "message", "reason", "type")
        ]
        self.add(body)

    def _node(self, number: int) -> Machine:
        machine = Machine(f"worker-{number}", f"10.0.{number}.{10 + number}")
        self.add(_node(machine, number, self.now, self.age), _lease(machine, self.now, self.age))
        return machine

    def measure(self) -> None:
        """What metrics-server would say of the nodes, from what it says of the pods."""
        for machine in self.machines:
            meta = {
                "name": machine.name,
                "creationTimestamp": stamp(self.now),
                "labels": {"kubernetes.io/hostname": machine.name},
            }
            usage = {"cpu": "412883021n", "memory": "2893540Ki"}
            head = {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "NodeMetrics", "metadata": meta}
            self.add(head | {"timestamp": stamp(ago(self.now, 14)), "window": "20.048s", "usage": usage})


def _scheduler_times(first: datetime, last: datetime, count: int) -> Thing:
    """The scheduler writes events in the newer form: no counts and stamps of old, a series instead."""
    times: Thing = {"eventTime": micro(first), "firstTimestamp": None, "lastTimestamp": None, "source": {}}
    series = {"series": {"count": count, "lastObservedTime": micro(last)}} if count > 1 else {}
    action = {
        "action": "Scheduling" if count > 1 else "Binding",
        "reportingInstance": "default-scheduler-control-plane-1",
    }
    return times | series | action


def _node(machine: Machine, number: int, now: datetime, age: float) -> Thing:
    zone = f"zone-{'abc'[(number - 1) % 3]}"
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "standard-4",
        "topology.kubernetes.io/zone": zone,
    }
    meta: Thing = {
        "name": machine.name,
        "uid": uid("Node", machine.name),
        "labels": labels,
        "creationTimestamp": stamp(ago(now, age)),
    }
    meta["annotations"] = {
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    }
    network = f"10.244.{number}.0/24"
    whole = {"cpu": "4", "ephemeral-storage": "81106868Ki", "hugepages-2Mi": "0", "memory": "16393232Ki", "pods": "110"}
    usable = whole | {"cpu": "3920m", "ephemeral-storage": "74748089426", "memory": "15351824Ki"}
    status: Thing = {
        "capacity": whole,
        "allocatable": usable,
        "conditions": _node_conditions(now, age),
        "addresses": [{"type": "InternalIP", "address": machine.ip}, {"type": "Hostname", "address": machine.name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": _node_info(machine),
    }
    spec = {"podCIDR": network, "podCIDRs": [network], "providerID": f"example://{zone}/{machine.name}"}
    built: Thing = {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": spec, "status": status}
    meta["managedFields"] = [managed_fields(built, "kubelet", ago(now, 120), "status", subresource="status")]
    return built


def _node_conditions(now: datetime, age: float) -> list[Thing]:
    beat = {"lastHeartbeatTime": stamp(ago(now, 120)), "lastTransitionTime": stamp(ago(now, age))}
    fine = [
        {"type": type_, "status": "False", **beat, "reason": reason, "message": text}
        for type_, (reason, text) in _FINE.items()
    ]
    return [
        *fine,
        {
            "type": "Ready",
            "status": "True",
            **beat,
            "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
        },
    ]


def _node_info(machine: Machine) -> Thing:
    return {
        "machineID": hex_id(32, "machine", machine.name),
        "systemUUID": uid("system", machine.name),
        "bootID": uid("boot", machine.name),
        "kernelVersion": "6.12.48",
        "osImage": "Debian GNU/Linux 13 (trixie)",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kubeletVersion": "v1.34.2",
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": "amd64",
    }


def _lease(machine: Machine, now: datetime, age: float) -> Thing:
    place = "kube-node-lease"
    meta = {
        "name": machine.name,
        "namespace": place,
        "uid": uid("Lease", machine.name),
        "creationTimestamp": stamp(ago(now, age)),
    }
    spec = {"holderIdentity": machine.name, "leaseDurationSeconds": 40, "renewTime": micro(ago(now, 4))}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}
