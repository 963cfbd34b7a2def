"""A cluster that cannot be reached is said: at start, in /health, and in each answer that has to do without it."""

import json
import socket
from pathlib import Path

import pytest

from midwatch.integrations.kubernetes.fake import serve as serve_cluster
from midwatch.integrations.kubernetes.fake import write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from tests.flows.server import station, until

pytestmark = pytest.mark.components

ALERT = {"title": "CrashLooping", "labels": {"namespace": "shop", "pod": "cart-7f9c6d5b8-x2x9q"}, "dedup_key": "a"}


def closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(("context", "said"), [("", "Connection refused by"), ("nope", "nope")])
def test_a_server_without_its_cluster_says_so(tmp_path: Path, context: str, said: str) -> None:
    kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", closed_port())
    environment = {"MIDWATCH_KUBERNETES__KUBECONFIG": str(kubeconfig)}
    if context:
        environment["MIDWATCH_KUBERNETES__CONTEXTS"] = json.dumps([context])
    with station(tmp_path, **environment) as post:
        served = post.serve("--open")
        until(lambda: "kubernetes" in post.get("/health")["components"])
        health = post.get("/health")
        assert health["components"]["kubernetes"]["status"] == "degraded"
        assert said in health["components"]["kubernetes"]["reason"]
        assert health["status"] == "degraded" and any(r.startswith("kubernetes: degraded") for r in health["reasons"])
        assert post.asked("/healthz").status_code == post.asked("/readyz").status_code == 200
        warned = [json.loads(line) for line in served.said.splitlines() if "system unreachable" in line]
        assert [(w["level"], w["system"]) for w in warned] == [("warning", "kubernetes")] and said in warned[0][
            "reason"
        ]
        assert post.post("/webhook/generic", ALERT).status_code == 202
        run = until(lambda: [r for r in post.get("/api/v1/investigations")["items"] if r["state"] == "done"])[0]
        answer = post.get(f"/api/v1/investigations/{run['id']}")["data"]["answer"]
        gaps = [gap["reason"] for gap in answer["diagnosis"]["gaps"] if gap["tool"] == "cluster"]
        assert len(gaps) == 1 and said in gaps[0]
        assert "alert text only" in answer["source"]


def test_a_reachable_cluster_is_ok(tmp_path: Path) -> None:
    with serve_cluster(demo()) as api:
        kubeconfig = str(write_kubeconfig(tmp_path / "kubeconfig", api))
        with station(tmp_path, MIDWATCH_KUBERNETES__KUBECONFIG=kubeconfig) as post:
            post.serve("--open")
            until(lambda: "kubernetes" in post.get("/health")["components"])
            health = post.get("/health")
            assert (health["components"]["kubernetes"], health["status"]) == ({"status": "ok", "reason": ""}, "ok")
