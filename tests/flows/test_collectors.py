"""Folders that well-known collectors write: each gives the cause that it holds, and names what is not understood."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from midwatch.integrations.kubernetes.dump import open_dump
from midwatch.integrations.kubernetes.dump.bundles import by_folder, unnamed_file_gaps
from tests.flows.cluster import midwatch

Tree = dict[str, Any]
POD = "web-7d9f8c6b5-x2x4z"
LOG = "2026-03-01T09:58:04Z INFO starting\n2026-03-01T09:58:05Z FATAL missing environment variable PAYMENT_URL\n"
CRI = "2026-03-01T09:58:05.000000000Z stderr F FATAL missing environment variable PAYMENT_URL\n"


def pod(*, kind: bool = True, name: str = POD, namespace: str = "shop") -> Tree:
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=app"}
    ended = {"exitCode": 1, "reason": "Error", "finishedAt": "2026-03-01T09:58:05Z"}
    status = {"name": "app", "image": "web:2", "ready": False, "restartCount": 7}
    status |= {"state": {"waiting": waiting}, "lastState": {"terminated": ended}}
    return ({"apiVersion": "v1", "kind": "Pod"} if kind else {}) | {
        "metadata": {"name": name, "namespace": namespace, "uid": "u", "creationTimestamp": "2026-03-01T09:00:00Z"},
        "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": "web:2"}]},
        "status": {"phase": "Running", "containerStatuses": [status]},
    }


def node(*, kind: bool = True) -> Tree:
    ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-03-01T10:00:00Z"}
    return ({"apiVersion": "v1", "kind": "Node"} if kind else {}) | {
        "metadata": {"name": "n1", "uid": "n", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "status": {"conditions": [ready]},
    }


def degraded(*, kind: bool = True) -> Tree:
    condition = {"type": "Degraded", "status": "True", "reason": "DNSDegraded", "message": "DNS default is degraded"}
    return ({"apiVersion": "config.openshift.io/v1", "kind": "ClusterOperator"} if kind else {}) | {
        "metadata": {"name": "dns"},
        "status": {"conditions": [condition]},
    }


def listed(kind: str, *items: Tree) -> Tree:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"resourceVersion": "9"}, "items": list(items)}


BUNDLE = "support-bundle-2026-03-01T10_00_00"
RESOURCES = f"{BUNDLE}/cluster-resources"
TROUBLESHOOT: Tree = {
    f"{RESOURCES}/nodes.json": listed("NodeList", node()),
    f"{RESOURCES}/pods/shop.json": listed("PodList", pod()),
    f"{RESOURCES}/pods/logs/shop/{POD}/app.log": LOG,
    f"{RESOURCES}/pods/logs/shop/{POD}/app-previous.log": LOG,
    f"{RESOURCES}/pods/logs/shop/{POD}/proxy-logs-errors.log": "container proxy is not found\n",
    f"{RESOURCES}/services-errors.json": ["services is forbidden: cannot list resource services"],
    f"{RESOURCES}/pvcs-errors.json": {"kube-system": "claims are forbidden"},
    f"{RESOURCES}/auth-cani-list/shop.json": {"metadata": {}, "status": {"resourceRules": [], "incomplete": False}},
    f"{BUNDLE}/cluster-info/cluster_version.json": {"info": {"gitVersion": "v1.31.2"}, "string": "v1.31.2"},
}
OLDER: Tree = {
    f"{RESOURCES}/nodes.json": [node(kind=False)],
    f"{RESOURCES}/pods/shop.json": [pod(kind=False)],
    f"{RESOURCES}/pods/logs/shop/{POD}/app.log": LOG,
}
GATHERED = "must-gather.local/quay-io-x"
MUST_GATHER: Tree = {
    f"{GATHERED}/namespaces/shop/core/pods.yaml": listed("PodList", pod()),
    f"{GATHERED}/namespaces/shop/pods/{POD}/{POD}.yaml": pod(),
    f"{GATHERED}/namespaces/shop/pods/{POD}/app/app/logs/current.log": LOG,
    f"{GATHERED}/namespaces/shop/pods/{POD}/app/app/logs/previous.log": LOG,
    f"{GATHERED}/cluster-scoped-resources/core/nodes/n1.yaml": node(),
    f"{GATHERED}/cluster-scoped-resources/config.openshift.io/clusteroperators/dns.yaml": degraded(),
    f"{GATHERED}/host_service_logs/masters/kubelet_service.log": "Mar 01 09:59:00.100000 n1 kubenswrapper[12]: I0301 "
    '09:59:00.100000 12 kubelet.go:20] "SyncLoop"\n',
    f"{GATHERED}/etcd_info/alarm_list.json": {"header": {"cluster_id": 1}, "alarms": [{"memberID": 1, "alarm": 1}]},
    f"{GATHERED}/etcd_info/member_list.json": {"header": {"cluster_id": 1}},
    "must-gather.local/timestamp": "2026-03-01 10:00:00.0 +0000 UTC\n",
    f"{GATHERED}/version": "openshift/must-gather\n4.16.0\n",
}
DUMP: Tree = {
    "nodes.json": listed("NodeList", node()),
    "shop/pods.json": listed("PodList", pod()),
    "shop/services.json": listed("ServiceList"),
    f"shop/{POD}/logs.txt": f"==== START logs for container app of pod shop/{POD} ====\n{LOG}"
    f"==== END logs for container app of pod shop/{POD} ====\n",
}
INSIGHTS: Tree = {
    f"config/pod/shop/{POD}.json": pod(kind=False),
    f"config/pod/shop/logs/{POD}/app_current.log": LOG,
    f"config/pod/shop/logs/{POD}/app_previous.log": LOG,
    "config/node/n1.json": node(kind=False),
    "config/clusteroperator/dns.json": degraded(kind=False),
    "config/id": "9e3c-4f\n",
    "insights-operator/gathers.json": {"status_reports": []},
}
CONDITIONAL: Tree = {
    f"conditional/namespaces/shop/pods/{POD}/{POD}.json": pod(kind=False),
    f"conditional/namespaces/shop/pods/{POD}/containers/app/logs/last-50-lines.log": LOG,
}
COMMANDS = "sosreport-n1/sos_commands/kubernetes/cluster-info"
TABLE = f"NAMESPACE   NAME                  READY   STATUS             RESTARTS   AGE\nshop        {POD}   0/1     "
SOS: Tree = {
    f"{COMMANDS}/kubectl_--kubeconfig_.etc.kubernetes.admin.conf_get_--all-namespaces_true_pods": TABLE
    + "CrashLoopBackOff   7          60m\n",
    f"{COMMANDS}/kubectl_--kubeconfig_.etc.kubernetes.admin.conf_get_-o_json_nodes": listed("List", node()),
    f"{COMMANDS}/shop/podlogs/{POD}/kubectl_--namespace_shop_logs_{POD}_-c_app": LOG,
    "sosreport-n1/proc/meminfo": "MemTotal:       16 kB\n",
}
FILES_OF_A_NODE: Tree = {
    "sosreport-n1/pods.json": listed("PodList", pod()),
    f"sosreport-n1/var/log/containers/{POD}_shop_app-{'0a' * 32}.log": CRI,
}
PODS_OF_A_NODE: Tree = {
    "sosreport-n1/pods.json": listed("PodList", pod()),
    f"sosreport-n1/var/log/pods/shop_{POD}_5f2e-1a/app/6.log": CRI,
}


def write(folder: Path, tree: Tree, *, indent: int | None = 2) -> str:
    for name, content in tree.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=indent))
    return str(folder)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (
            TROUBLESHOOT,
            (
                "auth-cani-list/shop.json 1 value of no kind that is known",
                "proxy-logs-errors.log refused to the collector: container proxy is not found",
                "pvcs-errors.json refused to the collector: claims are forbidden",
                "services-errors.json refused to the collector: services is forbidden",
            ),
        ),
        (OLDER, ()),
        (MUST_GATHER, ("etcd_info/ 2 values in 2 files (alarm_list.json, member_list.json) of no kind that is known",)),
        (DUMP, ()),
        ({name.replace(".json", ".yaml"): content for name, content in DUMP.items()}, ()),
        (INSIGHTS, ("config/id neither", "gathers.json 1 value")),
        (CONDITIONAL, ()),
        (SOS, ("proc/meminfo neither",)),
        (FILES_OF_A_NODE, ()),
        (PODS_OF_A_NODE, ()),
    ],
    ids=[
        *("troubleshoot", "older", "must-gather", "dump", "dump-yaml", "insights", "conditional"),
        *("sos", "node-containers", "node-pods"),
    ],
)
def test_the_cause_is_found_and_what_is_not_understood_is_named(
    tree: Tree, said: tuple[str, ...], tmp_path: Path
) -> None:
    folder = write(tmp_path, tree)
    whole = " ".join(midwatch("diagnose", "--dump", folder).out.split())
    first = whole.partition("Root cause")[0]
    assert first.startswith("CRITICAL confirmed")
    assert "shop/" in first
    assert "required environment variable PAYMENT_URL is not set" in first
    if any("dns" in name for name in tree):
        assert "clusteroperator/dns: Degraded=True (DNSDegraded): DNS default is degraded" in whole
    found = gaps(folder)
    assert len(found) == len(said)
    for gap, sentence in zip(found, said, strict=True):
        assert sentence in gap
    assert ("not read" in whole) is bool(said)


def gaps(folder: str) -> list[str]:
    unread = asyncio.run(open_dump(folder).version()).unreadable
    return sorted(f"{u.file} {u.reason}" for u in unread)


def test_the_version_of_a_support_bundle(tmp_path: Path) -> None:
    assert asyncio.run(open_dump(write(tmp_path, TROUBLESHOOT)).version()).version == "v1.31.2"


def test_the_kind_of_a_folder_is_no_kind_of_what_only_lies_there(tmp_path: Path) -> None:
    """`config/ingress.json` is of another group, and a key of a ConfigMap is no object."""
    files = ("config/configmaps/kube-system/settings/install.json", "config/ingress.json")
    tree = {file: {"metadata": {"name": "cluster"}, "spec": {"domain": "apps.example"}} for file in files}
    found = gaps(write(tmp_path, tree | {"config/node/n1.json": node(kind=False)}))
    assert found == [f"{file} 1 value of no kind that is known: not read" for file in files]


def test_many_files_that_nothing_names_are_one_gap() -> None:
    few = [f"etc/{n}" for n in "ab"]
    assert [place for place, _ in unnamed_file_gaps(few)] == few
    many = [f"proc/{n}" for n in "abcde"]
    assert [(p, r.partition(":")[0]) for p, r in unnamed_file_gaps(many)] == [("proc/", "5 files (a, b, c, …)")]
    folders = [f"sos/proc/{n}/{name}" for n in range(30) for name in "ab"]
    assert [(p, r.partition(" (")[0]) for p, r in unnamed_file_gaps(folders)] == [("sos/proc/", "60 files")]
    assert list(by_folder({"a/x.json": 2})) == [("a/x.json", "2 values of no kind that is known: not read")]


DEBUG = """$ kubectl debug node/n1 -it --image=busybox
Creating debugging pod node-debugger-n1-x7x2z with container debugger on node n1.
If you don't see a command prompt, try pressing enter.
/ # chroot /host
# journalctl -u kubelet --no-pager | tail -1
Mar 01 09:59:10 n1 kubelet[1234]: E0301 09:59:10.000000    1234 kubelet.go:1480] "Image garbage collection failed \
once" err="no space left on device"
"""


def test_a_session_of_kubectl_debug_is_of_its_node(tmp_path: Path) -> None:
    head = midwatch("diagnose", "--dump", write(tmp_path, {"debug.txt": DEBUG})).head
    assert "confirmed" in head
    assert "node/n1 (unit kubelet): no space left on a disk of the node" in head
