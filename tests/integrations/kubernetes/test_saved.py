"""What people save beside kubectl's output: the state of a node's services, manifests, Secrets, logs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.objects.saved_objects import SavedLog, SecretAddress, SystemdUnit
from midwatch.integrations.kubernetes.objects.workload import Deployment
from midwatch.integrations.kubernetes.reader import Refused
from midwatch.integrations.kubernetes.text import read
from midwatch.integrations.kubernetes.text.units import read_units as read_units
from tests.integrations.kubernetes.network_world import Thing, thing
from tests.integrations.kubernetes.situation import cluster, codes, evidence, findings
from tests.integrations.kubernetes.test_dump import ask, dump, names

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
STOPPED = """\
○ containerd.service - containerd container runtime
     Loaded: loaded (/etc/systemd/system/containerd.service; enabled; vendor preset: enabled)
     Active: inactive (dead) since Sat 2026-11-21 01:57:07 UTC; 2min 53s ago
       Docs: https://containerd.io
    Process: 936 ExecStartPre=/sbin/modprobe overlay (code=exited, status=0/SUCCESS)

Nov 21 01:57:07 worker-7 systemd[1]: Stopped containerd container runtime.
"""


def only_unit(text: str, name: str = "a.txt") -> Thing:
    (found,) = read_units(text, name, NOW)
    return found


def test_a_stopped_unit():
    unit = only_unit("$ ssh worker-7 systemctl status containerd\n" + STOPPED)
    assert (unit["node"], unit["unit"], unit["state"], unit["detail"], unit["enabled"]) == (
        "worker-7",
        "containerd",
        "inactive",
        "dead",
        True,
    )
    assert unit["since"] == (NOW - timedelta(minutes=2, seconds=53)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    "command", ["root@worker-3:~# systemctl status containerd", "[root@worker-3 ~]# systemctl status -l containerd"]
)
def test_the_prompt_names_the_node(command: str):
    assert only_unit(f"{command}\n{STOPPED}")["node"] == "worker-3"


def test_the_journal_or_the_folder_names_the_node():
    assert only_unit(STOPPED)["node"] == "worker-7"
    assert only_unit(STOPPED.partition("\n\n")[0], "nodes/worker-5/containerd.txt")["node"] == "worker-5"
    assert read_units(STOPPED.partition("\n\n")[0], "containerd.txt", NOW) == []


def test_a_table_of_units():
    text = (
        "$ ssh node-1 systemctl list-units --type=service\n"
        "  UNIT                LOAD   ACTIVE SUB     DESCRIPTION\n"
        "  containerd.service  loaded active running containerd\n"
        "● kubelet.service     loaded failed failed  kubelet: The Kubernetes Node Agent\n"
    )
    assert [(u["unit"], u["state"]) for u in read_units(text, "a.txt", NOW)] == [
        ("containerd", "active"),
        ("kubelet", "failed"),
    ]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_text_is_safe(text: str):
    for content in (text, STOPPED[:90] + text, text + ".service\n     Active: " + text):
        assert all(u["node"] for u in read_units(content, "a.txt", NOW))


def test_units_stand_beside_kubectl_output():
    text = "$ kubectl get nodes\nNAME     STATUS   ROLES    AGE   VERSION\nnode-1   Ready    <none>   1d    v1.33.0\n\n"
    parsed = read(text + "$ ssh node-1 systemctl status containerd\n" + STOPPED, name="a.txt", now=NOW)
    assert parsed is not None
    assert {o["kind"] for o in parsed.objects} == {"Node", "SystemdUnit"}


def unit(name: str, node: str = "node-1", state: str = "inactive", **more: Any) -> Thing:
    return thing(
        "SystemdUnit",
        f"{node}/{name}",
        namespace="",
        node=node,
        unit=name,
        state=state,
        detail="dead",
        said=f"{state} (dead)",
        **more,
    )


def told(*objects: Thing) -> list[tuple[str, str]]:
    found = findings(Cluster(evidence(objects)))
    return [(f.code, f.subject.name) for f in found if f.code.startswith("K8S-83")]


def node(name: str = "node-1", runtime: str = "containerd://2.0") -> Thing:
    return thing("Node", name, namespace="", status={"nodeInfo": {"containerRuntimeVersion": runtime}})


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("kubelet", "K8S-830"),
        ("containerd", "K8S-831"),
        ("kube-proxy", "K8S-832"),
        ("kube-scheduler", "K8S-833"),
        ("etcd", "K8S-834"),
    ],
)
def test_a_service_that_does_not_run(name: str, code: str):
    assert told(node(), unit(name)) == [(code, "node-1")]
    assert told(node(), unit(name, state="active")) == []


def test_another_runtime_than_the_nodes_may_stand_still():
    assert told(node(), unit("docker")) == []
    assert told(node(runtime="docker://24"), unit("docker")) == [("K8S-831", "node-1")]


def test_one_scheduler_of_two_is_enough():
    assert told(node(), node("node-2"), unit("kube-scheduler"), unit("kube-scheduler", "node-2", "active")) == []


def test_a_unit_that_is_switched_off_or_runs_as_a_pod_is_silent():
    assert told(node(), unit("kube-proxy", enabled=False)) == []
    assert told(node(), unit("kube-proxy"), thing("Pod", "kube-proxy-x", namespace="kube-system")) == []


def test_units_of_no_interest_are_silent():
    assert told(node(), unit("cups")) == []


def test_the_empty_cluster_is_silent():
    assert codes(cluster("")) == []


MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  template:
    spec: {dnsPolicy: None, containers: [{name: app, image: "app:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}]}
"""
SERVICES = """\
$ kubectl get services -n shop
NAME    TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE
mysql   ClusterIP   10.0.0.7     <none>        3306/TCP   1d
"""
DEPLOYMENTS = """\
$ kubectl get deployments -n shop
NAME   READY   UP-TO-DATE   AVAILABLE   AGE
web    0/0     0            0           1d
"""


