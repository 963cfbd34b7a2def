"""Lists of any length are read item by item, and what is not read of one is told."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import pytest

from midwatch.integrations.kubernetes.dump import limits, open_dump
from midwatch.integrations.kubernetes.reader import Listing, ListRequest, Refused
from tests.integrations.kubernetes.test_dump import Json, dump, listed, names, only, pod


def table(count: int, **more: Any) -> Json:
    return listed("List", *(pod(f"web-{n}", **more) for n in range(count)))


async def pods(path: Path) -> Listing:
    return await open_dump(str(path)).list(ListRequest("pods"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every list is longer than what is read whole."""
    monkeypatch.setattr(limits, "OBJECT_FILE_BYTES", 1000)
    monkeypatch.setattr(limits, "LIST_CHUNK_BYTES", 512)


FORMS = {"kubectl": 4, "one line": None, "narrow": 1}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("indent", FORMS.values(), ids=list(FORMS))
async def test_a_long_list_is_read_whole(tmp_path: Path, indent: int | None) -> None:
    value = table(50, status={"message": 'a }\n        },\n {"kind": "Pod"} and ü'})
    (tmp_path / "pods.json").write_text(json.dumps(value, indent=indent), "utf-8")
    found = await pods(tmp_path)
    assert len(found.items) == 50
    assert (found.partial, found.missed, found.whole) == ("only namespace shop", "", ("shop",))


@pytest.mark.usefixtures("small")
async def test_a_long_list_reads_as_a_short_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = table(20, spec={"nodeName": "n1", "containers": [{"name": "app", "image": "web:1"}]})
    value["items"][3]["metadata"]["creationTimestamp"] = "2026-11-20T22:00:00"  # no zone
    value["items"][4]["metadata"]["labels"] = {"a": 1}  # no text
    value["items"][5]["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "b": "c"}
    del value["items"][6]["metadata"]["uid"]
    (tmp_path / "pods.json").write_text(json.dumps(value, indent=4))
    long = await pods(tmp_path)
    monkeypatch.setattr(limits, "OBJECT_FILE_BYTES", 64 * limits.MIB)
    (tmp_path / "pods.json").write_text(json.dumps([value]))  # a list of lists is read as a tree
    assert msgspec.json.encode(long.items) == msgspec.json.encode((await pods(tmp_path)).items)


@pytest.mark.usefixtures("small")
async def test_a_list_that_breaks_off_is_no_whole_one(tmp_path: Path) -> None:
    text = json.dumps(table(50), indent=4)
    (tmp_path / "pods.json").write_text(text[: len(text) // 2])
    found = await pods(tmp_path)
    assert 20 < len(found.items) < 50
    assert found.partial.startswith("only the ")
    assert found.missed.startswith("pods.json is not read after ")
    assert "breaks off" in found.missed


@pytest.mark.usefixtures("small")
async def test_more_objects_than_are_kept_are_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OBJECTS", 10)
    (tmp_path / "pods.json").write_text(json.dumps(table(50), indent=4))
    found = await pods(tmp_path)
    assert len(found.items) == 10
    assert "after 10 objects: more objects than are kept" in found.missed
    assert found.partial == "only the 10 pods saved in the dump"


@pytest.mark.usefixtures("small")
async def test_a_file_that_is_too_long_is_not_said_to_hold_none(tmp_path: Path) -> None:
    (tmp_path / "pods.yaml").write_text("apiVersion: v1\nkind: List\nitems:\n" + "- kind: Pod\n" * 200)
    dump(tmp_path, services_json=listed("ServiceList"))
    with pytest.raises(Refused, match=r"pods were not read: pods\.yaml is not read: larger than") as refused:
        await pods(tmp_path)
    assert not refused.value.absent


async def test_an_empty_list_may_be_null(tmp_path: Path) -> None:
    empty = {"kind": "StatefulSetList", "apiVersion": "apps/v1", "metadata": {}, "items": None}
    reader = dump(tmp_path, statefulsets_json=empty, pods_json=listed("PodList", pod()))
    found = await reader.list(ListRequest("statefulsets", "shop"))
    assert (names(found), found.partial) == ([], "")
    assert only(await reader.list(ListRequest("pods"))).name == "web-1"


def test_a_list_costs_the_fields_that_are_read(tmp_path: Path) -> None:
    """Managed fields are half of what kubectl prints."""
    managed = [{"manager": "kubelet", "fieldsV1": {f"f:{n}": {"f:x": {}} for n in range(200)}}]
    value = table(400)
    for item in value["items"]:
        item["metadata"]["managedFields"] = managed
    text = json.dumps(value, indent=4)
    (tmp_path / "pods.json").write_text(text)
    tracemalloc.start()
    open_dump(str(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * len(text)
