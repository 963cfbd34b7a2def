"""Descriptions that people paste, in the layouts of several kubectl versions."""
# ruff: noqa: E501 (kubectl's lines are as wide as they are)

from datetime import UTC, datetime
from typing import Any

import msgspec

from midwatch.integrations.kubernetes import text
from midwatch.integrations.kubernetes.objects.kinds import BY_NAME

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def objects(content: str, name: str = "paste.txt", now: datetime | None = NOW) -> list[dict[str, Any]]:
    parsed = text.read(content, name=name, now=now)
    assert parsed is not None
    for obj in parsed.objects:
        msgspec.convert(obj, BY_NAME[obj["kind"]].type, strict=False)
    return parsed.objects


def only(content: str, name: str = "paste.txt") -> dict[str, Any]:
    first, *_ = objects(content, name)
    return first


def test_a_service_in_the_old_layout_and_its_endpoints() -> None:
    service, endpoints = objects("""\
Name:              web
Namespace:         shop
Labels:            <none>
Annotations:       <none>
Selector:          app=web,tier=front
Type:              NodePort
IP:                10.96.1.1
Port:              http  80/TCP
TargetPort:        http/TCP
NodePort:          http  30080/TCP
Endpoints:         10.0.0.1:8080,10.0.0.2:8080 + 3 more...
Port:              metrics  9090/TCP
TargetPort:        9090/TCP
Endpoints:         10.0.0.1:9090,10.0.0.2:9090
Session Affinity:  None
Events:            <none>
""")
    assert service["spec"]["selector"] == {"app": "web", "tier": "front"}
    assert service["spec"]["ports"] == [
        {"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http", "nodePort": 30080},
        {"name": "metrics", "port": 9090, "protocol": "TCP", "targetPort": 9090},
    ]
    assert endpoints["subsets"] == [
        {"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "ports": [{"port": 8080}, {"port": 9090}]}
    ]


def test_endpoints_and_slices() -> None:
    endpoints = only("""\
Name:         web
Namespace:    shop
Labels:       app=web
Annotations:  <none>
Subsets:
  Addresses:          <none>
  NotReadyAddresses:  10.0.0.1,10.0.0.2
  Ports:
    Name  Port  Protocol
    ----  ----  --------
    http  8080  TCP

Events:  <none>
""")
    assert endpoints["subsets"] == [
        {
            "notReadyAddresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        }
    ]
    slice_ = only("""\
Name:         web-abc
Namespace:    shop
Labels:       kubernetes.io/service-name=web
Annotations:  <none>
AddressType:  IPv4
Ports:
  Name     Port  Protocol
  ----     ----  --------
  <unset>  8080  TCP
Endpoints:
  - Addresses:  10.0.0.1
    Conditions:
      Ready:    false
    Hostname:   <unset>
    TargetRef:  Pod/web-1
Events:         <none>
""")
    assert slice_["endpoints"] == [
        {"addresses": ["10.0.0.1"], "conditions": {"ready": False}, "targetRef": {"kind": "Pod", "name": "web-1"}}
    ]


def test_a_network_policy() -> None:
    policy = only("""\
Name:         db
Namespace:    shop
Created on:   2026-11-20 20:20:18 +0800 CST
Labels:       <none>
Annotations:  <none>
Spec:
  PodSelector:     app=db
  Allowing ingress traffic:
    To Port: 5432/TCP
    From:
      NamespaceSelector: team=shop
      PodSelector: role in (api,worker)
    ----------
    To Port: <any> (traffic allowed to all ports)
    From:
      IPBlock:
        CIDR: 10.0.0.0/8
        Except: 10.1.0.0/16
  Allowing egress traffic:
    <none> (Selected pods are isolated for egress connectivity)
  Policy Types: Ingress, Egress
""")
    assert policy["metadata"]["creationTimestamp"] == "2026-11-20T12:20:18Z"
    assert policy["spec"] == {
        "podSelector": {"matchLabels": {"app": "db"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "ports": [{"port": 5432, "protocol": "TCP"}],
                "from": [
                    {
                        "podSelector": {
                            "matchExpressions": [{"key": "role", "operator": "In", "values": ["api", "worker"]}]
                        },
                        "namespaceSelector": {"matchLabels": {"team": "shop"}},
                    }
                ],
            },
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
        ],
        "egress": [],
    }


def test_configuration_shows_keys_and_no_secret_value() -> None:
    config = only("""\
Name:         web-config
Namespace:    shop
Labels:       <none>
Annotations:  <none>

Data
====
app.yaml:
----
Name:  looks-like-a-field
port: 80

empty:
----

BinaryData
====

Events:  <none>
""")
    assert (config["kind"], config["data"]) == (
        "ConfigMap",
        {"app.yaml": "Name:  looks-like-a-field\nport: 80", "empty": ""},
    )
    secret = only("""\
Name:         db
Namespace:    shop
Labels:       <none>
Annotations:  <none>

Type:  Opaque

Data
====
password:  12 bytes
""")
    assert (secret["kind"], secret["type"], secret["data"]) == ("Secret", "Opaque", {"password": ""})


def test_a_node_under_pressure() -> None:
    node = only("""\
Name:               worker-1
Roles:              <none>
Labels:             kubernetes.io/hostname=worker-1
Annotations:        node.alpha.kubernetes.io/ttl: 0
CreationTimestamp:  Mon, 11 Aug 2025 15:49:09 +0800
Taints:             node.kubernetes.io/unreachable:NoExecute
                    dedicated=infra:NoSchedule
Unschedulable:      true
Conditions:
  Type             Status    LastHeartbeatTime                 LastTransitionTime                Reason              Message
  ----             ------    -----------------                 ------------------                ------              -------
  MemoryPressure   True      Mon, 10 Nov 2025 23:59:06 +0800   Mon, 10 Nov 2025 15:49:09 +0800   KubeletHasPressure  kubelet has insufficient memory
  Ready            Unknown   Mon, 10 Nov 2025 23:59:06 +0800   Mon, 10 Nov 2025 23:59:46 +0800   NodeStatusUnknown   Kubelet stopped posting node status.
Addresses:
  InternalIP:  10.1.1.1
Allocatable:
  cpu:                8
  memory:             15671356Ki
System Info:
  Kubelet Version:            v1.31.2
Non-terminated Pods:          (1 in total)
  Namespace                   Name            CPU Requests  CPU Limits  Memory Requests  Memory Limits  Age
  ---------                   ----            ------------  ----------  ---------------  -------------  ---
  shop                        web-1           0 (0%)        0 (0%)      0 (0%)           0 (0%)         111s
Events:                       <none>
""")
    assert node["spec"] == {
        "unschedulable": True,
        "taints": [
            {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
            {"key": "dedicated", "value": "infra", "effect": "NoSchedule"},
        ],
    }
    ready = node["status"]["conditions"][1]
    assert (ready["status"], ready["reason"], ready["lastTransitionTime"]) == (
        "Unknown",
        "NodeStatusUnknown",
        "2025-11-10T15:59:46Z",
    )
    assert node["status"]["allocatable"]["memory"] == "15671356Ki"
    assert "namespace" not in node["metadata"]


def test_limits_budgets_and_accounts() -> None:
    limits = only("""\
Name:       sizes
Namespace:  shop
Type        Resource  Min  Max    Default Request  Default Limit  Max Limit/Request Ratio
----        --------  ---  ---    ---------------  -------------  -----------------------
Container   memory    -    512Mi  64Mi             128Mi          -
Container   cpu       10m  -      -                -              -
""")
    assert limits["spec"]["limits"] == [
        {
            "type": "Container",
            "max": {"memory": "512Mi"},
            "defaultRequest": {"memory": "64Mi"},
            "default": {"memory": "128Mi"},
            "min": {"cpu": "10m"},
        }
    ]
    budget = only("""\
Name:           web
Namespace:      shop
Min available:  50%
Selector:       app=web
Status:
    Allowed disruptions:  0
    Current:              1
    Desired:              1
    Total:                1
Events:                   <none>
""")
    assert (budget["spec"]["minAvailable"], budget["status"]["disruptionsAllowed"]) == ("50%", 0)
    account = only("""\
Name:                web
Namespace:           shop
Labels:              <none>
Annotations:         <none>
Image pull secrets:  registry (not found)
                     other
Mountable secrets:   <none>
Tokens:              <none>
Events:              <none>
""")
    assert account["imagePullSecrets"] == [{"name": "registry"}, {"name": "other"}]


def test_a_stateful_set_with_its_claims() -> None:
    found = only("""\
Name:               db
Namespace:          shop
CreationTimestamp:  Sun, 08 Mar 2026 15:21:10 +0800
Selector:           app=db
Labels:             <none>
Annotations:        <none>
Replicas:           3 desired | 3 total
Update Strategy:    RollingUpdate
  Partition:        0
Pods Status:        1 Running / 2 Waiting / 0 Succeeded / 0 Failed
Pod Template:
  Labels:  app=db
  Containers:
   db:
    Image:        postgres:16
    Port:         5432/TCP
    Host Port:    0/TCP
    Environment:  <none>
    Mounts:
      /data from data (rw)
  Volumes:         <none>
Volume Claims:
  Name:          data
  StorageClass:  fast
  Labels:        <none>
  Annotations:   <none>
  Capacity:      10Gi
  Access Modes:  [ReadWriteOnce]
Events:          <none>
""")
    assert found["kind"] == "StatefulSet"
    assert (found["spec"]["replicas"], found["status"]["readyReplicas"]) == (3, 1)
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "postgres:16"
    assert found["spec"]["volumeClaimTemplates"] == [
        {
            "metadata": {"name": "data"},
            "spec": {
                "storageClassName": "fast",
                "resources": {"requests": {"storage": "10Gi"}},
                "accessModes": ["ReadWriteOnce"],
            },
        }
    ]


def test_a_cron_job_a_job_and_a_volume() -> None:
    cron = only("""\
Name:                          nightly
Namespace:                     shop
Labels:                        <none>
Annotations:                   <none>
Schedule:                      0 3 * * *
Concurrency Policy:            Forbid
Suspend:                       True
Starting Deadline Seconds:     100s
Selector:                      <unset>
Parallelism:                   <unset>
Completions:                   <unset>
Pod Template:
  Labels:  <none>
  Containers:
   job:
    Image:           busybox
Last Schedule Time:  Sat, 21 Nov 2026 03:00:00 +0800
Active Jobs:         nightly-1, nightly-2
Events:              <none>
""")
    assert (cron["spec"]["schedule"], cron["spec"]["suspend"], cron["spec"]["startingDeadlineSeconds"]) == (
        "0 3 * * *",
        True,
        100,
    )
    assert [job["name"] for job in cron["status"]["active"]] == ["nightly-1", "nightly-2"]
    volume = only("""\
Name:              pv-1
Labels:            <none>
Annotations:       <none>
Finalizers:        [kubernetes.io/pv-protection]
StorageClass:      local
Status:            Bound
Claim:             shop/data-db-0
Reclaim Policy:    Delete
Access Modes:      RWO
VolumeMode:        Filesystem
Capacity:          1Gi
Node Affinity:     
  Required Terms:  
    Term 0:        kubernetes.io/hostname in [worker-03]
Message:           
Events:            <none>
""")
    assert volume["spec"]["claimRef"] == {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data-db-0"}
    assert volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"] == [
        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["worker-03"]}]}
    ]


