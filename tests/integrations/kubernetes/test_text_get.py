"""Tables of kubectl get, events and top."""
# ruff: noqa: E501 (kubectl's lines are as wide as they are)

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from midwatch.integrations.kubernetes import text
from midwatch.integrations.kubernetes.objects.kinds import BY_NAME
from midwatch.integrations.kubernetes.objects.pod import Pod

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def parsed(content: str, name: str = "paste.txt") -> text.Parsed:
    found = text.read(content, name=name, now=NOW)
    assert found is not None
    for obj in found.objects:
        msgspec.convert(obj, BY_NAME[obj["kind"]].type, strict=False)
    return found


def row(header: str, line: str, name: str = "paste.txt") -> dict[str, Any]:
    (found,) = parsed(f"{header}\n{line}\n", name).objects
    return found


def pod(ready: str, status: str, restarts: str = "0") -> Pod:
    found = parsed(
        f"NAME    READY   STATUS                            RESTARTS         AGE\nweb-1   {ready:5}   {status:31}   {restarts:14}   3m\n"
    )
    return msgspec.convert(found.objects[0], Pod, strict=False)


@pytest.mark.parametrize(
    ("ready", "status", "phase", "waiting"),
    [
        ("0/1", "CrashLoopBackOff", "Running", "CrashLoopBackOff"),
        ("0/1", "ImagePullBackOff", "Pending", "ImagePullBackOff"),
        ("1/2", "ErrImagePull", "Running", "ErrImagePull"),
        ("0/1", "ContainerCreating", "Pending", "ContainerCreating"),
        ("0/1", "CreateContainerConfigError", "Pending", "CreateContainerConfigError"),
        ("1/1", "Running", "Running", None),
        ("0/1", "Pending", "Pending", None),
        ("0/1", "Completed", "Succeeded", None),
        ("0/1", "Evicted", "Failed", None),
        ("0/1", "OutOfcpu", "Failed", None),
        ("0/1", "Unknown", "Unknown", None),
    ],
)
def test_status_of_a_pod(ready: str, status: str, phase: str, waiting: str | None) -> None:
    found = pod(ready, status)
    reasons = [s.state.waiting.reason for s in found.statuses if s.state.waiting]
    assert (found.status.phase, reasons) == (phase, [waiting] if waiting else [])


def test_readiness_and_restarts_of_a_pod() -> None:
    found = pod("1/2", "CrashLoopBackOff", "5 (10s ago)")
    assert [(s.ready, s.restart_count) for s in found.statuses] == [(False, 5), (True, 0)]
    assert not found.ready
    assert pod("2/2", "Running").ready
    assert found.metadata.creation_timestamp == datetime(2026, 11, 21, 1, 57, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state"), [("Init:0/2", "running"), ("Init:Error", "terminated"), ("Init:CrashLoopBackOff", "waiting")]
)
def test_init_containers(status: str, state: str) -> None:
    found = pod("0/1", status, "2")
    (init,) = found.status.init_container_statuses or []
    assert (found.status.phase, init.restart_count) == ("Pending", 2)
    assert getattr(init.state, state) is not None


def test_an_evicted_and_an_ending_pod() -> None:
    assert pod("0/1", "Evicted").status.reason == "Evicted"
    assert pod("1/1", "Terminating").metadata.deletion_timestamp == NOW
    assert pod("0/1", "OOMKilled").statuses[0].state.terminated is not None


def test_wide_rows_with_labels_and_empty_cells() -> None:
    found = parsed("""\
NAMESPACE   NAME                   READY   STATUS    RESTARTS      AGE   IP         NODE   NOMINATED NODE   READINESS GATES   LABELS
shop        web-7d9c5b8f4d-x2x7k   1/1     Running   2 (3d4h ago)  92d   10.0.0.1   w-1    <none>           <none>            app=web,pod-template-hash=7d9c5b8f4d
infra       dns-1                  0/1     Pending   0             5s    <none>            <none>           <none>            <none>
""")
    web, dns = found.objects
    assert web["metadata"]["labels"] == {"app": "web", "pod-template-hash": "7d9c5b8f4d"}
    assert web["metadata"]["ownerReferences"] == [{"kind": "ReplicaSet", "name": "web-7d9c5b8f4d", "controller": True}]
    assert web["spec"]["nodeName"] == "w-1"
    assert (dns["metadata"]["namespace"], dns["metadata"]["labels"], "nodeName" in dns.get("spec", {})) == (
        "infra",
        {},
        False,
    )
    assert (found.lists, found.named) == ([("pods", "")], [])


