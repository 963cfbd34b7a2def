"""Serves the fake API server on a free port of the loopback interface, and writes the kubeconfig that leads there."""

from contextlib import AbstractContextManager
from pathlib import Path

import uvicorn
import yaml

from midwatch.integrations.kubernetes.fake.app import app
from midwatch.integrations.kubernetes.fake.world import FakeCluster
from midwatch.kit import loopback


def build_server(cluster: FakeCluster) -> uvicorn.Server:
    return loopback.build_server(app(cluster))


def serve(cluster: FakeCluster, port: int = 0) -> AbstractContextManager[str]:
    """The address of a server that lives as long as the block; the cluster may be changed meanwhile."""
    return loopback.serve(app(cluster), port)


def write_kubeconfig(path: Path, url: str, token: str = "", namespace: str = "default", context: str = "fake") -> Path:
    user = {"token": token} if token else dict[str, str]()
    config: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": context, "cluster": {"server": url}}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context, "namespace": namespace}}],
        "users": [{"name": context, "user": user}],
    }
    path.write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    path.chmod(0o600)
    return path
