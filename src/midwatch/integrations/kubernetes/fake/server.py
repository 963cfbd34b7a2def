"""Runs the fake API server on a free port of the loopback interface."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
import yaml

from midwatch.integrations.kubernetes.fake.app import app
from midwatch.integrations.kubernetes.fake.world import FakeCluster

_LOOPBACK = "127.0.0.1"


def build_server(cluster: FakeCluster) -> uvicorn.Server:
    config = uvicorn.Config(
        app(cluster),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        timeout_keep_alive=75,
    )
    return uvicorn.Server(config)


def listen(port: int = 0) -> tuple[socket.socket, str]:
    """The socket and its address; port 0 takes any free one."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((_LOOPBACK, port))
    taken.listen(128)  # at once: whoever learns the address may call before the server's loop runs
    return taken, f"http://{_LOOPBACK}:{taken.getsockname()[1]}"


@contextmanager
def serve(cluster: FakeCluster, port: int = 0) -> Generator[str]:
    """The address of a server that lives as long as the block; the cluster may be changed meanwhile."""
    taken, url = listen(port)
    server = build_server(cluster)
    thread = threading.Thread(target=server.run, args=([taken],), name="fake-kubernetes", daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        yield url
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        taken.close()


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
