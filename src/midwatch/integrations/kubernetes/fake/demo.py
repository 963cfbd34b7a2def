"""The demonstration: eight applications in one namespace; five are broken or idle, one is slow, one is lonely, one is
well."""

from datetime import datetime
from typing import Any

from midwatch.integrations.kubernetes.fake.apps import App, deploy
from midwatch.integrations.kubernetes.fake.naming import ago, letters, managed_fields, stamp
from midwatch.integrations.kubernetes.fake.runs import Note, crash_loop, healthy, image_pull, out_of_memory
from midwatch.integrations.kubernetes.fake.scene import Scene
from midwatch.integrations.kubernetes.fake.services import publish
from midwatch.integrations.kubernetes.fake.system import populate
from midwatch.integrations.kubernetes.fake.world import FakeCluster

NAMESPACE = "demo-apps"
_MINUTE, _HOUR = 60.0, 3600.0
_CONFIG_LOG = (
    "payment-service 2.3.1 starting\nreading configuration from /config/app.conf\nERROR: Configuration "
    "file /config/app.conf not found!\n"
)
_DATABASE_LOG = (
    "Error: the data directory is empty and the superuser password is not specified.\n"
    "       Set POSTGRES_PASSWORD to a non-empty value for the superuser, then start again.\n"
)
_MEMORY_LOG = "".join(f"report cache: {n * 25} MiB in use, loading part {n + 1} of 40\n" for n in range(1, 6))
_CPU_LOG = "".join(
    f"batch {n}: 4.{n % 10} s, of which 3.{n % 10} s waiting for a processor (cpu.stat: nr_periods {n * 48} "
    f"nr_throttled {n * 46})\n"
    for n in range(1, 40)
)
_WEB_LOG = "".join(f'10.244.1.{n} - - "GET /healthz HTTP/1.1" 200 15\n' for n in range(1, 30))
_SMALL = {"cpu": "50m", "memory": "64Mi"}


def demo(now: datetime | None = None) -> FakeCluster:
    """The whole cluster, ready to be served."""
    scene = Scene(now)
    populate(scene)
    scene.namespace(NAMESPACE, 2 * _HOUR)
    for app in _apps():
        deploy(scene, app)
    _scale_down(scene, _frontend(), 12 * _MINUTE, 2)
    publish(scene, NAMESPACE, "orphan-service", {"app": "orphan-backend"}, 8080, (), 50 * _MINUTE)
    scene.measure()
    return scene.cluster


def _apps() -> tuple[App, ...]:
    return (
        App(
            "payment-service",
            NAMESPACE,
            "registry.example.com/shop/payment-service:2.3.1",
            port=8080,
            requests=_SMALL,
            fault=crash_loop(_CONFIG_LOG),
            age=26 * _MINUTE,
        ),
        App("analytics-service", NAMESPACE, "nginx:1.99-nonexistent", port=8080, fault=image_pull(), age=24 * _MINUTE),
        App(
            "memory-hog",
            NAMESPACE,
            "registry.example.com/shop/report-cache:1.8.0",
            requests={"cpu": "50m", "memory": "64Mi"},
            limits={"cpu": "200m", "memory": "128Mi"},
            fault=out_of_memory(_MEMORY_LOG),
            age=33 * _MINUTE,
        ),
        App(
            "cpu-intensive",
            NAMESPACE,
            "registry.example.com/shop/batch-worker:4.0.2",
            requests={"cpu": "100m", "memory": "64Mi"},
            limits={"cpu": "200m", "memory": "128Mi"},
            fault=healthy(_CPU_LOG, cpu="199874211n", memory="41220Ki"),
            age=95 * _MINUTE,
        ),
        App(
            "broken-database",
            NAMESPACE,
            "postgres:17.2",
            port=5432,
            env={"POSTGRES_DB": "shop", "POSTGRES_USER": "shop"},
            fault=crash_loop(_DATABASE_LOG),
            age=21 * _MINUTE,
        ),
        App(
            "healthy-app",
            NAMESPACE,
            "nginx:1.29",
            replicas=2,
            port=8080,
            requests=_SMALL,
            limits={"cpu": "200m", "memory": "128Mi"},
            readiness={
                "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"},
                "timeoutSeconds": 1,
                "periodSeconds": 10,
            },
            fault=healthy(_WEB_LOG, cpu="4m", memory="22Mi"),
            age=110 * _MINUTE,
        ),
    )


def _frontend() -> App:
    return App(
        "frontend-app", NAMESPACE, "registry.example.com/shop/frontend:7.1.0", replicas=0, port=8080, age=110 * _MINUTE
    )


def _scale_down(scene: Scene, app: App, seconds: float, before: int) -> None:
    """An app that somebody scaled from `before` replicas to none, so long ago: the pods are gone, the traces are
    there."""
    deploy(scene, app)
    cluster, at = scene.cluster, ago(scene.now, seconds)
    deployment = cluster.get("deployments", app.namespace, app.name)
    name = f"{app.name}-{letters(10, 'template', app.namespace, app.name, app.image)}"
    replicaset = cluster.get("replicasets", app.namespace, name)
    text = f"Scaled down replica set {name} from {before} to 0"
    scene.event(deployment, Note("ScalingReplicaSet", text, seconds, seconds, component="deployment-controller"))
    for n in range(before):
        pod = f"{name}-{letters(5, 'pod', app.namespace, f'{name}-', str(n))}"
        scene.event(
            replicaset,
            Note("SuccessfulDelete", f"Deleted pod: {pod}", seconds, seconds, component="replicaset-controller"),
        )
        gone: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": scene.meta("Pod", app.namespace, pod, app.age),
        }
        stopping = Note("Killing", f"Stopping container {app.name}", seconds, seconds)
        scene.event(gone, stopping, container=app.name, host=scene.machines[n % len(scene.machines)].name)
    deployment["metadata"]["generation"] = deployment["status"]["observedGeneration"] = 2
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": {"replicas": 0}}
    deployment["metadata"]["managedFields"].append(managed_fields(scaled, "kubectl", at, "spec", subresource="scale"))
    deployment["status"]["conditions"][0] |= {"lastUpdateTime": stamp(ago(scene.now, app.age - 6))}
    cluster.add(deployment)
