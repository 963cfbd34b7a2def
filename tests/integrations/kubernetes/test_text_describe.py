"""Descriptions that people paste, in the layouts of several kubectl versions."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from midwatch.integrations.kubernetes import text
from midwatch.integrations.kubernetes.kinds import BY_NAME
from midwatch.integrations.kubernetes.objects.pod import Pod

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)

POD = r"""
Name:             web-7d9c5b8f4d-x2x7k
Namespace:        shop
Priority:         0
Service Account:  web
Node:             worker-1/10.1.1.1
Start Time:       Sat, 21 Nov 2026 09:55:00 +0800
Labels:           app=web
                  pod-template-hash=7d9c5b8f4d
Annotations:      sidecar.istio.io/status:
                    {"initContainers":["istio-init"]}
                  team: payments
Status:           Running
IP:               10.0.0.7
IPs:
  IP:           10.0.0.7
Controlled By:  ReplicaSet/web-7d9c5b8f4d
Init Containers:
  migrate:
    Image:          registry.example/migrate:3
    Port:           <none>
    Host Port:      <none>
    Command:
      sh
      -c
      set -e
      if true; then
        ./migrate --all
      fi
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
      Started:      Sat, 21 Nov 2026 09:55:01 +0800
      Finished:     Sat, 21 Nov 2026 09:55:03 +0800
    Ready:          True
    Restart Count:  0
    Environment:    <none>
    Mounts:         <none>
Containers:
  app:
    Container ID:   containerd://e03dd01b
    Image:          registry.example/web:1.4
    Image ID:       registry.example/web@sha256:ff
    Ports:          8080/TCP (http), 9090/TCP
    Host Ports:     0/TCP, 0/TCP
    State:          Waiting
      Reason:       CrashLoopBackOff
      Message:      back-off 40s restarting failed container
    Last State:     Terminated
      Reason:       Error
      Message:      panic: no config
goroutine 1 [running]:
	main.main()
Name:  not-an-object
Status: ready: no

      Exit Code:    2
      Started:      Sat, 21 Nov 2026 09:56:00 +0800
      Finished:     Sat, 21 Nov 2026 09:56:01 +0800
    Ready:          False
    Restart Count:  5
    Limits:
      cpu:     300m
      memory:  300Mi
    Requests:
      cpu:      200m
    Liveness:   http-get https://:8080/livez%3Fa delay=10s timeout=2s period=15s #success=1 #failure=4
    Readiness:  grpc <pod>:9555  delay=5s timeout=1s period=10s #success=1 #failure=3
    Startup:    exec [/bin/sh -c test -f /ready && exit 0] delay=0s timeout=1s period=1s #success=1 #failure=600
    Environment Variables from:
      settings  ConfigMap with prefix 'APP_'  Optional: false
      tokens    Secret                        Optional: true
    Environment:
      PORT:         8080
      PASSWORD:     <set to the key 'password' in secret 'db'>         Optional: false
      LEVEL:        <set to the key 'level' of config map 'logging'>  Optional: true
      POD_IP:        (v1:status.podIP)
      POD_NAME:     web-7d9c5b8f4d-x2x7k (v1:metadata.name)
      CPUS:         2 (limits.cpu)
      PROBES:       {"a":
                    "b: c"}
    Mounts:
      /etc/app/app.yaml from config (ro,path="app.yaml")
      /data from data (rw)
Conditions:
  Type                        Status
  Ready                       False 
  PodScheduled                True 
Volumes:
  config:
    Type:      ConfigMap (a volume populated by a ConfigMap)
    Name:      web-config
    Optional:  false
  data:
    Type:       PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)
    ClaimName:  web-data
    ReadOnly:   false
  certs:
    Type:        Secret (a volume populated by a Secret)
    SecretName:  web-tls
    Optional:    true
  scratch:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:     Memory
    SizeLimit:  64Mi
  host:
    Type:          HostPath (bare host directory volume)
    Path:          /var/log
    HostPathType:  Directory
  token:
    Type:                    Projected (a volume that contains injected data from multiple sources)
    TokenExpirationSeconds:  3607
    ConfigMapName:           kube-root-ca.crt
    Optional:                false
    DownwardAPI:             true
QoS Class:                   Burstable
Node-Selectors:              disktype=ssd
                             zone=a
Tolerations:                 dedicated=infra:NoSchedule
                             node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
                             op=Exists
