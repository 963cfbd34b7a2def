from typing import Any

import pytest

from midwatch.diagnosis.kubernetes.analyzers.nodes import ANALYZER
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.finding import CausalRole
from tests.integrations.kubernetes.recording import one, unproved
from tests.integrations.kubernetes.situation import evidence


def node(name: str = "a", *conditions: dict[str, str], **spec: Any) -> dict[str, Any]:
    seen_ = list(conditions) or [{"type": "Ready", "status": "True"}]
    return {"kind": "Node", "metadata": {"name": name}, "spec": spec, "status": {"conditions": seen_}}


def condition(
    kind: str, status: str, message: str = "", reason: str = "R", beat: str = "2026-11-21T02:00:00Z"
) -> dict[str, str]:
    return {"type": kind, "status": status, "message": message, "reason": reason, "lastHeartbeatTime": beat}


def system_pod(name: str, ready: bool, on: str = "a", **labels: str) -> dict[str, Any]:
    state = [{"type": "Ready", "status": "True" if ready else "False"}]
    about = {"name": name, "namespace": "kube-system", "labels": labels}
    return {
        "kind": "Pod",
        "metadata": about,
        "spec": {"nodeName": on},
        "status": {"phase": "Running", "conditions": state},
    }


def event(reason: str, message: str, namespace: str = "default", **about: str) -> dict[str, Any]:
    whom = {"kind": "Node", "name": "a"} | about
    head = {"name": f"x.{reason}", "namespace": namespace}
    return {
        "kind": "Event",
        "metadata": head,
        "involvedObject": whom,
        "reason": reason,
        "message": message,
        "lastTimestamp": "2026-11-21T01:59:00Z",
    }


def seen(*objects: dict[str, Any]) -> Cluster:
    return Cluster(evidence(objects))


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (condition("Ready", "Unknown", "Kubelet stopped posting node status.", "NodeStatusUnknown"), "K8S-801"),
        (condition("Ready", "False", "container runtime is down", "KubeletNotReady"), "K8S-802"),
        (condition("Ready", "False", "PLEG is not healthy: pleg was last seen active 4m ago"), "K8S-802"),
        (
            condition(
                "Ready",
                "False",
                "container runtime network not ready: NetworkReady=false message:cni plugin not initialized",
            ),
            "K8S-803",
        ),
        (condition("Ready", "False", "something new"), "K8S-804"),
        (condition("Ready", "False", "x509: certificate has expired or is not yet valid"), "K8S-805"),
        (condition("Ready", "False", "Unauthorized"), "K8S-805"),
        (condition("OutOfDisk", "True", "out of disk space"), "K8S-807"),
        (condition("MemoryPressure", "Unknown", "nobody reports"), "K8S-818"),
        (condition("Ready", "False"), "K8S-804"),
        (condition("MemoryPressure", "True", "kubelet has insufficient memory available"), "K8S-806"),
        (condition("DiskPressure", "True"), "K8S-807"),
        (condition("PIDPressure", "True"), "K8S-808"),
        (condition("NetworkUnavailable", "True"), "K8S-809"),
        (condition("NTPProblem", "True", "clock is 3 s off"), "K8S-816"),
    ],
)
def test_conditions_are_told_apart(state: dict[str, str], code: str) -> None:
    items = evidence([node("a", state)])
    only = one(Cluster(items), ANALYZER)
    assert (only.code, only.subject.name) == (code, "a")
    assert unproved([only], items) == []


def test_a_healthy_node_gives_no_finding() -> None:
    states = [condition("Ready", "True"), condition("MemoryPressure", "False"), condition("SomethingGood", "True")]
    assert not list(ANALYZER.find(seen(node("a", *states))))


def test_a_cordon_alone_is_a_risk() -> None:
    only = one(seen(node(unschedulable=True)), ANALYZER)
    assert (only.code, only.role) == ("K8S-810", CausalRole.RISK)


