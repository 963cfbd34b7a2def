"""The real kubectl is content with the fake server."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.fake import FakeCluster, serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo

_MISSING = "kubectl is not on PATH (apt-get install -y --no-install-recommends kubernetes-client)"
pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason=_MISSING)
Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def cluster() -> FakeCluster:
    return demo()


@pytest.fixture(scope="module")
def kubectl(cluster: FakeCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """Gives what kubectl printed, its complaints included; nothing of the person's own configuration is used."""
    folder: Path = tmp_path_factory.mktemp("kubectl")
    with serve(cluster) as url:
        config = write_kubeconfig(folder / "config", url, namespace="demo-apps")

        def run(*words: str) -> str:
            own = ["kubectl", "--kubeconfig", str(config), "--cache-dir", str(folder / "cache"), *words]
            done = subprocess.run(
                own, capture_output=True, text=True, timeout=30, env={"HOME": str(folder), "PATH": os.environ["PATH"]}
            )
            return done.stdout + done.stderr

        yield run


def test_get_shows_the_servers_table(kubectl: Kubectl) -> None:
    lines = kubectl("get", "pods", "--no-headers").splitlines()
    shown = {line.split()[0].rsplit("-", 2)[0]: line.split()[1:3] for line in lines}
    assert shown["payment-service"] == ["0/1", "CrashLoopBackOff"]
    assert shown["analytics-service"] == ["0/1", "ImagePullBackOff"]
    assert shown["healthy-app"] == ["1/1", "Running"]


def test_get_everything_everywhere(kubectl: Kubectl) -> None:
    text = kubectl("get", "all", "-A", "-o", "wide")
    assert "kube-system" in text
    assert "deployment.apps/frontend-app" in text
    assert "rror" not in text


def test_get_as_data(kubectl: Kubectl) -> None:
    assert "replicas: 0" in kubectl("get", "deployment", "frontend-app", "-o", "yaml")
    assert (
        kubectl("get", "pods", "-l", "app in (healthy-app)", "-o", "jsonpath={.items[*].status.phase}")
        == "Running Running"
    )
    assert "payment-service" in kubectl(
        "get", "pods", "--field-selector", "status.phase=Running,spec.nodeName!=", "-o", "name"
    )


def test_describe(kubectl: Kubectl) -> None:
    pod = kubectl("describe", "pods", "-l", "app=memory-hog")
    assert "OOMKilled" in pod
    assert "Back-off restarting failed container" in pod
    assert "Scaled down replica set" in kubectl("describe", "deployment", "frontend-app")
    behind = next(
        line for line in kubectl("describe", "service", "orphan-service").splitlines() if line.startswith("Endpoints")
    )
    assert behind.split(":", 1)[1].strip() in ("", "<none>")  # from 1.31 on kubectl leaves it empty
    assert "KubeletReady" in kubectl("describe", "node", "worker-1")


def test_logs_and_events(kubectl: Kubectl) -> None:
    assert "/config/app.conf not found!" in kubectl("logs", "-l", "app=payment-service", "--previous")
    assert "trying and failing to pull image" in kubectl("logs", "-l", "app=analytics-service")
    assert "Back-off pulling image" in kubectl("get", "events", "--sort-by=.lastTimestamp")


def test_a_change_is_refused_in_so_many_words(kubectl: Kubectl, cluster: FakeCluster) -> None:
    text = kubectl("delete", "deployment", "healthy-app")
    assert '"healthy-app" is forbidden' in text
    assert "cannot delete resource" in text
    assert [w.method for w in cluster.writes] == ["DELETE"]