def test_pods_without_labels_are_listed_by_name_only() -> None:
    found = parsed(
        "NAME   READY   STATUS    RESTARTS   AGE\nweb    1/1     Running   0          5m\n",
        "kubectl get pods -n shop.txt",
    )
    assert (found.lists, found.named) == ([], [("pods", "shop")])
    assert found.rows == {("Pod", "shop", "web")}


ROW = """\
$ kubectl get pods -n shop
NAME   READY   STATUS    RESTARTS   AGE
web    0/1     Pending   0          5m
"""
UNPLACED = """\
$ kubectl describe pod web -n shop
Name:        web
Namespace:   shop
Node:        <none>
Status:      Pending
Containers:
  app:
    Image:   x
QoS Class:   BestEffort
"""
PLACED = UNPLACED.replace("<none>", "w-1/10.1.1.1\nStart Time:  Sat, 21 Nov 2026 01:56:00 +0000")


@pytest.mark.parametrize("described", [UNPLACED, PLACED])
@pytest.mark.parametrize("first", ["row", "description"])
def test_the_age_of_a_pod_that_no_node_has_taken_stands_in_its_row_only(described: str, first: str) -> None:
    now = datetime(2026, 11, 21, 2, tzinfo=UTC)
    outputs = (ROW, described) if first == "row" else (described, ROW)
    found = text.read("".join(outputs), name="paste.txt", now=now)
    assert found is not None
    (web,) = found.objects
    assert web["spec"]["containers"] == [{"name": "app", "image": "x"}]
    told = web["metadata"].get("creationTimestamp") or web["status"]["startTime"]
    assert told.replace("+00:00", "Z") == ("2026-11-21T01:55:00Z" if described == UNPLACED else "2026-11-21T01:56:00Z")


def test_a_description_completes_the_list_and_wins() -> None:
    found = parsed("""\
$ kubectl get pods -n shop
NAME   READY   STATUS    RESTARTS   AGE
web    0/1     Pending   0          5m
$ kubectl describe pod web -n shop
Name:        web
Namespace:   shop
Node:        w-1/10.1.1.1
Labels:      app=web
Status:      Pending
Containers:
  app:
    Image:   x
QoS Class:   BestEffort
""")
    (web,) = found.objects
    assert web["spec"]["containers"] == [{"name": "app", "image": "x"}]
    assert (found.lists, found.named, found.rows) == ([("pods", "shop")], [], set())


@pytest.mark.parametrize(
    ("command", "lists"),
    [
        ("get configmaps -n shop", [("configmaps", "shop")]),
        ("get cm", [("configmaps", "default")]),
        ("get cm -n shop -l app=web", []),
        ("get cm settings -n shop", []),
        ("get cm --namespace=shop | grep set", []),
        ("-n shop get cm", [("configmaps", "shop")]),
    ],
)
def test_only_a_whole_table_is_a_complete_list(command: str, lists: list[tuple[str, str]]) -> None:
    assert parsed(f"$ kubectl {command}\nNAME       DATA   AGE\nsettings   2      5m\n").lists == lists


def test_all_namespaces() -> None:
    table = "NAMESPACE   NAME       DATA   AGE\nshop        settings   2      5m\n"
    assert parsed(f"$ kubectl get cm -A\n{table}").lists == [("configmaps", "")]
    assert parsed(table).lists == [("configmaps", "")]


def test_nothing_found() -> None:
    assert parsed("$ kubectl get netpol -n shop\nNo resources found in shop namespace.\n").lists == [
        ("networkpolicies", "shop")
    ]
    assert parsed("$ kubectl get pv\nNo resources found\n").lists == [("persistentvolumes", "")]
    assert parsed("$ kubectl get pods -l app=x -n shop\nNo resources found in shop namespace.\n").lists == []


def test_get_all_knows_what_it_did_not_show() -> None:
    found = parsed("""\
$ kubectl get all -n shop
NAME          READY   STATUS    RESTARTS   AGE
pod/web-1     1/1     Running   0          5m

NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
deployment.apps/web   1/2     2            1           5m
""")
    assert [o["kind"] for o in found.objects] == ["Pod", "Deployment"]
    assert ("statefulsets", "shop") in found.lists
    assert ("deployments", "shop") in found.lists
    assert ("configmaps", "shop") not in found.lists