def test_an_old_report_counts_beside_fresh_ones_only() -> None:
    stale = node("a", condition("Ready", "True", beat="2026-11-21T00:00:00Z"))
    items = evidence([stale, node("b", condition("Ready", "True"))])
    only = one(Cluster(items), ANALYZER)
    assert (only.code, only.subject.name) == ("K8S-815", "a")
    assert only.message.endswith(" UTC")
    assert unproved([only], items) == []
    assert not list(ANALYZER.find(seen(stale)))


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("SystemOOM", "K8S-811"),
        ("Rebooted", "K8S-812"),
        ("EvictionThresholdMet", "K8S-813"),
        ("ImageGCFailed", "K8S-814"),
    ],
)
def test_events_of_the_node(reason: str, code: str) -> None:
    assert one(seen(node(), event(reason, "text")), ANALYZER).code == code


def test_a_warning_about_a_certificate() -> None:
    about = event("CertificateTrouble", "certificate rotation failed: x509: certificate signed by unknown authority")
    only = one(seen(node(), about | {"type": "Warning"}), ANALYZER)
    assert (only.code, only.subject.name) == ("K8S-817", "a")
    assert not list(ANALYZER.find(seen(node(), about | {"type": "Normal"})))


def test_the_other_conditions_of_a_lost_node_say_nothing_of_their_own() -> None:
    lost = [
        condition(kind, "Unknown", "Kubelet stopped posting node status.")
        for kind in ("Ready", "MemoryPressure", "DiskPressure")
    ]
    assert one(seen(node("a", *lost)), ANALYZER).code == "K8S-801"


def test_cluster_dns() -> None:
    down = [system_pod(n, False, **{"k8s-app": "kube-dns"}) for n in ("coredns-1", "coredns-2")]
    assert one(seen(node(), *down), ANALYZER).code == "K8S-820"
    assert not list(ANALYZER.find(seen(node(), down[0], system_pod("coredns-3", True, **{"k8s-app": "kube-dns"}))))


def test_cluster_dns_scaled_to_nothing() -> None:
    server = {
        "kind": "Deployment",
        "metadata": {"name": "coredns", "namespace": "kube-system"},
        "spec": {"replicas": 0},
    }
    assert one(seen(node(), server), ANALYZER).code == "K8S-821"


def test_kube_proxy_is_missing_on_one_node() -> None:
    only = one(seen(node("a"), node("b"), system_pod("kube-proxy-x", True, on="a")), ANALYZER)
    assert (only.code, only.subject.name) == ("K8S-822", "b")


def test_a_broken_kube_proxy_is_blamed() -> None:
    only = one(seen(node("a"), system_pod("kube-proxy-x", False, on="a")), ANALYZER)
    assert (only.code, only.peers[0].name) == ("K8S-822", "kube-proxy-x")


WAITING = {
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-11-21T01:00:00Z"},
    "status": {"phase": "Pending"},
}


def test_a_scheduler_that_is_down() -> None:
    only = one(seen(node(), WAITING, system_pod("kube-scheduler-a", False, component="kube-scheduler")), ANALYZER)
    assert (only.code, only.subject.name, only.facts["waiting"]) == ("K8S-823", "kube-scheduler-a", "web")
    assert not list(
        ANALYZER.find(seen(node(), WAITING, system_pod("kube-scheduler-a", True, component="kube-scheduler")))
    )


def test_a_scheduler_without_a_pod_is_looked_for_where_it_last_led() -> None:
    words = "a_2ead6ef9-c0ca-4161-824a-09f651fe94c3 became leader"
    led = event("LeaderElection", words, namespace="kube-system", kind="Lease", name="kube-scheduler")
    led["involvedObject"]["namespace"] = "kube-system"
    only = one(seen(node(), WAITING, led), ANALYZER)
    assert (only.code, str(only.subject)) == ("K8S-824", "Node a")
