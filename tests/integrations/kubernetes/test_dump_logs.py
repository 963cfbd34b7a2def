"""Logs of a dump: found by layout and name, read only from their end, and only when asked for."""

import gzip
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from midwatch.integrations.kubernetes.dump import DumpReader, open_dump
from midwatch.integrations.kubernetes.objects.saved_objects import SavedLog
from midwatch.integrations.kubernetes.reader import ListRequest, LogRequest, Refused

Json = dict[str, Any]


def pod(name: str, *containers: str, namespace: str = "shop", **status: Any) -> Json:
    spec = {"containers": [{"name": c} for c in containers or ("app",)]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": name},
        "spec": spec,
        "status": status,
    }


def write(folder: Path, files: dict[str, str | Json | list[Json]]) -> DumpReader:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        body = {"kind": "PodList", "apiVersion": "v1", "items": content} if isinstance(content, list) else content
        path.write_bytes(content.encode() if isinstance(content, str) else msgspec.json.encode(body))
    return open_dump(str(folder))


async def read(
    reader: DumpReader,
    pod: str = "web-1",
    container: str = "",
    *,
    previous: bool = False,
    namespace: str = "shop",
    **more: Any,
) -> str:
    return (await reader.log(LogRequest(namespace, pod, container, previous, **more))).text


@pytest.mark.parametrize(
    "name",
    [
        *(
            "shop/web-1/app.log",
            "shop/web-1.log",
            "web-1.log",
            "web-1_app.log",
            "web-1-app.log",
            "shop_web-1_app.log",
            "logs/shop/web-1/app.log",
        ),
        *(
            "logs/shop/web-1/app.txt",
            "shop/web-1/logs.txt",
            "web-1.txt",
            "pod-web-1.log",
            "shop.web-1.log",
            "web-1.log.gz",
            "shop-web-1.log",
        ),
        *(
            "mg/quay-io/namespaces/shop/pods/web-1/app/app/logs/current.log",
            "shop/web-1/app/current.log",
            "web-1.app.log",
        ),
    ],
)
async def test_a_log_is_found_by_its_path(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"pods.json": [pod("web-1"), pod("web-10", namespace="other")], name: "starting\nready\n"})
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(b"starting\nready\n"))
    reader = open_dump(str(tmp_path))
    assert await read(reader) == await read(reader, container="app") == "starting\nready\n"
    assert (await reader.log(LogRequest("shop", "web-1"))).query == f"file {name.removesuffix('.gz')}"
    assert (await reader.version()).unreadable == ()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "shop/web-1/app.previous.log",
            "web-1-previous.log",
            "web-1_app.previous.log",
            "shop/web-1/app-previous.log",
            "web-1.previous.log",
        ),
        *("x/namespaces/shop/pods/web-1/app/app/logs/previous.log", "web-1_app_previous.log"),
    ],
)
async def test_the_previous_run_has_its_own_log(tmp_path: Path, name: str) -> None:
    reader = write(tmp_path, {"pods.json": [pod("web-1")], name: "panic\n", "web-1.log": "fine\n"})
    assert (await read(reader), await read(reader, previous=True)) == ("fine\n", "panic\n")


async def test_containers_are_told_apart(tmp_path: Path) -> None:
    files: dict[str, str | Json | list[Json]] = {
        "pods.json": [pod("web-1", "app", "proxy")],
        "web-1_app.log": "a\n",
        "web-1_proxy.log": "p\n",
    }
    reader = write(tmp_path, files)
    assert (await read(reader, container="app"), await read(reader, container="proxy"), await read(reader)) == (
        "a\n",
        "p\n",
        "a\n",
    )


async def test_a_log_without_container_is_the_first_ones(tmp_path: Path) -> None:
    reader = write(tmp_path, {"pods.json": [pod("web-1", "app", "proxy")], "web-1.log": "a\n"})
    assert await read(reader, container="app") == "a\n"
    with pytest.raises(Refused, match="holds no log of shop/web-1 container proxy") as refused:
        await read(reader, container="proxy")
    assert not refused.value.absent


async def test_a_pod_nobody_described_is_known_by_its_name(tmp_path: Path) -> None:
    reader = write(
        tmp_path,
        {"pods.json": [pod("web-1")], "shop/api-7d9f8b6c5-x2x4z.log": "api\n", "a/b-7d9f8b6c5-x2x4z/c.log": "c\n"},
    )
    assert await read(reader, "api-7d9f8b6c5-x2x4z", "whatever") == "api\n"
    assert await read(reader, "b-7d9f8b6c5-x2x4z", "c", namespace="a") == "c\n"


async def test_a_log_of_nobody_is_a_gap(tmp_path: Path) -> None:
    reader = write(tmp_path, {"pods.json": [pod("web-1")], "app.log": "who\n"})
    (gap,) = (await reader.version()).unreadable
    assert (gap.file, "known pod" in gap.reason) == ("app.log", True)


