"""Custom resources of a live cluster: found by discovery, listed within a budget; what was not read is said."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from midwatch.integrations.kubernetes.client import LiveReader, connect
from midwatch.integrations.kubernetes.dump import open_dump
from midwatch.integrations.kubernetes.fake import FakeCluster, serve, write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.kubernetes.live.custom import KINDS, OBJECTS, PAGE
from midwatch.integrations.kubernetes.objects.custom import CustomResource, custom_resource
from midwatch.integrations.kubernetes.reader import Listing, Refused
from tests.flows.cluster import midwatch
from tests.integrations.kubernetes.api_server import ApiServer, Asked, Reply, Respond, as_json, kubeconfig, running

Open = Callable[[Respond], AbstractAsyncContextManager[tuple[ApiServer, LiveReader]]]
WAITS = "Issuing certificate as Secret does not exist"


def thing(api: str, kind: str, name: str, status: Mapping[str, Any], **meta: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, **meta}, "spec": {}, "status": status}


def not_ready(reason: str, message: str) -> dict[str, Any]:
    told = {"type": "Ready", "status": "False", "reason": reason, "message": message}
    return {"conditions": [told | {"lastTransitionTime": "2026-11-20T10:00:00Z"}]}


def broken() -> FakeCluster:
    cluster = demo()
    owner = {"ownerReferences": [{"kind": "Certificate", "name": "tls"}]}
    cluster.add(
        thing("cert-manager.io/v1", "Certificate", "tls", not_ready("DoesNotExist", WAITS), namespace="demo-apps"),
        thing(
            "cert-manager.io/v1",
            "CertificateRequest",
            "tls-1",
            not_ready("Failed", "the order is invalid: no TXT record found"),
            namespace="demo-apps",
            **owner,
        ),
        thing("helm.toolkit.fluxcd.io/v2", "HelmRelease", "far", {"conditions": []}, namespace="other"),
        thing("cert-manager.io/v1", "ClusterIssuer", "public", {"conditions": []}),
    )
    return cluster


async def read(cluster: FakeCluster, tmp_path: Path, namespace: str = "") -> Listing:
    with serve(cluster) as url:
        reader = connect(write_kubeconfig(tmp_path / "kubeconfig", url))
        try:
            return await reader.custom_resources(namespace)
        finally:
            await reader.close()


def kinds(listing: Listing) -> list[str]:
    return [o.object_kind for o in listing.items if isinstance(o, CustomResource)]


def names(listing: Listing) -> list[str]:
    return sorted(f"{o.object_kind} {o.namespace}" for o in listing.items if isinstance(o, CustomResource))


async def test_every_kind_is_found_and_listed(tmp_path: Path) -> None:
    cluster = broken()
    listing = await read(cluster, tmp_path)
    places = ["Certificate demo-apps", "CertificateRequest demo-apps", "ClusterIssuer ", "HelmRelease other"]
    assert (names(listing), listing.missed) == (places, "")
    asked = [r.path for r in cluster.requests]
    assert asked[0] == "/apis"
    assert not any(path.endswith(("/pods", "/secrets", "/leases", "/applications")) for path in asked)


async def test_of_one_namespace_and_of_kinds_without_one(tmp_path: Path) -> None:
    listing = await read(broken(), tmp_path, "demo-apps")
    assert names(listing) == ["Certificate demo-apps", "CertificateRequest demo-apps", "ClusterIssuer "]


async def test_kinds_that_may_not_be_listed_are_one_gap(tmp_path: Path) -> None:
    cluster = broken()
    for plural in ("certificates", "certificaterequests", "helmreleases"):
        cluster.forbid(plural)
    listing = await read(cluster, tmp_path)
    assert names(listing) == ["ClusterIssuer "]
    assert listing.missed.startswith("3 kinds of custom resources (")
    assert "may not be listed; grant list" in listing.missed


async def test_where_none_may_be_listed_the_right_is_named(tmp_path: Path) -> None:
    cluster = demo()
    cluster.forbid("*")
    with pytest.raises(Refused, match="may not be listed") as refused:
        await read(cluster, tmp_path)
    assert refused.value.permission.startswith("list ")


def test_an_answer_names_the_deepest_and_costs_one_discovery(tmp_path: Path) -> None:
    cluster = broken()
    with serve(cluster) as url:
        shown = midwatch(
            "diagnose", "-n", "demo-apps", "certificate tls", "--kubeconfig", str(write_kubeconfig(tmp_path / "k", url))
        )
    assert "demo-apps/certificaterequest/tls-1: Ready=False (Failed): the order is invalid" in " ".join(
        shown.out.split()
    )
    assert len([r for r in cluster.requests if r.path == "/apis"]) == 1


# -- other servers


@pytest.fixture
def lab(tmp_path: Path) -> Open:
    @asynccontextmanager
    async def open_(respond: Respond) -> AsyncIterator[tuple[ApiServer, LiveReader]]:
        async with running(respond) as api:
            reader = connect(kubeconfig(tmp_path, api.url, {"token": "not-a-real-token"}))
            yield api, reader
            await reader.close()

    return open_


def kind(plural: str, **more: Any) -> dict[str, Any]:
    response = {"group": "example.com", "version": "v1", "kind": plural.removesuffix("s").capitalize()}
    return {"resource": plural, "responseKind": response, "scope": "Namespaced", "verbs": ["get", "list"], **more}


def aggregated(*kinds: dict[str, Any]) -> Reply:
    items = [{"metadata": {"name": "example.com"}, "versions": [{"version": "v1", "resources": list(kinds)}]}]
    return as_json({"kind": "APIGroupDiscoveryList", "items": items})


def page(n: int, left: int = 0) -> Reply:
    items = [thing("", "", f"t{i}", not_ready("Failed", "no"), namespace="shop") for i in range(n)]
    more = {"continue": "x", "remainingItemCount": left} if left else {}
    return as_json({"kind": "ThingList", "metadata": more, "items": items})


async def test_what_is_beyond_the_budget_is_counted(lab: Open) -> None:
    found = [kind(f"thing{chr(97 + n // 26)}{chr(97 + n % 26)}s") for n in range(KINDS + 4)]

    def respond(asked: Asked) -> Reply:
        return aggregated(*found) if asked.path == "/apis" else page(PAGE, 7)

    async with lab(respond) as (api, reader):
        listing = await reader.custom_resources()
    assert len(api.asked) == 1 + KINDS
    assert len(listing.items) == OBJECTS
    left = KINDS * PAGE - OBJECTS + KINDS * 7
    assert f"{left} objects of {KINDS} kinds were not read" in listing.missed
    assert "4 kinds of custom resources" in listing.missed
    assert f"the limit is {KINDS} kinds" in listing.missed


async def test_kinds_with_a_status_of_their_own_come_first(lab: Open) -> None:
    found = [
        kind("bars"),
        kind("foos", subresources=[{"subresource": "status"}]),
        kind("secrets"),
        kind("logs", verbs=["get"]),
    ]

    def respond(asked: Asked) -> Reply:
        return aggregated(*found) if asked.path == "/apis" else page(1)

    async with lab(respond) as (api, reader):
        listing = await reader.custom_resources("shop")
    assert {a.path.rpartition("/")[2] for a in api.asked[1:]} == {"foos", "bars"}
    assert kinds(listing) == ["Foo", "Bar"]
    assert api.asked[1].path.startswith("/apis/example.com/v1/namespaces/shop/")


async def test_a_server_without_aggregated_discovery_is_asked_group_by_group(lab: Open) -> None:
    def respond(asked: Asked) -> Reply:
        version = {"groupVersion": "example.com/v1"}
        if asked.path == "/apis":
            groups = [{"name": "apps"}, {"name": "example.com", "preferredVersion": version}]
            return as_json({"kind": "APIGroupList", "groups": groups})
        if asked.path == "/apis/example.com/v1":
            status = {"name": "things/status", "kind": "Thing", "verbs": ["get"]}
            return as_json(
                {"resources": [{"name": "things", "kind": "Thing", "namespaced": True, "verbs": ["list"]}, status]}
            )
        return page(1)

    async with lab(respond) as (api, reader):
        listing = await reader.custom_resources()
    assert [a.path for a in api.asked] == ["/apis", "/apis/example.com/v1", "/apis/example.com/v1/things"]
    assert kinds(listing) == ["Thing"]


async def test_a_kind_that_fails_costs_only_itself(lab: Open) -> None:
    def respond(asked: Asked) -> Reply:
        if asked.path == "/apis":
            return aggregated(kind("foos"), kind("bars"))
        return page(1) if asked.path.endswith("foos") else Reply(503, b"no")

    async with lab(respond) as (_, reader):
        listing = await reader.custom_resources()
    assert kinds(listing) == ["Foo"]
    assert listing.missed == "1 kind of custom resources (bars.example.com) did not answer"


@pytest.mark.parametrize(
    "path",
    [
        "/apis/example.com/v1/secrets",
        "/apis/example.com/v1/things/web/exec",
        "/apis/example.com/v1/namespaces/shop/things/web",
    ],
)
async def test_nothing_but_lists_of_added_kinds_gets_out(lab: Open, path: str) -> None:
    async with lab(lambda _: page(1)) as (api, reader):
        with pytest.raises(Refused, match="was not sent"):
            await reader._connection.client.request("GET", path)  # pyright: ignore[reportPrivateUsage]
    assert api.asked == []


# -- saved


LISTED = """
apiVersion: config.openshift.io/v1
kind: ClusterOperatorList
items:
- metadata: {name: dns}
  status: {conditions: [{type: Degraded, status: "True", reason: DNSDegraded, message: no node is ready}]}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: a}
status: {conditions: [{type: Established, status: "False"}]}
---
apiVersion: v1
kind: Status
status: Failure
message: forbidden
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: manifest, namespace: shop}
spec: {}
"""


async def test_a_dump_holds_objects_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(LISTED)
    reader = open_dump(str(tmp_path / "a.yaml"))
    (found,) = (await reader.custom_resources()).items
    assert isinstance(found, CustomResource)
    assert (found.object_kind, found.object_group, found.object_name, found.namespace) == (
        *("ClusterOperator", "config.openshift.io", "dns"),
        "",
    )


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"kind": "Thing", "metadata": {"name": "a"}, "status": "Failure"},
        {"kind": "Thing", "metadata": {"name": "a/b"}, "status": {"phase": "x"}},
        {"kind": "no kind", "metadata": {"name": "a"}, "status": {"phase": "x"}},
        {"kind": "Thing", "metadata": [], "status": {"conditions": 3}},
    ],
)
def test_what_is_no_object_is_none(raw: dict[str, Any]) -> None:
    assert custom_resource(raw) is None