def test_workloads() -> None:
    deployment = row(
        "NAME   READY   UP-TO-DATE   AVAILABLE   AGE     CONTAINERS   IMAGES    SELECTOR",
        "web    1/3     3            1           5m26s   app,proxy    a:1,b:2   app=web",
    )
    assert deployment["spec"]["replicas"] == 3
    assert deployment["status"] == {
        "replicas": 3,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "updatedReplicas": 3,
        "unavailableReplicas": 2,
    }
    assert deployment["spec"]["template"]["spec"]["containers"] == [
        {"name": "app", "image": "a:1"},
        {"name": "proxy", "image": "b:2"},
    ]
    assert deployment["spec"]["selector"] == {"matchLabels": {"app": "web"}}
    assert row("NAME   READY   AGE", "db     1/3     5m")["kind"] == "StatefulSet"
    daemons = row(
        "NAME   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE",
        "log    4         4         3       4            3           <none>          81s",
    )
    assert (daemons["kind"], daemons["status"]["numberUnavailable"]) == ("DaemonSet", 1)
    assert (
        row("NAME   DESIRED   CURRENT   READY   AGE", "web-1  2         1         0       5m")["kind"] == "ReplicaSet"
    )
    job = row("NAME   STATUS   COMPLETIONS   DURATION   AGE", "sync   Failed   0/1           5m         5m")
    assert job["status"]["conditions"] == [{"type": "Failed", "status": "True"}]
    cron = row(
        "NAME   SCHEDULE      SUSPEND   ACTIVE   LAST SCHEDULE   AGE",
        "sync   */5 * * * *   True      0        <none>          5d",
    )
    assert cron["spec"] == {"schedule": "*/5 * * * *", "suspend": True}
    scaler = row(
        "NAME   REFERENCE        TARGETS         MINPODS   MAXPODS   REPLICAS   AGE",
        "web    Deployment/web   <unknown>/80%   1         5         5          5d",
    )
    assert scaler["spec"]["scaleTargetRef"] == {"kind": "Deployment", "name": "web"}
    budget = row(
        "NAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE",
        "web    N/A             1                 0                     5d",
    )
    assert budget["spec"] == {"maxUnavailable": 1}


def test_network() -> None:
    service = row(
        "NAME   TYPE       CLUSTER-IP   EXTERNAL-IP   PORT(S)                      AGE   SELECTOR",
        "web    NodePort   10.0.0.1     <none>        80:30080/TCP,53/UDP          5d    app=web",
    )
    assert service["spec"]["ports"] == [
        {"port": 80, "nodePort": 30080, "protocol": "TCP"},
        {"port": 53, "protocol": "UDP"},
    ]
    assert service["spec"]["selector"] == {"app": "web"}
    endpoints = row(
        "NAME   ENDPOINTS                                   AGE",
        "web    10.0.0.1:80,10.0.0.1:81 + 3 more...         5d",
    )
    assert endpoints["subsets"] == [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}, {"port": 81}]}]
    assert "subsets" not in row("NAME   ENDPOINTS   AGE", "web    <none>      5d")
    ingress = row(
        "NAME   CLASS    HOSTS          ADDRESS   PORTS   AGE", "shop   <none>   shop.example             80      5d"
    )
    assert ingress["spec"] == {"rules": [{"host": "shop.example"}]}


def test_storage_and_cluster() -> None:
    claim = row(
        "NAME   STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   AGE",
        "data   Pending                                      fast           5m",
    )
    assert (claim["spec"], claim["status"]) == ({"storageClassName": "fast"}, {"phase": "Pending"})
    node = row(
        "NAME   STATUS                        ROLES    AGE   VERSION",
        "w-1    NotReady,SchedulingDisabled   <none>   98d   v1.31.2",
    )
    assert node["spec"] == {"unschedulable": True}
    assert node["status"]["conditions"] == [{"type": "Ready", "status": "False"}]
    class_ = row(
        "NAME                 PROVISIONER      RECLAIMPOLICY   VOLUMEBINDINGMODE   ALLOWVOLUMEEXPANSION   AGE",
        "standard (default)   rancher.io/lp    Delete          Immediate           false                  43d",
    )
    assert (class_["metadata"]["name"], class_["provisioner"]) == ("standard", "rancher.io/lp")
    assert class_["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    quota = row(
        "NAME   AGE    REQUEST                             LIMIT", "team   110s   pods: 10/10, requests.cpu: 1/2"
    )
    assert quota["status"] == {"hard": {"pods": "10", "requests.cpu": "2"}, "used": {"pods": "10", "requests.cpu": "1"}}
    assert row("NAME   STATUS        AGE", "shop   Terminating   5d")["status"] == {"phase": "Terminating"}
    assert row("NAME   TYPE     DATA   AGE", "db     Opaque   0      5d")["data"] == {}
    assert "data" not in row("NAME   DATA   AGE", "cfg    3      5d")


