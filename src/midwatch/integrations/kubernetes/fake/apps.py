"""An application as its Deployment, ReplicaSet, pods, Service and endpoints stand after the controllers have done their
work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from midwatch.integrations.kubernetes.fake.naming import ago, letters, managed_fields, owner, stamp, uid
from midwatch.integrations.kubernetes.fake.pods import Making, pod
from midwatch.integrations.kubernetes.fake.runs import FakeRun, Fault, Note, healthy
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.integrations.kubernetes.fake.services import publish

Thing = dict[str, Any]
_DEADLINE = 600.0
_TEXTS = dict[str, str]


@dataclass(frozen=True)
class App:
    """`env` maps a name to a value, or to ("configMap" | "secret", object, key); `volumes` a path to ("configMap" |
    "secret", object).

    `fault` says what becomes of the container; `worked_before` that the app was once fully rolled out; ages in seconds.
    """

    name: str
    namespace: str
    image: str
    replicas: int = 1
    port: int = 0
    command: Sequence[str] = ()
    env: Mapping[str, str | tuple[str, str, str]] = field(default_factory=dict[str, str | tuple[str, str, str]])
    env_from: Sequence[tuple[str, str]] = ()
    volumes: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    requests: Mapping[str, str] = field(default_factory=_TEXTS)
    limits: Mapping[str, str] = field(default_factory=_TEXTS)
    readiness: Mapping[str, Any] = field(default_factory=dict[str, Any])
    liveness: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fault: Fault = field(default_factory=healthy)
    worked_before: bool = False
    age: float = 3 * 86400.0
    service: bool = True
    label: tuple[str, str] = ("", "")  # what selects its pods; by default app=<name>

    @property
    def labels(self) -> dict[str, str]:
        key, value = self.label
        return {key: value} if key else {"app": self.name}


def deploy(scene: Scene, app: App) -> list[Thing]:
    """Adds everything to the scene's cluster and gives the pods."""
    template = _template(app)
    hash_ = letters(10, "template", app.namespace, app.name, app.image)
    deployment = _meta(scene, app, "Deployment", app.name)
    replicaset = _replica_set_meta(scene, app, hash_)
    _scaled_up(scene, app, hash_)
    pods = [_pod(scene, app, template, hash_, n) for n in range(app.replicas)]
    ready = sum(_is_ready(p) for p in pods)
    scene.add(
        _deployment(scene, app, deployment, template, ready, hash_),
        _replica_set(scene, app, replicaset, template, ready, hash_),
    )
    scene.add(*pods)
    if app.service and app.port:
        publish(scene, app.namespace, app.name, app.labels, app.port, pods, app.age)
    return pods


def _meta(scene: Scene, app: App, kind: str, name: str) -> Thing:
    meta = scene.meta(kind, app.namespace, name, app.age, app.labels)
    meta["annotations"] = {"deployment.kubernetes.io/revision": "1"}
    return meta | {"generation": 1}


def _template(app: App) -> Thing:
    container: Thing = {"name": app.name, "image": app.image}
    container |= {"command": list(app.command)} if app.command else {}
    container |= {"ports": [{"name": "http", "containerPort": app.port, "protocol": "TCP"}]} if app.port else {}
    container |= {"envFrom": [{f"{kind}Ref": {"name": name}} for kind, name in app.env_from]} if app.env_from else {}
    container |= {"env": [_variable(k, v) for k, v in app.env.items()]} if app.env else {}
    resources = {"limits": dict(app.limits), "requests": dict(app.requests)}
    container["resources"] = {key: value for key, value in resources.items() if value}
    mounts = [{"name": name, "mountPath": path, "readOnly": True} for path, (_, name) in app.volumes.items()]
    container |= {"volumeMounts": mounts} if mounts else {}
    container |= {"livenessProbe": dict(app.liveness)} if app.liveness else {}
    container |= {"readinessProbe": dict(app.readiness)} if app.readiness else {}
    container |= {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }
    spec: Thing = {"volumes": [_volume(*v) for v in app.volumes.values()]} if app.volumes else {}
    spec |= {
        "containers": [container],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
    }
    return {
        "metadata": {"labels": app.labels},
        "spec": spec | {"securityContext": {}, "schedulerName": "default-scheduler"},
    }


