"""Thousands of pods of ordinary size for measurements, nearly all of them well, built quickly."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.naming import address, hex_id, letters, uid
from midwatch.integrations.kubernetes.fake.runs import Fault, crash_loop, healthy, image_pull, out_of_memory
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.integrations.kubernetes.fake.services import publish
from midwatch.integrations.kubernetes.fake.system import populate
from midwatch.integrations.kubernetes.fake.world import FakeCluster, Stored

_APPS = ("api", "web", "worker", "auth", "billing", "cart", "search", "mail", "feed", "cache")
_PER_NODE = 90
_LOG = "listening on 0.0.0.0:8080\nready\n"
_CRASH = "starting\nERROR: required environment variable DATABASE_URL is not set\n"
_FAULTS: tuple[Callable[[], Fault], ...] = (
    lambda: crash_loop(_CRASH),
    lambda: image_pull(),
    lambda: out_of_memory("warming cache\nloading 400 MiB of sessions\n"),
)


@dataclass(frozen=True)
class Plan:
    """One app of the crowd: the pods beyond the first are copies under their own names."""

    namespace: str
    name: str
    pods: int


def crowd(
    pods: int = 5000, namespaces: int = 50, broken: int = 3, now: datetime | None = None, apps: int = len(_APPS)
) -> FakeCluster:
    """`apps` are those of one namespace, each with a Service. `broken` apps of one pod come on top, in turn a crash
    loop, an image that is missing and one that runs out of memory."""
    scene = Scene(now, nodes=max(3, -(-pods // _PER_NODE)))
    populate(scene)
    spaces = [f"team-{n:03d}" for n in range(1, namespaces + 1)]
    for space in spaces:
        scene.namespace(space)
    for plan in _plans(pods, spaces, _names(apps)):
        deploy(scene, _app(plan.name, plan.namespace))
        _multiply(scene, plan)
    for n in range(broken):
        deploy(
            scene,
            _app(f"broken-{n + 1}", spaces[n * 7 % len(spaces)], _FAULTS[n % len(_FAULTS)](), age=(17 + n) * 60.0),
        )
    scene.measure()
    return scene.cluster


def _names(count: int) -> list[str]:
    return [f"{_APPS[n % len(_APPS)]}{f'-{n // len(_APPS)}' if n >= len(_APPS) else ''}" for n in range(count)]


def _plans(pods: int, spaces: list[str], apps: list[str]) -> list[Plan]:
    shares = [pods // len(spaces) + (n < pods % len(spaces)) for n in range(len(spaces))]
    plans: list[Plan] = []
    for space, share in zip(spaces, shares, strict=True):
        names = apps[: max(min(len(apps), share), 1)]
        counts = [share // len(names) + (n < share % len(names)) for n in range(len(names))]
        plans += [Plan(space, name, count) for name, count in zip(names, counts, strict=True) if count]
    return plans


def _app(name: str, namespace: str, fault: Fault | None = None, age: float = 3 * 86400.0) -> App:
    probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10}
    return App(
        name,
        namespace,
        f"registry.example.com/{namespace}/{name}:1.4.2",
        port=8080,
        env={"LOG_LEVEL": "info", "OTEL_SERVICE_NAME": name},
        requests={"cpu": "100m", "memory": "128Mi"},
        limits={"cpu": "500m", "memory": "512Mi"},
        readiness=probe | {"failureThreshold": 3, "successThreshold": 1},
        fault=fault or healthy(_LOG),
        age=age,
    )


def _multiply(scene: Scene, plan: Plan) -> None:
    """Copies the app's one pod as encoded text: ten times faster than building each, and the server wants bytes
    anyway."""
    cluster = scene.cluster
    first = next(s for s in cluster.select("pods", plan.namespace) if s.labels.get("app") == plan.name)
    spec, status = first.decode()["spec"], first.decode()["status"]
    prefix = first.name[:-5]
    log = cluster.find_log(plan.namespace, first.name, plan.name, previous=False)
    for n in range(1, plan.pods):
        name, machine = prefix + letters(5, "copy", first.key, str(n)), scene.place()
        changes = {
            first.name: name,
            uid("Pod", plan.namespace, first.name): uid("Pod", plan.namespace, name),
            f'"{spec["nodeName"]}"': f'"{machine.name}"',
            f'"{status["hostIP"]}"': f'"{machine.ip}"',
            status["podIP"]: address("10.244", plan.namespace, name),
            status["containerStatuses"][0]["containerID"]: f"containerd://{hex_id(64, plan.namespace, name)}",
        }
        body = first.body
        for old, new in changes.items():
            body = body.replace(old.encode(), new.encode())
        cluster.revision += 1
        cluster.put_encoded("pods", Stored(f"{plan.namespace}/{name}", plan.namespace, name, first.labels, body))
        if log:
            cluster.put_log(plan.namespace, name, plan.name, log)
    if plan.pods > 1:
        _count(scene, plan)


def _count(scene: Scene, plan: Plan) -> None:
    """Lets the controllers know of the copies."""
    cluster = scene.cluster
    deployment = cluster.get("deployments", plan.namespace, plan.name)
    names = [s.name for s in cluster.select("replicasets", plan.namespace) if s.labels.get("app") == plan.name]
    replicaset = cluster.get("replicasets", plan.namespace, names[0])
    for obj, keys in ((deployment, ("updatedReplicas",)), (replicaset, ("fullyLabeledReplicas",))):
        obj["spec"]["replicas"] = plan.pods
        obj["status"] |= dict.fromkeys((*keys, "replicas", "readyReplicas", "availableReplicas"), plan.pods)
    cluster.add(deployment, replicaset)
    pods = [s.decode() for s in cluster.select("pods", plan.namespace) if s.labels.get("app") == plan.name]
    publish(scene, plan.namespace, plan.name, {"app": plan.name}, 8080, pods, 3 * 86400.0)
