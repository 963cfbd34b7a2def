"""Described pods, in the layouts of several kubectl versions."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from midwatch.integrations.kubernetes import text
from midwatch.integrations.kubernetes.objects.kinds import BY_NAME
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
    assert (pod.name, pod.namespace, pod.spec.node_name, pod.spec.service_account_name) == (
        "web-7d9c5b8f4d-x2x7k",
        "shop",
        "worker-1",
        "web",
    )
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
    assert (
        last.message
        == "panic: no config\ngoroutine 1 [running]:\n        main.main()\nName:  not-an-object\nStatus: ready: no"
    )
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
    assert app["volumeMounts"][0] == {
        "name": "config",
        "mountPath": "/etc/app/app.yaml",
        "readOnly": True,
        "subPath": "app.yaml",
    }


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
    assert (failed["count"], failed["firstTimestamp"], failed["lastTimestamp"]) == (
        12,
        "2026-11-21T01:55:56Z",
        "2026-11-21T01:57:11Z",
    )
    assert backoff["lastTimestamp"] == "2026-11-21T01:59:56Z"


def test_without_a_time_of_recording_the_text_tells_it() -> None:
    scheduled = objects(POD, now=None)[1]
    assert scheduled["lastTimestamp"] == "2026-11-21T01:55:00Z"  # the start time; so now is five minutes later


def test_several_pods_one_after_the_other() -> None:
    other = POD.replace("x2x7k", "zzzzz")
    assert [o["metadata"]["name"] for o in objects(POD + "\n\n" + other) if o["kind"] == "Pod"] == [
        "web-7d9c5b8f4d-x2x7k",
        "web-7d9c5b8f4d-zzzzz",
    ]


def test_a_pod_that_is_ending() -> None:
    pod = only(
        POD.replace(
            "Status:           Running",
            "Status:                    Terminating (lasts 3m)\nTermination Grace Period:  30s",
        )
    )
    assert pod["metadata"]["deletionTimestamp"] == "2026-11-21T01:57:00Z"
    assert pod["metadata"]["deletionGracePeriodSeconds"] == 30
    assert "phase" not in pod["status"]


def test_an_evicted_pod() -> None:
    pod = only(
        POD.replace(
            "Status:           Running",
            "Status:           Failed\nReason:           Evicted\nMessage:          The node was low on resource: "
            "memory.",
        )
    )
    assert (pod["status"]["phase"], pod["status"]["reason"]) == ("Failed", "Evicted")
    assert pod["status"]["message"] == "The node was low on resource: memory."