Events:
  Type     Reason     Age                    From               Message
  ----     ------     ----                   ----               -------
  Normal   Scheduled  5m                     default-scheduler  Successfully assigned shop/web-7d9c5b8f4d-x2x7k to worker-1
  Warning  Failed     2m49s (x12 over 4m4s)  kubelet            admission webhook denied:
  field a
field b
  Warning  BackOff    4s                     kubelet            Back-off restarting failed container
"""


def objects(content: str, name: str = "paste.txt", now: datetime | None = NOW) -> list[dict[str, Any]]:
    parsed = text.read(content, name=name, now=now)
    assert parsed is not None
    for obj in parsed.objects:
        msgspec.convert(obj, BY_NAME[obj["kind"]].type, strict=False)
    return parsed.objects


def only(content: str, name: str = "paste.txt") -> dict[str, Any]:
    first, *_ = objects(content, name)
    return first


def test_a_pod() -> None:
    pod = msgspec.convert(only(POD), Pod, strict=False)
    assert (pod.name, pod.namespace, pod.spec.node_name, pod.spec.service_account_name) == ("web-7d9c5b8f4d-x2x7k", "shop", "worker-1", "web")
    assert pod.labels == {"app": "web", "pod-template-hash": "7d9c5b8f4d"}
    assert pod.annotations == {"sidecar.istio.io/status": '{"initContainers":["istio-init"]}', "team": "payments"}
    assert pod.status.start_time == datetime(2026, 11, 21, 1, 55, tzinfo=UTC)
    assert [o.name for o in pod.metadata.owner_references or ()] == ["web-7d9c5b8f4d"]
    assert pod.spec.node_selector == {"disktype": "ssd", "zone": "a"}
    assert [(t.key, t.operator, t.value, t.effect, t.toleration_seconds) for t in pod.spec.tolerations or ()] == [
        ("dedicated", "Equal", "infra", "NoSchedule", None),
        ("node.kubernetes.io/not-ready", "Exists", "", "NoExecute", 300),
        ("", "Exists", "", "", None),
    ]
    assert not pod.ready


def test_what_a_container_did() -> None:
    pod = msgspec.convert(only(POD), Pod, strict=False)
    migrate, app = pod.statuses
    assert migrate.state.terminated and migrate.state.terminated.reason == "Completed"
    assert app.state.waiting and app.state.waiting.reason == "CrashLoopBackOff"
    last = app.last_state.terminated
    assert last and (last.exit_code, last.reason) == (2, "Error")
    assert last.finished_at == datetime(2026, 11, 21, 1, 56, 1, tzinfo=UTC)
    assert last.message == "panic: no config\ngoroutine 1 [running]:\n        main.main()\nName:  not-an-object\nStatus: ready: no"
    assert (app.ready, app.restart_count) == (False, 5)


def test_what_a_container_shall_be() -> None:
    pod = only(POD)
    migrate, app = pod["spec"]["initContainers"][0], pod["spec"]["containers"][0]
    assert migrate["command"] == ["sh", "-c", "set -e\nif true; then\n  ./migrate --all\nfi"]
    assert [(p.get("name"), p["containerPort"]) for p in app["ports"]] == [("http", 8080), (None, 9090)]
    assert app["resources"] == {"limits": {"cpu": "300m", "memory": "300Mi"}, "requests": {"cpu": "200m"}}
    assert app["livenessProbe"]["httpGet"] == {"scheme": "HTTPS", "port": 8080, "path": "/livez%3Fa"}
    assert (app["livenessProbe"]["initialDelaySeconds"], app["livenessProbe"]["failureThreshold"]) == (10, 4)
    assert app["readinessProbe"]["grpc"] == {"port": 9555}
    assert app["startupProbe"]["exec"] == {"command": ["/bin/sh", "-c", "test -f /ready && exit 0"]}
    assert app["envFrom"] == [
        {"prefix": "APP_", "configMapRef": {"name": "settings", "optional": False}},
        {"secretRef": {"name": "tokens", "optional": True}},
    ]
    env = {e["name"]: e.get("valueFrom", e.get("value")) for e in app["env"]}
    assert env == {
        "PORT": "8080",
        "PASSWORD": {"secretKeyRef": {"name": "db", "key": "password", "optional": False}},
        "LEVEL": {"configMapKeyRef": {"name": "logging", "key": "level", "optional": True}},
        "POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}},
        "POD_NAME": {"fieldRef": {"fieldPath": "metadata.name"}},
        "CPUS": {"resourceFieldRef": {"resource": "limits.cpu"}},
        "PROBES": '{"a":\n"b: c"}',
    }
    assert app["volumeMounts"][0] == {"name": "config", "mountPath": "/etc/app/app.yaml", "readOnly": True, "subPath": "app.yaml"}


def test_volumes() -> None:
    volumes = {v.pop("name"): v for v in only(POD)["spec"]["volumes"]}
    assert volumes == {
        "config": {"configMap": {"name": "web-config", "optional": False}},
        "data": {"persistentVolumeClaim": {"claimName": "web-data"}},
        "certs": {"secret": {"secretName": "web-tls", "optional": True}},
        "scratch": {"emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
        "host": {"hostPath": {"path": "/var/log", "type": "Directory"}},
        "token": {"projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt", "optional": False}}]}},
    }


def test_events_of_a_pod() -> None:
    _, scheduled, failed, backoff = objects(POD)
    assert scheduled["involvedObject"] == {"kind": "Pod", "name": "web-7d9c5b8f4d-x2x7k", "namespace": "shop"}
    assert failed["message"] == "admission webhook denied:\n  field a\nfield b"
    assert (failed["count"], failed["firstTimestamp"], failed["lastTimestamp"]) == (12, "2026-11-21T01:55:56Z", "2026-11-21T01:57:11Z")
    assert backoff["lastTimestamp"] == "2026-11-21T01:59:56Z"


def test_without_a_time_of_recording_the_text_tells_it() -> None:
    scheduled = objects(POD, now=None)[1]
    assert scheduled["lastTimestamp"] == "2026-11-21T01:55:00Z"  # the start time; so now is five minutes later


def test_several_pods_one_after_the_other() -> None:
    other = POD.replace("x2x7k", "zzzzz")
    assert [o["metadata"]["name"] for o in objects(POD + "\n\n" + other) if o["kind"] == "Pod"] == ["web-7d9c5b8f4d-x2x7k", "web-7d9c5b8f4d-zzzzz"]


def test_a_pod_that_is_ending() -> None:
    pod = only(POD.replace("Status:           Running", "Status:                    Terminating (lasts 3m)\nTermination Grace Period:  30s"))
    assert pod["metadata"]["deletionTimestamp"] == "2026-11-21T01:57:00Z"
    assert pod["metadata"]["deletionGracePeriodSeconds"] == 30
    assert "phase" not in pod["status"]


def test_an_evicted_pod() -> None:
    pod = only(POD.replace("Status:           Running", "Status:           Failed\nReason:           Evicted\nMessage:          The node was low on resource: memory."))
    assert (pod["status"]["phase"], pod["status"]["reason"]) == ("Failed", "Evicted")
    assert pod["status"]["message"] == "The node was low on resource: memory."


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
    assert endpoints["subsets"] == [{"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "ports": [{"port": 8080}, {"port": 9090}]}]


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
        {"notReadyAddresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}
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
    assert slice_["endpoints"] == [{"addresses": ["10.0.0.1"], "conditions": {"ready": False}, "targetRef": {"kind": "Pod", "name": "web-1"}}]


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
                        "podSelector": {"matchExpressions": [{"key": "role", "operator": "In", "values": ["api", "worker"]}]},
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
    assert (config["kind"], config["data"]) == ("ConfigMap", {"app.yaml": "Name:  looks-like-a-field\nport: 80", "empty": ""})
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
        "taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}, {"key": "dedicated", "value": "infra", "effect": "NoSchedule"}],
    }
    ready = node["status"]["conditions"][1]
    assert (ready["status"], ready["reason"], ready["lastTransitionTime"]) == ("Unknown", "NodeStatusUnknown", "2025-11-10T15:59:46Z")
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
        {"type": "Container", "max": {"memory": "512Mi"}, "defaultRequest": {"memory": "64Mi"}, "default": {"memory": "128Mi"}, "min": {"cpu": "10m"}}
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
            "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}, "accessModes": ["ReadWriteOnce"]},
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
    assert (cron["spec"]["schedule"], cron["spec"]["suspend"], cron["spec"]["startingDeadlineSeconds"]) == ("0 3 * * *", True, 100)
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
    assert (event["involvedObject"]["name"], event["count"], event["lastTimestamp"]) == ("web-1", 3, "2026-11-21T01:30:00Z")