def test_kinds_that_look_alike_are_told_by_the_hint() -> None:
    controller = "Name:  web\nNamespace:  shop\nReplicas:  1 current / 1 desired\nPods Status:  1 Running / 0 Waiting / 0 Succeeded / 0 Failed\n"
    assert only(controller)["kind"] == "ReplicaSet"
    assert only(controller, "kubectl describe rc web -n shop.txt")["kind"] == "ReplicationController"
    namespace = "Name:         shop\nLabels:       <none>\nAnnotations:  <none>\nStatus:       Terminating\n\nNo resource quota.\n\nNo LimitRange resource.\n"
    assert (only(namespace)["kind"], only(namespace)["status"]["phase"]) == ("Namespace", "Terminating")


def test_a_described_event() -> None:
    event = only("""\
Name:             web.17
Namespace:        shop
Labels:           <none>
Annotations:      <none>
API Version:      v1
Count:            3
Event Time:       <nil>
First Timestamp:  2026-11-21T01:00:00Z
Involved Object:
  API Version:   v1
  Kind:          Pod
  Name:          web-1
  Namespace:     shop
Kind:            Event
Last Timestamp:  2026-11-21T01:30:00Z
Message:         Back-off
Reason:          BackOff
Source:
  Component:  kubelet
Type:         Warning
Events:       <none>
""")
    assert (event["involvedObject"]["name"], event["count"], event["lastTimestamp"]) == (
        "web-1",
        3,
        "2026-11-21T01:30:00Z",
    )
