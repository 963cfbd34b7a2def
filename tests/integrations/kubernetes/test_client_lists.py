"""Lists from a live server: paging, decoding, retries, and what may never be asked."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.domain.observation import Resources
from midwatch.integrations.kubernetes.client import LiveReader, NoConnection, connect
from midwatch.integrations.kubernetes.live.connection import only_reads
from midwatch.integrations.kubernetes.live.errors import ApiRequest, ClusterEndpoint
from midwatch.integrations.kubernetes.live.pages import MOST, MOST_PAGES, Collected, decode_page
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap
from midwatch.integrations.kubernetes.objects.kinds import ALL
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.reader import ListRequest, Refused
from midwatch.integrations.kubernetes.tools import kubernetes_events
from tests.integrations.kubernetes.api_server import (
    ApiServer,
    Asked,
    Reply,
    Respond,
    as_json,
    gzipped,
    kubeconfig,
    recorded,
    running,
)

Open = Callable[[Respond], AbstractAsyncContextManager[tuple[ApiServer, LiveReader]]]


@pytest.fixture
def lab(tmp_path: Path) -> Open:
    @asynccontextmanager
    async def open_(respond: Respond) -> AsyncIterator[tuple[ApiServer, LiveReader]]:
        async with running(respond) as api:
            reader = connect(kubeconfig(tmp_path, api.url, {"token": "not-a-real-token"}))
            yield api, reader
            await reader.close()

    return open_


def pod(name: str, **meta: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "managedFields": [{"manager": "x"}], **meta},
        "spec": {"containers": []},
        "status": {},
    }


def page(*items: Any, token: str = "", left: int = 0) -> dict[str, Any]:
    return {
        "kind": "PodList",
        "metadata": {"resourceVersion": "7", "continue": token, "remainingItemCount": left},
        "items": list(items),
    }


def paged(asked: Asked) -> Reply:
    match asked.params.get("continue"):
        case None:
            return as_json(page(pod("a"), token="two/+=", left=2))
        case "two/+=":
            return as_json(page(pod("b"), token="three", left=1))
        case _:
            return as_json(page(pod("c")))


async def test_pages_are_followed_to_the_end(lab: Open) -> None:
    async with lab(paged) as (api, reader):
        seen = await reader.list(
            ListRequest("pods", "shop", labels="app in (web, api)", fields="status.phase!=Succeeded")
        )
    assert [p.name for p in seen.items] == ["a", "b", "c"]
    assert all(isinstance(p, Pod) for p in seen.items)
    selectors = "labelSelector=app%20in%20(web,%20api)&fieldSelector=status.phase!=Succeeded"
    assert seen.query == f"GET /api/v1/namespaces/shop/pods?limit=500&{selectors} (3 pages)"
    assert seen.partial == ""
    assert api.asked[0].params == {
        "limit": "500",
        "labelSelector": "app in (web, api)",
        "fieldSelector": "status.phase!=Succeeded",
    }
    assert api.asked[2].params["continue"] == "three"
    assert {a.headers["authorization"] for a in api.asked} == {"Bearer not-a-real-token"}
    assert {a.method for a in api.asked} == {"GET"}


async def test_a_list_that_expires_is_begun_anew(lab: Open) -> None:
    expired = iter([True, False, False])

    def respond(asked: Asked) -> Reply:
        return recorded("continue-expired") if asked.params.get("continue") and next(expired) else paged(asked)

    async with lab(respond) as (api, reader):
        seen = await reader.list(ListRequest("pods", "shop"))
    assert [p.name for p in seen.items] == ["a", "b", "c"]
    assert [a.params.get("continue") for a in api.asked] == [None, "two/+=", None, "two/+=", "three"]


async def test_a_list_that_expires_twice_is_refused(lab: Open) -> None:
    async with lab(lambda asked: recorded("continue-expired") if asked.params.get("continue") else paged(asked)) as (
        _,
        reader,
    ):
        with pytest.raises(Refused, match="dropped the list of pods while it was read, twice"):
            await reader.list(ListRequest("pods"))


async def test_a_right_that_is_missing_is_named(lab: Open) -> None:
    async with lab(lambda _: recorded("forbidden")) as (api, reader):
        with pytest.raises(Refused, match="reader may not list pods in namespace shop; grant it") as caught:
            await reader.list(ListRequest("pods", "shop"))
        assert caught.value.permission == "list pods in namespace shop"
        assert caught.value.query == "GET /api/v1/namespaces/shop/pods?limit=500"
        with pytest.raises(Refused) as caught:
            await reader.list(ListRequest("nodes", "shop"))
        assert caught.value.permission == "list nodes"
    assert [a.path for a in api.asked] == ["/api/v1/namespaces/shop/pods", "/api/v1/nodes"]


async def test_anonymous_is_told_apart(lab: Open) -> None:
    said = {"kind": "Status", "message": 'pods is forbidden: User "system:anonymous" cannot list resource "pods"'}
    async with lab(lambda _: as_json(said, 403)) as (_, reader):
        with pytest.raises(
            Refused, match="treats Midwatch as anonymous, who may not list pods; check the user of context 'lab'"
        ):
            await reader.list(ListRequest("pods"))


async def test_an_absent_api_is_an_answer(lab: Open) -> None:
    async with lab(lambda _: recorded("metrics-absent")) as (api, reader):
        with pytest.raises(
            Refused, match=r"has no resource type pods\.metrics\.k8s\.io \(metrics\.k8s\.io/v1beta1\)"
        ) as caught:
            await reader.list(ListRequest("podmetrics", "shop"))
    assert caught.value.absent
    assert api.asked[0].path == "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods"


async def test_the_servers_words_are_passed_on(lab: Open) -> None:
    async with lab(lambda _: recorded("bad-field-selector")) as (_, reader):
        with pytest.raises(Refused, match=r"rejected the request \(400\): field label not supported: spec\.foo"):
            await reader.list(ListRequest("pods", fields="spec.foo=x"))


@pytest.mark.parametrize(
    "first", [Reply(429, headers={"Retry-After": "0"}), Reply(503, b"oops", {"Retry-After": "0"}), "reset"]
)
async def test_a_busy_server_is_asked_once_more(lab: Open, first: Reply | str) -> None:
    replies = iter([first])

    def respond(asked: Asked) -> Reply:
        match next(replies, None):
            case Reply() as reply:
                return reply
            case str():
                raise ConnectionResetError
            case None:
                return as_json(page(pod("a")))

    async with lab(respond) as (api, reader):
        seen = await reader.list(ListRequest("pods"))
    assert [p.name for p in seen.items] == ["a"]
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    ("status", "words"),
    [(429, "turned the question away twice"), (500, r"failed to answer \(500\): etcdserver: leader changed")],
)
async def test_a_server_that_stays_busy_is_left_alone(lab: Open, status: int, words: str) -> None:
    async with lab(lambda _: as_json({"message": "etcdserver: leader changed"}, status, Retry_After="0")) as (
        api,
        reader,
    ):
        with pytest.raises(Refused, match=words):
            await reader.list(ListRequest("pods"))
    assert len(api.asked) == 2


async def test_one_bad_object_costs_only_itself(lab: Open) -> None:
    bad = pod("bad", generation="seven")
    async with lab(lambda _: as_json(page(pod("a"), bad, pod("b"), {"metadata": 3}))) as (_, reader):
        seen = await reader.list(ListRequest("pods"))
    assert [p.name for p in seen.items] == ["a", "b"]
    assert seen.partial.startswith(
        "2 of the pods could not be decoded (shop/bad: Expected `int`, got `str` - at `$.metadata.generation` and 1 "
        "more"
    )


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"", b"[]", b'{"kind":"Status"}', b"\xff\xfe"])
async def test_what_is_no_list_is_refused(lab: Open, body: bytes) -> None:
    async with lab(lambda _: Reply(200, body)) as (_, reader):
        with pytest.raises(Refused, match="did not answer with a list"):
            await reader.list(ListRequest("pods"))


async def test_empty_and_compressed_lists(lab: Open) -> None:
    async with lab(
        lambda asked: gzipped(as_json({"items": None, "metadata": {}} if "shop" in asked.path else page(pod("a"))))
    ) as (
        api,
        reader,
    ):
        assert list((await reader.list(ListRequest("pods", "shop"))).items) == []
        assert [p.name for p in (await reader.list(ListRequest("pods"))).items] == ["a"]
    assert api.asked[0].headers["accept-encoding"] == "gzip"


async def test_the_last_applied_configuration_is_dropped(lab: Open) -> None:
    notes = {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"password":"hunter2"}}', "team": "shop"}
    async with lab(lambda _: as_json(page(pod("a", annotations=notes)))) as (_, reader):
        seen = await reader.list(ListRequest("pods"))
    assert seen.items[0].annotations == {"team": "shop"}


async def test_names_only_keeps_no_contents_whatever_comes(lab: Open) -> None:
    item = {"metadata": {"name": "settings", "namespace": "shop"}, "data": {"password": "hunter2"}}
    async with lab(lambda _: as_json(page(item))) as (api, reader):
        seen = await reader.list(ListRequest("configmaps", names_only=True))
    assert api.asked[0].headers["accept"] == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    (found,) = seen.items
    assert isinstance(found, ConfigMap)
    assert (found.name, found.data) == ("settings", None)


async def test_secrets_are_never_asked_for(lab: Open) -> None:
    async with lab(paged) as (api, reader):
        with pytest.raises(Refused, match="never asks for Secrets"):
            await reader.list(ListRequest("secrets", "shop"))
        with pytest.raises(Refused, match="did you mean 'pods'"):
            await reader.list(ListRequest("podz", "shop"))
    assert api.asked == []


@pytest.mark.parametrize("namespace", ["shop/secrets", "../..", "a?x", "a#b", "%2e", "Shop", "a b", "-a", "a\n"])
async def test_a_name_that_leads_elsewhere_is_not_sent(lab: Open, namespace: str) -> None:
    async with lab(paged) as (api, reader):
        with pytest.raises(Refused, match="cannot be the name of a namespace"):
            await reader.list(ListRequest("pods", namespace))
    assert api.asked == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/namespaces/shop/pods"),
        ("DELETE", "/api/v1/namespaces/shop/pods"),
        ("GET", "/api/v1/namespaces/shop/secrets"),
        ("GET", "/api/v1/secrets"),
        ("GET", "/api/v1/namespaces/shop/pods/web/exec?command=sh"),
        ("GET", "/api/v1/namespaces/shop/services/web/proxy/"),
    ],
)
async def test_the_client_itself_lets_nothing_but_reads_out(lab: Open, method: str, path: str) -> None:
    async with lab(paged) as (api, reader):
        client = reader._connection.client  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(Refused, match="was not sent"):
            await client.request(method, path)
    assert api.asked == []


def test_the_gate_knows_the_prefix_of_a_proxied_cluster() -> None:
    check = only_reads("/k8s/clusters/c-1/")
    good = httpx2.Request("GET", "https://r/k8s/clusters/c-1/api/v1/pods?limit=1")
    with pytest.raises(StopIteration):
        check(good).__await__().send(None)
    for bad in ("https://r/k8s/clusters/c-1/v3/users", "https://r/other/api/v1/pods"):
        with pytest.raises(Refused):
            check(httpx2.Request("GET", bad)).__await__().send(None)


async def test_about_names_context_host_and_version(lab: Open) -> None:
    async with lab(lambda _: recorded("version")) as (api, reader):
        about = await reader.version()
    assert about.source == f"cluster lab at 127.0.0.1:{api.port}"
    assert about.version == "v0.0.0-master+$Format:%H$"
    assert reader.default_namespace == "shop"


async def test_about_survives_a_hidden_version_and_knows_a_stranger(lab: Open) -> None:
    async with lab(lambda _: recorded("forbidden")) as (_, reader):
        assert (await reader.version()).version == ""
    async with lab(lambda _: Reply(200, b"<html>")) as (_, reader):
        with pytest.raises(NoConnection, match="is not a Kubernetes API server"):
            await reader.version()


async def test_an_address_with_a_path_and_a_password_never_shows_the_password(tmp_path: Path) -> None:
    async with running(lambda _: recorded("version")) as api:
        reader = connect(kubeconfig(tmp_path, f"http://me:hunter2@127.0.0.1:{api.port}/k8s/clusters/c-1"))
        about = await reader.version()
        await reader.close()
    assert api.asked[0].path == "/k8s/clusters/c-1/version"
    assert about.source == f"cluster lab at 127.0.0.1:{api.port}"


FIELDS = st.sampled_from(["name", "labels", "containers", "conditions", "creationTimestamp", "x"])
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("aé", max_size=2),
    lambda v: st.lists(v, max_size=2) | st.dictionaries(FIELDS, v, max_size=3),
    max_leaves=6,
)


@given(items=st.lists(st.dictionaries(st.sampled_from(["metadata", "spec", "status", "x"]), json_values), max_size=4))
def test_foreign_json_is_decoded_or_skipped_and_counted(items: list[Any]) -> None:
    got = Collected()
    body = bytearray(json.dumps({"items": items, "metadata": {}}).encode())
    decode_page(body, ALL["pods"], ListRequest("pods"), ApiRequest("/", "", "", ClusterEndpoint("lab", "here")), got)
    assert len(got.items) + len(got.skipped) == len(items)


async def test_half_a_million_events_are_read_up_to_the_cap_and_the_rest_is_told(lab: Open) -> None:
    events = [{"metadata": {"name": "e", "namespace": "shop"}, "type": "Warning"}] * 5_000
    pages = (f"page-{number}" for number in count())

    def reply(_: object) -> Reply:
        return as_json(
            {"kind": "EventList", "metadata": {"continue": next(pages), "remainingItemCount": 300_000}, "items": events}
        )

    async with lab(reply) as (api, reader):
        seen = await kubernetes_events(reader, "shop", which="telling")
    assert isinstance(seen.observation, Resources)
    assert len(api.asked) <= 4 * MOST // 5_000
    assert f"stopped after {MOST} events, 300000 more exist" in seen.observation.partial
    assert seen.observation.partial.startswith("warnings")


async def test_a_list_of_empty_pages_ends(lab: Open) -> None:
    pages = (f"page-{number}" for number in count())
    async with lab(lambda _: as_json(page(token=next(pages)))) as (api, reader):
        seen = await reader.list(ListRequest("pods", "shop"))
    assert len(api.asked) == MOST_PAGES
    assert seen.partial == f"stopped after {MOST_PAGES} pages with 0 pods"
