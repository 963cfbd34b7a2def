"""The worlds that come with the fake server hang together: owners, endpoints, events and counts agree, and time alone
changes them."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from midwatch.integrations.kubernetes.fake import FakeCluster
from midwatch.integrations.kubernetes.fake.crowd import crowd
from midwatch.integrations.kubernetes.fake.demo import NAMESPACE, demo
from midwatch.integrations.kubernetes.fake.podcells import status
from midwatch.integrations.kubernetes.fake.printing import get_path
from midwatch.integrations.kubernetes.fake.resources import RESOURCES
from midwatch.integrations.kubernetes.fake.situation import load_situation
from midwatch.integrations.kubernetes.objects.kinds import ALL
from tests.integrations.kubernetes.fake_asking import ask

Serve = Callable[[FakeCluster], str]
_NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
_SITUATION = """
now: 2026-11-21T02:00:00Z
logs: [{namespace: shop, pod: web, container: app, text: "hello\\n"}]
forbidden: [{resource: nodes}]
tokens: {secret-token: reader}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, creationTimestamp: 2026-11-21T01:00:00Z},
 spec: {nodeName: n1, containers: [{name: app, image: "app:1"}]},
 status: {phase: Running, containerStatuses: [{name: app, state: {running: {startedAt: 2026-11-21T01:00:05Z}}, ready: true}]}}