async def test_a_pod_of_two_namespaces_needs_a_folder(tmp_path: Path) -> None:
    both = [pod("web-1"), pod("web-1", namespace="stage")]
    reader = write(tmp_path, {"pods.json": both, "web-1.log": "?\n", "stage/web-1.log": "s\n"})
    assert await read(reader, namespace="stage") == "s\n"
    assert [u.file for u in (await reader.version()).unreadable] == ["web-1.log"]


DUMPED = """{
    "kind": "NodeList", "apiVersion": "v1", "items": [{"metadata": {"name": "n1"}}]
}
{
    "kind": "EventList", "apiVersion": "v1", "items": []
}
{
    "kind": "PodList", "apiVersion": "v1",
    "items": [{"metadata": {"name": "web-1", "namespace": "shop"}, "spec": {"containers": [{"name": "app"}, {"name": "proxy"}]}}]
}
==== START logs for container app of pod shop/web-1 ====
{"kind": "not an object"
==== nor a mark ====
bye
==== END logs for container app of pod shop/web-1 ====
==== START logs for container proxy of pod shop/web-1 ====
==== END logs for container proxy of pod shop/web-1 ====
{
    "kind": "EventList", "apiVersion": "v1", "items": []
}
{
    "kind": "ServiceList", "apiVersion": "v1", "items": [{"metadata": {"name": "db", "namespace": "data"}}]
}
{ "kind": "PodList", "apiVersion": "v1", "items": [
"""


@pytest.mark.parametrize("mark", ["", "utf-16"])
async def test_cluster_info_dump_in_one_file(tmp_path: Path, mark: str) -> None:
    (tmp_path / "dump.txt").write_bytes(DUMPED.encode(mark or "utf-8"))
    reader = open_dump(str(tmp_path / "dump.txt"))
    assert await read(reader, container="app") == '{"kind": "not an object"\n==== nor a mark ====\nbye\n'
    assert await read(reader, container="proxy") == ""
    events = await reader.list(ListRequest("events", "data"))
    assert (list(events.items), events.partial) == ([], "")
    assert (await reader.list(ListRequest("nodes"))).partial == ""
    assert [u.line for u in (await reader.version()).unreadable] == [25]


async def test_cluster_info_dump_in_a_folder(tmp_path: Path) -> None:
    text = DUMPED[
        DUMPED.index("==== START") : DUMPED.index(
            '{\n    "kind": "EventList", "apiVersion": "v1", "items": []\n}\n{\n    "kind": "ServiceList"'
        )
    ]
    reader = write(
        tmp_path,
        {
            "nodes.json": {"kind": "NodeList", "apiVersion": "v1", "items": [{"metadata": {"name": "n1"}}]},
            "shop/pods.json": [pod("web-1", "app", "proxy")],
            "shop/web-1/logs.txt": text,
            "idle/pods.json": [],
        },
    )
    assert (await read(reader, container="app")).endswith("bye\n")
    assert await read(reader, container="proxy") == ""
    idle = await reader.list(ListRequest("pods", "idle"))
    assert (list(idle.items), idle.partial) == ([], "")


async def test_must_gather(tmp_path: Path) -> None:
    root = "must-gather.local/quay-io-x"
    node = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"
    other = "apiVersion: config.openshift.io/v1\nkind: IngressList\nitems: []\n"
    pods = (
        "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: web-1, namespace: shop}\n  spec: {containers: "
        "[{name: app}]}\n"
    )
    one = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, namespace: shop, uid: u}\nspec: {nodeName: n1, "
        "containers: [{name: app}]}\n"
    )
    reader = write(
        tmp_path,
        {
            f"{root}/cluster-scoped-resources/core/nodes/n1.yaml": node,
            f"{root}/cluster-scoped-resources/config.openshift.io/ingresses.yaml": other,
            f"{root}/namespaces/shop/core/pods.yaml": pods,
            f"{root}/namespaces/shop/core/services.yaml": "apiVersion: v1\nkind: ServiceList\nitems: []\n",
            f"{root}/namespaces/shop/pods/web-1/web-1.yaml": one,
            f"{root}/namespaces/shop/pods/web-1/app/app/logs/current.log": "now\n",
            f"{root}/namespaces/shop/pods/web-1/app/app/logs/previous.log": "then\n",
            f"{root}/event-filter.html": "<html>",
            f"{root}/version.json": {"serverVersion": {"gitVersion": "v1.36.1"}},
        },
    )
    about = await reader.version()
    assert (about.version, about.unreadable) == ("v1.36.1", ())
    assert (await reader.list(ListRequest("nodes"))).partial == ""
    found = await reader.list(ListRequest("pods", "shop"))
    assert (len(found.items), found.partial) == (1, "")
    assert list((await reader.list(ListRequest("services", "shop"))).items) == []
    assert (await read(reader), await read(reader, previous=True)) == ("now\n", "then\n")
    with pytest.raises(Refused):
        await reader.list(ListRequest("ingresses", "shop"))


