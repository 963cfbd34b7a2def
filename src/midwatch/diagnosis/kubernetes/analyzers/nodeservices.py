"""Required systemd services of a node that are not running, from `systemctl status`."""

from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.scheduling.default_scheduler import SYSTEM
from midwatch.diagnosis.kubernetes.scheduling.explain import member
from midwatch.domain.finding import Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Node
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SystemdUnit

_RUNTIMES = {"containerd": "containerd", "crio": "cri-o", "cri-o": "cri-o", "docker": "docker", "cri-docker": "docker"}
_CODES = {
    "kubelet": "K8S-830",
    **dict.fromkeys(_RUNTIMES, "K8S-831"),
    "kube-proxy": "K8S-832",
    "kube-scheduler": "K8S-833",
    **dict.fromkeys(("kube-apiserver", "kube-controller-manager", "etcd"), "K8S-834"),
}
# One running instance is enough: the lease moves to it.
_SHARED = frozenset(("kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"))


def find(cluster: Cluster) -> Iterator[Finding]:
    units = list(cluster.all(SystemdUnit))
    for unit in units:
        code = _CODES.get(unit.unit)
        if code and _down(unit) and _meant(cluster, unit) and not _covered(unit, units):
            yield _say(cluster, unit, code)


def _say(cluster: Cluster, unit: SystemdUnit, code: str) -> Finding:
    node = _node(cluster, unit)
    return finding(
        code,
        node.subject if node else Subject(kind="Node", name=unit.node),
        cites=(cluster.cite(unit, member("said", unit.said)),),
        onset=unit.since,
        unit=unit.unit,
        node=unit.node,
        state=f"{unit.state} ({unit.detail})",
        said=unit.said,
    )


def _down(unit: SystemdUnit) -> bool:
    restarting = unit.state == "activating" and unit.detail == "auto-restart"
    return unit.state in ("inactive", "failed") or restarting


def _meant(cluster: Cluster, unit: SystemdUnit) -> bool:
    """Whether the node needs this unit: another runtime, or a pod, may run in its place."""
    node = _node(cluster, unit)
    runtime = node.status.node_info.container_runtime_version if node else ""
    if unit.unit in _RUNTIMES and runtime:
        return runtime.startswith(_RUNTIMES[unit.unit])
    if unit.unit in ("kubelet", *_RUNTIMES):
        return True
    return unit.enabled is not False and not any(p.name.startswith(unit.unit) for p in cluster.pods_in(SYSTEM))


def _covered(unit: SystemdUnit, units: list[SystemdUnit]) -> bool:
    return unit.unit in _SHARED and any(
        u.unit == unit.unit and u.node != unit.node and u.state == "active" for u in units
    )


def _node(cluster: Cluster, unit: SystemdUnit) -> Node | None:
    """The host name may include its domain or not."""
    exact = cluster.get(Node, "", unit.node)
    return exact or next((n for n in cluster.all(Node) if n.name.split(".")[0] == unit.node.split(".")[0]), None)


ANALYZER = Analyzer(find, reads=(Pod, Node, SystemdUnit))