def _variable(name: str, value: str | tuple[str, str, str]) -> Thing:
    if isinstance(value, str):
        return {"name": name, "value": value}
    kind, obj, key = value
    return {"name": name, "valueFrom": {f"{kind}KeyRef": {"name": obj, "key": key}}}


def _volume(kind: str, name: str) -> Thing:
    return {"name": name, "secret": {"secretName": name, "defaultMode": 420}} if kind == "secret" else _map_volume(name)


def _map_volume(name: str) -> Thing:
    return {"name": name, "configMap": {"name": name, "defaultMode": 420}}


def _pod(scene: Scene, app: App, template: Thing, hash_: str, number: int) -> Thing:
    machine, prefix = scene.place(), f"{app.name}-{hash_}-"
    name = prefix + letters(5, "pod", app.namespace, prefix, str(number))
    making = Making(
        namespace=app.namespace,
        name=name,
        generate=prefix,
        labels=app.labels | {"pod-template-hash": hash_},
        owner=owner("apps/v1", "ReplicaSet", prefix[:-1], uid("ReplicaSet", app.namespace, prefix[:-1])),
        template=template,
        node=machine.name,
        node_ip=machine.ip,
        age=app.age,
        now=scene.now,
    )
    runs = [app.fault(making.spot(c)) for c in template["spec"]["containers"]]
    built = pod(making, runs)
    record(scene, built, runs)
    return built


def record(scene: Scene, built: Thing, runs: Sequence[FakeRun]) -> None:
    """The events, logs and measurements that a pod leaves."""
    meta, node = built["metadata"], built["spec"].get("nodeName", "")
    age = (scene.now - _created(meta, scene)).total_seconds() if node else 0.0
    if node:
        text = f"Successfully assigned {meta['namespace']}/{meta['name']} to {node}"
        scene.event(built, Note("Scheduled", text, age, age, about_container=False, component="default-scheduler"))
    usage: list[Thing] = []
    for container, run in zip(built["spec"]["containers"], runs, strict=True):
        for note in run.notes:
            scene.event(built, note, container=container["name"], host=node if note.component == "kubelet" else "")
        if run.log:
            scene.cluster.put_log(meta["namespace"], meta["name"], container["name"], run.log)
        if run.previous:
            scene.cluster.put_log(meta["namespace"], meta["name"], container["name"], run.previous, previous=True)
        if run.is_running and run.usage:
            usage.append({"name": container["name"], "usage": dict(run.usage)})
    if usage:
        head = {
            "apiVersion": "metrics.k8s.io/v1beta1",
            "kind": "PodMetrics",
            "timestamp": stamp(ago(scene.now, 12)),
            "window": "18.212s",
        }
        own = {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "creationTimestamp": stamp(scene.now),
            "labels": meta["labels"],
        }
        scene.add(head | {"metadata": own, "containers": usage})


def _created(meta: Thing, scene: Scene):
    return type(scene.now).fromisoformat(meta["creationTimestamp"])


def _is_ready(built: Thing) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in built["status"].get("conditions", ()))


def _scaled_up(scene: Scene, app: App, hash_: str) -> None:
    if not app.replicas:
        return
    name = f"{app.name}-{hash_}"
    about: Thing = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _meta(scene, app, "Deployment", app.name),
    }
    text = f"Scaled up replica set {name} from 0 to {app.replicas}"
    scene.event(about, Note("ScalingReplicaSet", text, app.age, app.age, component="deployment-controller"))
    made: Thing = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": _meta(scene, app, "ReplicaSet", name)}
    for n in range(app.replicas):
        text = f"Created pod: {name}-{letters(5, 'pod', app.namespace, f'{name}-', str(n))}"
        scene.event(made, Note("SuccessfulCreate", text, app.age, app.age, component="replicaset-controller"))