@pytest.mark.parametrize(
    ("limits", "expected", "truncated"),
    [
        ({"tail_lines": 2}, "three\nfour\n", True),
        ({"tail_lines": 4}, "one\ntwo\nthree\nfour\n", False),
        ({"limit_bytes": 10}, "four\n", True),
        ({"limit_bytes": 3}, "ur\n", True),
        ({"limit_bytes": 19, "since": datetime.now(UTC)}, "one\ntwo\nthree\nfour\n", False),
    ],
)
async def test_the_end_of_a_log(tmp_path: Path, limits: dict[str, Any], expected: str, truncated: bool) -> None:
    text = "one\ntwo\nthree\nfour\n"
    write(tmp_path, {"pods.json": [pod("web-1")], "web-1.log": text, "web-1.previous.log": text})
    (tmp_path / "web-1.previous.log.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "web-1.previous.log").unlink()
    reader = open_dump(str(tmp_path))
    for previous in (False, True):
        log = await reader.log(LogRequest("shop", "web-1", "app", previous, **limits))
        assert (log.text, log.truncated) == (expected, truncated)


@pytest.mark.parametrize("packed", [False, True])
async def test_a_long_log_costs_its_end(tmp_path: Path, packed: bool) -> None:
    write(tmp_path / "d", {"pods.json": [pod("web-1")]})
    with (tmp_path / "d/web-1.log").open("wb") as log:
        for n in range(70):
            log.write(b"".join(b"%016x%s\n" % (hash((n, i)) & (2**64 - 1), b"x" * 15) for i in range(32 * 1024)))
        log.write(b"the end\n")
    path = tmp_path / "d"
    if packed:
        path = tmp_path / "d.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for file in (tmp_path / "d").iterdir():
                archive.write(file, file.name)
    tracemalloc.start()
    reader = open_dump(str(path))
    text = await read(reader)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    await reader.close()
    assert text.endswith("the end\n")
    assert text.count("\n") == 200
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize(
    ("said", "absent"),
    [
        (
            'Error from server (BadRequest): container "app" in pod "web-1" is waiting to start: ContainerCreating\n',
            True,
        ),
        ("Error from server (NotFound): the server could not find the requested resource\n", False),
    ],
)
async def test_what_kubectl_said_instead_of_a_log_is_no_log(tmp_path: Path, said: str, absent: bool) -> None:
    reader = write(tmp_path, {"pods.json": [pod("web-1")], "web-1.log": said})
    with pytest.raises(Refused) as refused:
        await read(reader)
    assert refused.value.absent is absent


@pytest.mark.parametrize(
    ("restarts", "state", "previous", "absent"),
    [
        (0, {"waiting": {"reason": "ErrImagePull"}}, False, True),
        (0, {"running": {}}, True, True),
        (2, {"running": {}}, True, False),
    ],
)
async def test_a_container_that_never_ran_has_no_log(
    tmp_path: Path, restarts: int, state: Json, previous: bool, absent: bool
) -> None:
    status = {"name": "app", "restartCount": restarts, "state": state}
    reader = write(tmp_path, {"pods.json": [pod("web-1", containerStatuses=[status])]})
    with pytest.raises(Refused) as refused:
        await read(reader, previous=previous)
    assert refused.value.absent is absent


async def test_printed_text_brings_objects_and_logs(tmp_path: Path) -> None:
    text = (
        "$ kubectl get pods -n shop\nNAME    READY   STATUS    RESTARTS   AGE\nweb-1   1/1     Running   0          "
        "5m\n\n"
        "$ kubectl logs -n shop web-1\nhello from web\n"
    )
    reader = write(tmp_path, {"session.log": text})
    assert [o.name for o in (await reader.list(ListRequest("pods", "shop"))).items] == ["web-1"]
    assert "hello from web" in await read(reader)


async def test_a_table_becomes_a_whole_list_when_each_object_is_there(tmp_path: Path) -> None:
    table = "NAME    READY   STATUS    RESTARTS   AGE\nweb-1   1/1     Running   0          5m\n"
    reader = write(tmp_path, {"shop/kubectl get pods -n shop.txt": table})
    assert (await reader.list(ListRequest("pods", "shop"))).partial == "only the 1 Pod saved in the dump"
    reader = write(tmp_path, {"shop/web.yaml": {"kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"}}})
    assert (await reader.list(ListRequest("pods", "shop"))).partial == ""


async def test_of_many_logs_the_ends_tell_which_are_worth_reading(tmp_path: Path) -> None:
    files: dict[str, Any] = {f"shop/web-{n}/app.log": "" for n in range(80)}
    files |= {"shop/web-99/app.log": "ready\nFATAL: no space left\n", "shop/web-98/app.log": "ok\n"}
    reader = write(tmp_path, files)
    found = {one.pod: one for one in (await reader.saved_objects("container_logs")).items if isinstance(one, SavedLog)}
    assert (found["web-99"].errors, found["web-99"].empty) == (True, False)
    assert (found["web-98"].errors, found["web-98"].empty) == (False, False)
    assert sum(one.empty for one in found.values()) == 80
