"""The fake server refuses in the words of the real one: held against recordings of a real API server."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from midwatch.integrations.kubernetes.fake import FakeCluster, load
from tests.integrations.kubernetes.fake_asking import Answer, ask, pod

Serve = Callable[[FakeCluster], str]
_RECORDED = Path(__file__).parent / "recorded"
_STALE = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJ4In0"


def recording(name: str) -> tuple[int, dict[str, str], str]:
    head, _, body = (_RECORDED / f"{name}.txt").read_text().partition("\n\n")
    lines = head.splitlines()
    headers = dict(line.split(": ", 1) for line in lines[2:])
    return int(lines[1].split()[1]), headers, body


def reader() -> FakeCluster:
    cluster = load([pod("web-1", "sched")])
    cluster.tokens, cluster.user = {"good": "reader"}, "reader"
    return cluster


@pytest.mark.parametrize(
    ("name", "path", "query"),
    [
        ("bad-field-selector", "/api/v1/pods", {"fieldSelector": "spec.foo=x"}),
        ("continue-expired", "/api/v1/namespaces/sched/pods", {"limit": "2", "continue_": _STALE}),
        ("forbidden", "/api/v1/namespaces/sched/secrets", {}),
        ("metrics-absent", "/apis/metrics.k8s.io/v1beta1/pods", {}),
        ("pod-not-found", "/api/v1/namespaces/sched/pods/ghost", {}),
    ],
)
def test_a_refusal_is_the_recorded_one(fake: Serve, name: str, path: str, query: dict[str, str]) -> None:
    code, headers, body = recording(name)
    seen = ask(fake(reader()), path, {"authorization": "Bearer good"}, **query)
    assert seen.status == code
    assert seen.headers["content-type"] == headers["content-type"]
    assert seen.text.strip() == body.strip() if not body.startswith("{") else seen.json == json.loads(body)


def test_a_wrong_token_is_refused_as_recorded(fake: Serve) -> None:
    code, _, body = recording("unauthorized")
    seen = ask(fake(reader()), "/api/v1/pods", {"authorization": "Bearer bad"})
    assert (seen.status, seen.json) == (code, json.loads(body))


def test_nobody_may_see_nothing_but_the_version(fake: Serve) -> None:
    url = fake(reader())
    assert ask(url, "/version").json.keys() == json.loads(recording("version")[2]).keys()
    assert ask(url, "/readyz").text == "ok"
    refused = ask(url, "/api/v1/pods").json
    assert (
        refused["message"]
        == 'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope'
    )


def test_groups_are_named_in_refusals_as_the_real_server_names_them(fake: Serve) -> None:
    cluster = reader()
    cluster.tokens.clear()
    cluster.forbid("deployments", verb="list")
    url = fake(cluster)
    assert (
        ask(url, "/apis/apps/v1/namespaces/shop/deployments/ghost").json["message"]
        == 'deployments.apps "ghost" not found'
    )
    refused = ask(url, "/apis/apps/v1/deployments").json
    assert refused["message"].startswith(
        'deployments.apps is forbidden: User "reader" cannot list resource "deployments" in API group "apps"'
    )
    assert refused["details"] == {"group": "apps", "kind": "deployments"}


def test_rights_can_end_at_a_namespace(fake: Serve) -> None:
    cluster = load([pod("web-1", "shop"), pod("web-1", "bank")])
    cluster.forbid()
    cluster.allow(namespace="shop")
    url = fake(cluster)
    assert ask(url, "/api/v1/namespaces/shop/pods").names == ["web-1"]
    assert ask(url, "/api/v1/namespaces/bank/pods").status == 403
    assert ask(url, "/api/v1/pods").status == 403
    review = {"spec": {"resourceAttributes": {"namespace": "bank", "verb": "list", "resource": "pods"}}}
    asked = ask(url, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", method="POST", body=review)
    assert (asked.status, asked.json["status"]) == (201, {"allowed": False})
    assert cluster.writes == []


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("DELETE", "/api/v1/namespaces/shop/pods/web-1", 403),
        ("DELETE", "/api/v1/namespaces/shop/pods", 403),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web/scale", 403),
        ("POST", "/api/v1/namespaces/shop/pods", 403),
        ("POST", "/api/v1/namespaces/shop/pods/web-1/eviction", 403),
        ("POST", "/api/v1/namespaces/shop/pods/web-1", 405),
        ("PUT", "/api/v1/namespaces/shop/pods", 405),
    ],
)
def test_every_attempt_to_change_something_is_refused_and_counted(
    fake: Serve, method: str, path: str, code: int
) -> None:
    cluster = load([pod("web-1")])
    seen = ask(fake(cluster), path, method=method, body={})
    assert seen.status == seen.json["code"] == code
    assert [(w.method, w.path) for w in cluster.writes] == [(method, path)]
    assert cluster.find("pods", "shop", "web-1")


def test_troubles_pass_when_their_time_is_over(fake: Serve) -> None:
    cluster = load([pod("web-1")])
    cluster.trouble("/api/v1/pods", 429, retry_after=3, times=1)
    cluster.trouble("/api/v1/nodes", 500)
    cluster.trouble("*/services", delay=0.2)
    url = fake(cluster)
    refused = ask(url, "/api/v1/pods")
    assert (refused.status, refused.headers["retry-after"]) == (429, "3")
    assert ask(url, "/api/v1/pods").names == ["web-1"]
    assert [ask(url, "/api/v1/nodes").json["reason"] for _ in range(2)] == ["InternalError"] * 2
    began = time.monotonic()
    assert ask(url, "/api/v1/services").status == 200
    assert time.monotonic() - began >= 0.2


def test_what_was_asked_is_written_down_with_what_it_cost(fake: Serve) -> None:
    cluster = load([pod(f"web-{n}", labels={"pad": "x" * 60}) for n in range(600)])
    url = fake(cluster)
    plain: Answer = ask(url, "/api/v1/pods", limit=1000)
    packed = ask(url, "/api/v1/pods", {"accept-encoding": "gzip"})
    assert packed.json["items"] == plain.json["items"]
    assert [(r.query, r.status, r.sent) for r in cluster.requests] == [
        ("limit=1000", 200, len(plain.raw)),
        ("", 200, len(packed.raw)),
    ]
    assert len(packed.raw) < len(plain.raw) / 5


@pytest.mark.parametrize(
    "path",
    ["/api/v1/shoes", "/api/v2", "/nothing", "/apis/apps/v9/deployments", "/openapi/v2", "/api/v1/pods/web-1/log/x"],
)
def test_a_path_that_nothing_serves(fake: Serve, path: str) -> None:
    seen = ask(fake(FakeCluster()), path)
    assert (seen.status, seen.text) == (404, "404 page not found\n")


def test_discovery_in_both_forms(fake: Serve) -> None:
    url = fake(FakeCluster())
    assert {g["name"] for g in ask(url, "/apis").json["groups"]} >= {"apps", "batch"}
    plain = {r["name"]: r for r in ask(url, "/api/v1").json["resources"]}
    assert plain["pods"]["shortNames"] == ["po"]
    assert plain["pods/log"]["verbs"] == ["get"]
    assert ask(url, "/api").json["versions"] == ["v1"]
    newer = ask(
        url,
        "/apis",
        {"accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"},
    )
    assert newer.headers["content-type"] == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    found: list[Any] = next(i for i in newer.json["items"] if i["metadata"]["name"] == "apps")["versions"][0][
        "resources"
    ]
    assert {"deployments", "replicasets"} <= {r["resource"] for r in found}