def _deployment(scene: Scene, app: App, meta: Thing, template: Thing, ready: int, hash_: str) -> Thing:
    spec: Thing = {
        "replicas": app.replicas,
        "selector": {"matchLabels": app.labels},
        "template": template,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": int(_DEADLINE),
    }
    status: Thing = (
        {"observedGeneration": 1} | _counts(app, ready) | {"conditions": _conditions(scene, app, ready, hash_)}
    )
    built: Thing = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec, "status": status}
    meta["managedFields"] = [
        managed_fields(built, "kubectl-client-side-apply", ago(scene.now, app.age), "spec"),
        managed_fields(
            built, "kube-controller-manager", ago(scene.now, max(app.age - 5, 0)), "status", subresource="status"
        ),
    ]
    return built


def _counts(app: App, ready: int) -> Thing:
    counts = {
        "replicas": app.replicas,
        "updatedReplicas": app.replicas,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }
    counts["unavailableReplicas"] = app.replicas - ready
    return {key: value for key, value in counts.items() if value}  # the API leaves zeros out


def _conditions(scene: Scene, app: App, ready: int, hash_: str) -> list[Thing]:
    """A rollout that never came to its end runs into its deadline; one that did stays a success whatever happens
    later."""
    name, enough = f"{app.name}-{hash_}", ready >= app.replicas - app.replicas // 4
    finished = app.worked_before or ready == app.replicas
    made = ago(scene.now, max(app.age - 6, 0))
    available = ("MinimumReplicasAvailable", "Deployment has minimum availability.")
    lacking = ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    if finished:
        progress, reason, text = "True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'
    elif app.age > _DEADLINE:
        progress, reason, text = "False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.'
        made = ago(scene.now, app.age - _DEADLINE)
    else:
        progress, reason, text = "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'
    shown = (
        ("Available", "True" if enough else "False", *(available if enough else lacking)),
        ("Progressing", progress, reason, text),
    )
    when = {"lastUpdateTime": stamp(made), "lastTransitionTime": stamp(made)}
    return [{"type": t, "status": s, **when, "reason": r, "message": m} for t, s, r, m in shown]


def _replica_set_meta(scene: Scene, app: App, hash_: str) -> Thing:
    meta = _meta(scene, app, "ReplicaSet", f"{app.name}-{hash_}")
    meta["labels"] = app.labels | {"pod-template-hash": hash_}
    most = app.replicas + -(-app.replicas // 4)
    wanted = {
        "deployment.kubernetes.io/desired-replicas": str(app.replicas),
        "deployment.kubernetes.io/max-replicas": str(most),
    }
    meta["annotations"] = wanted | {"deployment.kubernetes.io/revision": "1"}
    meta["ownerReferences"] = [owner("apps/v1", "Deployment", app.name, uid("Deployment", app.namespace, app.name))]
    return meta


def _replica_set(scene: Scene, app: App, meta: Thing, template: Thing, ready: int, hash_: str) -> Thing:
    labels = app.labels | {"pod-template-hash": hash_}
    spec = {
        "replicas": app.replicas,
        "selector": {"matchLabels": labels},
        "template": template | {"metadata": {"labels": labels}},
    }
    counts = {"fullyLabeledReplicas": app.replicas, "readyReplicas": ready, "availableReplicas": ready}
    status: Thing = {"replicas": app.replicas} | {k: v for k, v in counts.items() if v} | {"observedGeneration": 1}
    built: Thing = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": spec, "status": status}
    meta["managedFields"] = [managed_fields(built, "kube-controller-manager", ago(scene.now, app.age), "spec")]
    return built