async def test_the_cluster_is_believed_before_a_manifest(tmp_path: Path) -> None:
    reader = dump(tmp_path, app_yaml=MANIFEST, deployments_txt=DEPLOYMENTS)
    (found,) = (await ask(reader, "deployments", "shop")).items
    assert isinstance(found, Deployment)
    assert found.spec.replicas == 0
    assert found.spec.template.spec.dns_policy == "None"


async def test_what_only_a_manifest_tells_of_does_not_exist_where_the_list_is_known(tmp_path: Path) -> None:
    reader = dump(tmp_path, app_yaml=MANIFEST, services_txt=SERVICES)
    assert names(await ask(reader, "services", "shop")) == ["mysql"]
    assert names(await ask(reader, "deployments", "shop")) == ["web"]


async def test_a_partial_answer_says_which_namespaces_are_whole(tmp_path: Path) -> None:
    reader = dump(tmp_path, services_txt=SERVICES)
    found = await ask(reader, "services")
    assert (found.partial, found.whole) == ("only namespace shop", ("shop",))
    assert (await ask(reader, "services", labels="app=x")).whole == ()


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web-1", "namespace": "shop", "uid": "u"},
    "spec": {"containers": [{"name": "app"}]},
}
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {DB_HOST: mysql, DB_PORT: "3399", DB_PASSWORD: hunter2-hunter2, MAIL_HOST: mail.example.com, MAIL_PORT: "25"}
"""


async def test_addresses_of_a_secret_are_compared_and_never_shown(tmp_path: Path) -> None:
    reader = dump(tmp_path, secret_yaml=SECRET, services_txt=SERVICES)
    (found,) = (await reader.saved_objects("secret_addresses")).items
    assert isinstance(found, SecretAddress)
    assert (found.secret, found.service, found.port_key, found.fits) == ("db", "mysql", "DB_PORT", False)
    assert not any(value in repr(found) for value in ("3399", "hunter2", "mail.example.com"))


@pytest.mark.parametrize(("port", "fits"), [("3306", True), ("", None)])
async def test_a_port_that_fits_or_is_not_said(tmp_path: Path, port: str, fits: bool | None) -> None:
    reader = dump(tmp_path, secret_yaml=SECRET.replace("3399", port), services_txt=SERVICES)
    (found,) = (await reader.saved_objects("secret_addresses")).items
    assert isinstance(found, SecretAddress)
    assert found.fits is fits


async def test_saved_logs_are_named(tmp_path: Path) -> None:
    body = json.dumps(POD)
    reader = dump(tmp_path, pod_json=body, **{"shop__web-1__app_log": "ready\n", "shop__web-1__previous_log": "gone\n"})
    found = [o for o in (await reader.saved_objects("container_logs")).items if isinstance(o, SavedLog)]
    assert [(o.pod, o.container, o.previous) for o in found] == [("web-1", "app", False), ("web-1", "app", True)]


async def test_what_nobody_saved_is_absent_and_no_gap(tmp_path: Path) -> None:
    reader = dump(tmp_path, services_txt=SERVICES)
    for plural in ("systemd_units", "secret_addresses", "container_logs"):
        with pytest.raises(Refused) as refused:
            await reader.saved_objects(plural)
        assert refused.value.absent


async def test_units_of_a_dump(tmp_path: Path) -> None:
    reader = dump(tmp_path, **{"nodes__worker-7__containerd_txt": "$ systemctl status containerd\n" + STOPPED})
    (found,) = (await reader.saved_objects("systemd_units")).items
    assert isinstance(found, SystemdUnit)
    assert (found.node, found.unit, found.state) == ("worker-7", "containerd", "inactive")


def quota(resource: str, used: str, hard: str) -> Thing:
    return thing(
        "ResourceQuota",
        "limits",
        spec={"hard": {resource: hard}},
        status={"hard": {resource: hard}, "used": {resource: used}},
    )


def wish(kind: str, name: str, storage: str = "") -> Thing:
    return thing("UnappliedManifest", f"{kind}/{name}", objectKind=kind, objectName=name, storage=storage)


@pytest.mark.parametrize(
    ("resource", "used", "hard", "wished", "code"),
    [
        ("services", "3", "3", wish("Service", "web"), "K8S-712"),
        ("requests.storage", "0", "1Gi", wish("PersistentVolumeClaim", "data", "2Gi"), "K8S-713"),
        ("persistentvolumeclaims", "2", "2", wish("PersistentVolumeClaim", "data", "1Gi"), "K8S-713"),
    ],
)
def test_what_a_quota_does_not_let_in(resource: str, used: str, hard: str, wished: Thing, code: str):
    found = [f for f in findings(Cluster(evidence([quota(resource, used, hard), wished]))) if f.code == code]
    assert len(found) == 1
    assert ": exists only in a manifest: quota limits for " in found[0].message


def test_a_claim_of_a_manifest_is_named_where_the_message_begins_with_its_pod() -> None:
    volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    user = thing("Pod", "db-0", spec={"containers": [{"name": "app", "image": "x"}], "volumes": volumes})
    small = quota("requests.storage", "0", "1Gi")
    found = findings(Cluster(evidence([small, wish("PersistentVolumeClaim", "data", "2Gi"), user])))
    (only,) = [f for f in found if f.code == "K8S-713"]
    assert only.message.startswith("shop/pod/db-0: PersistentVolumeClaim data exists only in a manifest: ")


@pytest.mark.parametrize(
    ("used", "hard", "asked_for", "refused"),
    [("2Gi", "4Gi", "2Gi", False), ("2Gi", "4Gi", "2049Mi", True), ("4Gi", "4Gi", "1Mi", True)],
)
def test_a_wish_that_fills_a_quota_exactly_is_let_in(used: str, hard: str, asked_for: str, refused: bool):
    seen = Cluster(evidence([quota("requests.storage", used, hard), wish("PersistentVolumeClaim", "data", asked_for)]))
    assert ("K8S-713" in [f.code for f in findings(seen)]) is refused


@pytest.mark.parametrize(("used", "refused"), [("2", False), ("3", True)])
def test_a_service_that_fills_a_quota_exactly_is_let_in(used: str, refused: bool):
    seen = Cluster(evidence([quota("services", used, "3"), wish("Service", "web")]))
    assert ("K8S-712" in [f.code for f in findings(seen)]) is refused


def test_a_wish_that_would_fit_is_not_the_quotas_fault():
    seen = cluster_of(quota("requests.storage", "0", "4Gi"), wish("PersistentVolumeClaim", "data", "2Gi"))
    assert not {"K8S-712", "K8S-713"} & set(codes(seen))


def cluster_of(*objects: Thing) -> Cluster:
    return Cluster(evidence(objects))


def waiting_pod(reason: str, message: str = "", **more: Any) -> Thing:
    state = {"waiting": {"reason": reason} | ({"message": message} if message else {})}
    status = {"phase": "Pending", "containerStatuses": [{"name": "app", "ready": False, "state": state}]}
    return thing(
        "Pod",
        "web-1",
        spec={"nodeName": "node-1", "containers": [{"name": "app", "image": "app:1", **more}]},
        status=status,
    )


def warning(reason: str, message: str) -> Thing:
    ref = {"kind": "Pod", "name": "web-1", "namespace": "shop"}
    when = {"firstTimestamp": "2026-11-21T01:55:00Z", "lastTimestamp": "2026-11-21T02:00:00Z"}
    return thing(
        "Event", f"web-1.{reason}".lower(), involvedObject=ref, type="Warning", reason=reason, message=message, **when
    )


def test_a_description_without_the_kubelets_message_is_completed_by_the_event():
    one = waiting_pod("CreateContainerConfigError", envFrom=[{"secretRef": {"name": "db"}}])
    assert "K8S-102" in codes(cluster_of(one, warning("Failed", 'Error: secret "db" not found')))


@pytest.mark.parametrize("reason", ["FailedCreatePodSandBox", "RunContainerError"])
def test_a_memory_limit_too_small_to_start(reason: str):
    text = (
        "runc create failed: unable to start container process: container init was OOM-killed (memory limit too "
        "low?): unknown"
    )
    limits: Thing = {"resources": {"limits": {"memory": "2Mi"}}}
    if reason == "RunContainerError":
        seen = cluster_of(waiting_pod(reason, text, **limits))
    else:
        seen = cluster_of(
            waiting_pod("ContainerCreating", **limits), warning(reason, f"Failed to create pod sandbox: {text}")
        )
    (found,) = (f for f in findings(seen) if f.code == "K8S-157")
    assert "2Mi" in found.message


def test_the_schedulers_words_are_in_the_event_where_the_condition_has_none():
    refused = [{"type": "PodScheduled", "status": "False"}]
    spec = {"containers": [{"name": "app", "image": "app:1"}]}
    one = thing("Pod", "web-1", spec=spec, status={"phase": "Pending", "conditions": refused})
    said = warning("FailedScheduling", "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.")
    assert "K8S-302" in codes(cluster_of(one, said, node()))