def test_events_of_both_commands() -> None:
    found = parsed("""\
$ kubectl get events -n shop
LAST SEEN   TYPE      REASON    OBJECT      MESSAGE
2m          Warning   BackOff   pod/web-1   Back-off restarting failed container
$ kubectl events -n shop
LAST SEEN              TYPE      REASON    OBJECT      MESSAGE
17s (x280 over 60m)    Warning   Failed    Pod/web-1   Error: image  with two spaces
$ kubectl get events -n shop -o wide | tail -1
5s          Normal   Pulled   pod/web-1   Image present
""")
    backoff, failed, pulled = found.objects
    assert backoff["involvedObject"] == {"kind": "Pod", "name": "web-1", "namespace": "shop"}
    assert (failed["count"], failed["firstTimestamp"], failed["lastTimestamp"]) == (
        280,
        "2026-11-21T01:00:00Z",
        "2026-11-21T01:59:43Z",
    )
    assert failed["message"] == "Error: image  with two spaces"
    assert pulled["reason"] == "Pulled"
    assert len({o["metadata"]["name"] for o in found.objects}) == 3
    assert found.lists == [("events", "shop")]


def test_wide_and_old_events() -> None:
    wide = row(
        "LAST SEEN   TYPE      REASON      OBJECT      SUBOBJECT                SOURCE         MESSAGE          FIRST SEEN   COUNT   NAME",
        "10s         Warning   Unhealthy   pod/web-1   spec.containers{app}     kubelet, w-1   probe failed     5m           7       web-1.17",
    )
    assert (wide["count"], wide["source"]) == (7, {"component": "kubelet", "host": "w-1"})
    assert wide["firstTimestamp"] == "2026-11-21T01:55:00Z"
    assert wide["involvedObject"]["fieldPath"] == "spec.containers{app}"
    old = row(
        "LASTSEEN   FIRSTSEEN   COUNT     NAME      KIND      SUBOBJECT   TYPE      REASON    SOURCE      MESSAGE",
        "10s        5m          7         web-1     Pod                   Warning   BackOff   kubelet     Back-off",
    )
    assert (old["involvedObject"]["name"], old["count"]) == ("web-1", 7)


def test_usage() -> None:
    found = parsed("""\
NAMESPACE   NAME    CPU(cores)   MEMORY(bytes)
shop        web-1   5m           67Mi

NAME   CPU(cores)   CPU%   MEMORY(bytes)   MEMORY%
w-1    250m         12%    1024Mi          50%

POD     NAME    CPU(cores)   MEMORY(bytes)
web-2   app     1m           2Mi
web-2   proxy   3m           4Mi
""")
    one, node, two = found.objects
    assert (one["kind"], one["containers"]) == ("PodMetrics", [{"name": "", "usage": {"cpu": "5m", "memory": "67Mi"}}])
    assert (node["kind"], node["usage"]) == ("NodeMetrics", {"cpu": "250m", "memory": "1024Mi"})
    assert [c["name"] for c in two["containers"]] == ["app", "proxy"]


def test_single_spaces_between_the_cells() -> None:
    found = parsed("NAME READY STATUS RESTARTS AGE\nweb-1 0/1 CrashLoopBackOff 5 (10s ago) 3m\n")
    assert found.objects[0]["status"]["containerStatuses"][0]["restartCount"] == 5


def test_rows_that_do_not_fit_make_no_complete_list() -> None:
    found = parsed("NAME   DATA   AGE\ncfg    3      5d\n   and so on\n")
    assert (found.lists, len(found.problems)) == ([], 1)