"""


def everything(cluster: FakeCluster, plural: str) -> list[dict[str, Any]]:
    return [cluster.get(plural, s.namespace, s.name) for s in cluster.select(plural)]


@pytest.fixture(params=["demo", "crowd"])
def world(request: pytest.FixtureRequest) -> FakeCluster:
    return demo(_NOW) if request.param == "demo" else crowd(60, 4, 3, _NOW)


def test_owners_exist_and_are_meant(world: FakeCluster) -> None:
    uids = {
        o["metadata"]["uid"] for p in RESOURCES if p not in ("podmetrics", "nodemetrics") for o in everything(world, p)
    }
    owned = [o for p in ("pods", "replicasets", "endpointslices") for o in everything(world, p)]
    assert [
        o["metadata"]["name"] for o in owned for r in o["metadata"].get("ownerReferences", ()) if r["uid"] not in uids
    ] == []


def test_no_two_objects_share_an_identity(world: FakeCluster) -> None:
    uids = [
        o["metadata"]["uid"] for p in RESOURCES if p not in ("podmetrics", "nodemetrics") for o in everything(world, p)
    ]
    assert len(uids) == len(set(uids))


def test_deployments_count_the_pods_that_are_there(world: FakeCluster) -> None:
    pods = everything(world, "pods")
    for deployment in everything(world, "deployments"):
        wanted, space = deployment["spec"]["selector"]["matchLabels"].items(), deployment["metadata"]["namespace"]
        mine = [p for p in pods if p["metadata"]["namespace"] == space and wanted <= p["metadata"]["labels"].items()]
        ready = [
            p for p in mine if any(c["type"] == "Ready" and c["status"] == "True" for c in p["status"]["conditions"])
        ]
        assert deployment["spec"]["replicas"] == len(mine) == get_path(deployment, "status.replicas", 0)
        assert get_path(deployment, "status.readyReplicas", 0) == len(ready)


def test_endpoints_are_the_addresses_of_ready_pods(world: FakeCluster) -> None:
    pods = everything(world, "pods")
    for service in everything(world, "services"):
        wanted, space = service["spec"].get("selector"), service["metadata"]["namespace"]
        if not wanted:
            continue
        mine = [
            p for p in pods if p["metadata"]["namespace"] == space and wanted.items() <= p["metadata"]["labels"].items()
        ]
        ready = {p["status"]["podIP"] for p in mine if p["status"]["containerStatuses"][0]["ready"]}
        listed = world.get("endpoints", space, service["metadata"]["name"])
        assert {a["ip"] for s in listed.get("subsets", ()) for a in s.get("addresses", ())} == ready
        name = service["metadata"]["name"]
        slices = [
            s
            for s in everything(world, "endpointslices")
            if s["metadata"]["labels"]["kubernetes.io/service-name"] == name
        ]
        found = [e for s in slices if s["metadata"]["namespace"] == space for e in s["endpoints"] or ()]
        assert {e["addresses"][0] for e in found if e["conditions"]["ready"]} == ready
        assert len(found) == len(mine)


def test_events_are_of_the_last_hour_and_about_what_is_or_was_there(world: FakeCluster) -> None:
    events = everything(world, "events")
    for event in events:
        last = event.get("lastTimestamp") or get_path(event, "series.lastObservedTime") or event["eventTime"]
        assert 0 <= (_NOW - datetime.fromisoformat(last)).total_seconds() <= 3600
        about = event["involvedObject"]
        if about["kind"] == "Pod" and event["reason"] != "Killing":
            assert world.get("pods", about["namespace"], about["name"])["metadata"]["uid"] == about["uid"]
    assert events


def test_everything_can_be_read_by_the_product(world: FakeCluster) -> None:
    for plural, kind in ALL.items():
        for stored in world.select(plural):
            assert msgspec.json.decode(stored.body, type=kind.type).metadata.name == stored.name


def test_the_same_time_gives_the_same_bytes(world: FakeCluster) -> None:
    again = demo(_NOW) if world.find("namespaces", "", NAMESPACE) else crowd(60, 4, 3, _NOW)
    assert [[s.body for s in world.select(p)] for p in RESOURCES] == [
        [s.body for s in again.select(p)] for p in RESOURCES
    ]


def test_the_demonstration_shows_what_it_should() -> None:
    cluster = demo(_NOW)
    seen = {
        p["metadata"]["labels"].get("app"): status(p)
        for p in everything(cluster, "pods")
        if p["metadata"]["namespace"] == NAMESPACE
    }
    assert seen == {
        "payment-service": "CrashLoopBackOff",
        "analytics-service": "ImagePullBackOff",
        "memory-hog": "CrashLoopBackOff",
        "cpu-intensive": "Running",
        "broken-database": "CrashLoopBackOff",
        "healthy-app": "Running",
    }
    hog = next(p for p in everything(cluster, "pods") if p["metadata"]["labels"].get("app") == "memory-hog")
    assert get_path(hog["status"]["containerStatuses"][0], "lastState.terminated.reason") == "OOMKilled"
    assert cluster.get("deployments", NAMESPACE, "frontend-app")["spec"]["replicas"] == 0
    assert not cluster.get("endpoints", NAMESPACE, "orphan-service").get("subsets")


def test_the_demonstrations_logs_tell_the_cause(fake: Serve) -> None:
    cluster = demo()
    url = fake(cluster)
    name = next(s.name for s in cluster.select("pods", NAMESPACE) if s.labels["app"] == "payment-service")
    text = ask(url, f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/log", previous="true").text
    assert "ERROR: Configuration file /config/app.conf not found!" in text
    assert ask(url, "/apis/metrics.k8s.io/v1beta1/pods").json["kind"] == "PodMetricsList"


def test_a_crowd_has_as_many_pods_as_asked_for_and_of_real_size() -> None:
    cluster = crowd(200, 5, 3, _NOW)
    pods = [s for s in cluster.select("pods") if s.namespace != "kube-system"]
    assert len(pods) == 203
    assert 4000 < sum(len(s.body) for s in pods) / len(pods) < 7000
    broken = sorted(status(s.decode()) for s in pods if s.labels["app"].startswith("broken-"))
    assert broken == ["CrashLoopBackOff", "CrashLoopBackOff", "ImagePullBackOff"]


def test_a_situation_from_a_file(fake: Serve, tmp_path: Path) -> None:
    file = tmp_path / "situation.yaml"
    file.write_text(_SITUATION)
    url, token = fake(load_situation(file)), {"authorization": "Bearer secret-token"}
    assert ask(url, "/api/v1/pods", token).names == ["web"]
    assert ask(url, "/api/v1/namespaces/shop/pods/web/log", token).text == "hello\n"
    assert ask(url, "/api/v1/nodes", token).status == 403
    assert ask(url, "/api/v1/pods").status == 403


def test_a_process_of_its_own_tells_its_address_and_ends(tmp_path: Path) -> None:
    config = tmp_path / "config"
    command = [
        sys.executable,
        "-m",
        "midwatch.integrations.kubernetes.fake",
        "--pods",
        "30",
        "--seconds",
        "1.5",
        "--kubeconfig",
        str(config),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert len(ask(url, "/api/v1/pods", labelSelector="app").names) >= 30
        assert url in config.read_text()
        assert process.stdout.read().startswith("requests=1 writes=0 ")
    assert process.returncode == 0
