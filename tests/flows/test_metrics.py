"""A dump with metrics: from the files a person saved to the answer, its bundle, and the replay of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.flows.cluster import midwatch

_START = datetime(2026, 11, 21, 2, tzinfo=UTC).timestamp()


def saved(folder: Path, columns: dict[str, tuple[float, float]]) -> str:
    """Two healthy pods, and what Prometheus measured: each metric goes from its first value to its second."""
    owner = {"kind": "StatefulSet", "controller": True, "uid": "u"}
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    pods = [
        {
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {
                "name": f"{name}-0",
                "namespace": "shop",
                "uid": name,
                "ownerReferences": [{**owner, "name": name}],
            },
            "spec": {
                "containers": [{"name": "app", "image": "app:1", "env": [{"name": "STORE_URL", "value": "store-0:80"}]}]
            },
            "status": ready,
        }
        for name in ("front", "store")
    ]
    folder.mkdir()
    (folder / "pods.json").write_text(
        json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": pods})
    )
    result = [
        {
            "metric": {"__name__": name.partition("-")[2], "service": name.partition("-")[0]},
            "values": [[_START + 5 * n, f"{calm if n < 20 or n > 50 else later}"] for n in range(60)],
        }
        for name, (calm, later) in columns.items()
    ]
    (folder / "metrics.json").write_text(
        json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})
    )
    return str(folder)


THROTTLED = {
    "store-latency_p95": (9.0, 120.0),
    "store-cpu": (0.05, 0.4),
    "store-cpu_cfs": (0.01, 0.9),
    "front-latency_p95": (20.0, 22.0),
}


def test_the_answer_and_its_replay_are_the_same_bytes(tmp_path: Path) -> None:
    bundle = str(tmp_path / "bundle.tgz")
    here = midwatch(
        "diagnose",
        "why is front slow",
        "-A",
        "--dump",
        saved(tmp_path / "dump", THROTTLED),
        "--json",
        "--bundle",
        bundle,
    )
    (cause,) = here.answer["diagnosis"]["causes"] or here.answer["diagnosis"]["elsewhere"]
    assert (cause["finding"]["code"], cause["finding"]["owner"]["name"]) == ("K8S-951", "store")
    assert [e["size"] for e in here.answer["evidence"] if e["tool"] == "kubernetes_metrics"] == ["4 series"]
    replayed = midwatch("replay", bundle, "--json", "--check")
    assert replayed.out == here.out


@pytest.mark.parametrize(
    ("question", "columns", "verdict"),
    [
        ("why is it slow", {"store-latency_p95": (9.0, 9.5), "front-latency_p95": (20.0, 22.0)}, "HEALTHY"),
        ("why is it slow", {"store-cpu": (0.05, 0.06)}, "INCONCLUSIVE"),
        ("is it up", {"store-cpu": (0.05, 0.06)}, "HEALTHY"),
    ],
)
def test_only_measured_latency_answers_a_question_about_it(
    question: str, columns: dict[str, tuple[float, float]], verdict: str, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "dump", columns)
    for plural, kind in (("deployments", "Deployment"), ("statefulsets", "StatefulSet"), ("services", "Service")):
        empty = {
            "kind": f"{kind}List",
            "apiVersion": "v1" if kind == "Service" else "apps/v1",
            "metadata": {},
            "items": [],
        }
        (Path(folder) / f"{plural}.json").write_text(json.dumps(empty))
    shown = midwatch("diagnose", question, "-A", "--dump", folder, "--json")
    assert shown.answer["verdict"] == verdict, shown.answer["headline"]
