"""Logs of the fake server: what a kubelet gives, and the words with which it has nothing to give."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from midwatch.integrations.kubernetes.fake import FakeCluster, load
from tests.integrations.kubernetes.fake_asking import Answer, ask, pod

Serve = Callable[[FakeCluster], str]
_NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
_ENDED = {"terminated": {"exitCode": 1, "reason": "Error", "containerID": "containerd://0"}}


def cluster(state: Mapping[str, Any], last: Mapping[str, Any] | None = None, **spec: Any) -> FakeCluster:
    web = pod("web")
    web["status"]["containerStatuses"][0] |= {"state": state, "lastState": last or {}}
    web["spec"] |= spec
    found = load([web], _NOW)
    found.log("shop", "web", "app", "one\ntwo\nthree\n")
    found.log("shop", "web", "app", "before\n", previous=True)
    return found


def log(url: str, **query: str | int) -> Answer:
    return ask(url, "/api/v1/namespaces/shop/pods/web/log", None, method="GET", body=None, **query)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, "one\ntwo\nthree\n"),
        ({"tailLines": 2}, "two\nthree\n"),
        ({"tailLines": 0}, ""),
        ({"tailLines": 2, "limitBytes": 5}, "two\nt"),
        ({"sinceSeconds": 1}, "two\nthree\n"),
        ({"sinceTime": "2026-11-21T02:00:00Z"}, "three\n"),
        ({"timestamps": "true", "tailLines": 1}, "2026-11-21T02:00:00.000000000Z three\n"),
        ({"container": "app", "follow": "true"}, "one\ntwo\nthree\n"),
    ],
)
def test_a_part_of_a_log(fake: Serve, query: dict[str, str | int], text: str) -> None:
    seen = log(fake(cluster({"running": {}})), **query)
    assert (seen.status, seen.headers["content-type"].split(";")[0], seen.text) == (200, "text/plain", text)


def test_a_container_that_waits_to_be_restarted_shows_its_last_run(fake: Serve) -> None:
    url = fake(cluster({"waiting": {"reason": "CrashLoopBackOff"}}, _ENDED))
    assert log(url).text == log(url, previous="true").text == "before\n"


@pytest.mark.parametrize(
    ("state", "last", "query", "message"),
    [
        ({"running": {}}, {}, {"previous": "true"}, 'previous terminated container "app" in pod "web" not found'),
        (
            {"waiting": {"reason": "ContainerCreating"}},
            {},
            {},
            'container "app" in pod "web" is waiting to start: ContainerCreating',
        ),
        (
            {"waiting": {"reason": "ErrImagePull"}},
            {},
            {},
            'container "app" in pod "web" is waiting to start: image can\'t be pulled',
        ),
        (
            {"waiting": {"reason": "ImagePullBackOff"}},
            {},
            {},
            'container "app" in pod "web" is waiting to start: trying and failing to pull image',
        ),
        ({}, {}, {}, 'container "app" in pod "web" is waiting to start - no logs yet'),
        ({"running": {}}, {}, {"container": "ghost"}, "container ghost is not valid for pod web"),
    ],
)
def test_why_there_is_no_log(
    fake: Serve, state: dict[str, Any], last: dict[str, Any], query: dict[str, str], message: str
) -> None:
    seen = log(fake(cluster(state, last)), **query)
    assert (seen.status, seen.json["reason"], seen.json["message"]) == (400, "BadRequest", message)


def test_one_of_several_containers_must_be_named(fake: Serve) -> None:
    several = [{"name": "a"}, {"name": "b"}]
    seen = log(fake(cluster({"running": {}}, containers=several, initContainers=[{"name": "setup"}])))
    expected = (
        "a container name must be specified for pod web, choose one of: [a b] or one of the init containers: [setup]"
    )
    assert seen.json["message"] == expected


def test_a_pod_on_no_node_has_an_empty_log(fake: Serve) -> None:
    assert log(fake(cluster({}, nodeName=""))).text == ""


def test_a_node_that_does_not_answer(fake: Serve) -> None:
    found = cluster({"running": {}})
    condition = {"type": "Ready", "status": "Unknown"}
    found.add({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": [condition]}})
    assert log(fake(found)).status == 500


def test_options_that_contradict_each_other(fake: Serve) -> None:
    seen = log(fake(cluster({"running": {}})), sinceSeconds=1, sinceTime="2026-11-21T02:00:00Z")
    assert (seen.status, seen.json["reason"]) == (422, "Invalid")


def test_logs_can_be_forbidden_while_pods_are_not(fake: Serve) -> None:
    found = cluster({"running": {}})
    found.forbid("pods/log")
    url = fake(found)
    assert 'cannot get resource "pods/log"' in log(url).json["message"]
    assert ask(url, "/api/v1/namespaces/shop/pods/web").status == 200
