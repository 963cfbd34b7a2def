"""Dumps made to cost time or memory: what is read of them is bounded, and what is left out is said."""

import json
import tracemalloc
from pathlib import Path
from time import process_time

import pytest

from midwatch.analysis.logs import lines
from midwatch.diagnosis.kubernetes.analyzers.peers import unreachable_host
from midwatch.diagnosis.kubernetes.scheduling.messages import counts
from midwatch.integrations.kubernetes.dump.podlogs import Attribution
from midwatch.integrations.kubernetes.dump.reader import DumpReader
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.meta import Metadata
from midwatch.integrations.kubernetes.objects.selectors import requirements
from midwatch.integrations.kubernetes.reader import ListRequest, LogRequest
from midwatch.integrations.kubernetes.scrub import scrub
from midwatch.integrations.kubernetes.text import read
from midwatch.integrations.kubernetes.text.tables import tables

LOG = LogRequest("shop", "web", "web")


def dump(folder: Path, log: int) -> Path:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{"name": "web"}]},
    }
    (folder / "pods.json").write_text(json.dumps(pod))
    (folder / "shop" / "web").mkdir(parents=True)
    (folder / "shop" / "web" / "web.log").write_bytes(b"f" * log)
    return folder


async def _end_of_log(folder: Path, size: int) -> None:
    reader = DumpReader(dump(folder, size))
    tracemalloc.start()
    seen = await reader.log(LOG)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    await reader.close()
    assert len(seen.text) == LOG.limit_bytes
    assert seen.truncated
    assert peak < 8 * LOG.limit_bytes


async def test_of_a_log_of_one_endless_line_the_end_is_read(tmp_path: Path) -> None:
    await _end_of_log(tmp_path, 5_000_000)


@pytest.mark.long
async def test_of_a_log_of_a_hundred_million_characters_the_end_is_read(tmp_path: Path) -> None:
    await _end_of_log(tmp_path, 100_000_000)


async def _events(folder: Path, count: int) -> int:
    names = ({"metadata": {"name": f"e{n}", "namespace": "shop"}, "message": "a" * 20} for n in range(count))
    items = ",".join(json.dumps({"apiVersion": "v1", "kind": "Event", **one}) for one in names)
    (folder / "events.json").write_text(
        f'{{"apiVersion": "v1", "kind": "EventList", "metadata": {{}}, "items": [{items}]}}'
    )
    reader = DumpReader(folder / "events.json")
    return len((await reader.list(ListRequest("events", "shop"))).items)


async def test_many_events_of_a_dump_are_read(tmp_path: Path) -> None:
    assert await _events(tmp_path, 20_000) == 20_000


def test_a_message_of_any_number_of_lines_is_held_up_to_its_limit() -> None:
    header, row = "LAST SEEN   TYPE      REASON   OBJECT    MESSAGE", "5m          Warning   Failed   pod/web   said"
    text = [header, row, *([" more of it"] * 20_000)]
    (found,) = tables(list(enumerate(text)))
    assert 16_000 < len(found.rows[0][1]["MESSAGE"]) < 17_000
    assert found.unread > 18_000


def test_a_name_longer_than_any_is_no_log_of_a_pod() -> None:
    assert Attribution([], ["shop"]).claim("shop/" + "a." * 2_000 + "log") is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("a=b", ["a=b"]),
        ("a=b,c!=d", ["a=b", "c!=d"]),
        ("a in (b,c),d", ["a in (b,c)", "d"]),
        ("a in (b),c notin (d,e)", ["a in (b)", "c notin (d,e)"]),
        ("a in (b,c", ["a in (b", "c"]),
        ("a,b)", ["a,b)"]),
    ],
)
def test_commas_between_parentheses_part_values(text: str, parts: list[str]) -> None:
    assert requirements(text) == parts


def test_numbers_of_thousands_of_digits_are_no_numbers() -> None:
    long = "9" * 10_000
    assert counts(f"0/1 nodes are available: {long} node(s) were unschedulable, {long} Insufficient cpu") is not None
    for line in lines(
        f"server at db, port {long} refused\nhost=db port={long} refused\nconnect to db ({long}) refused"
    ):
        unreachable_host(line)


def _seconds(text: str) -> float:
    """Of CPU that reading a pasted text takes."""
    began = process_time()
    read(text, name="paste.txt", now=None)
    return process_time() - began


@pytest.mark.parametrize("line", ["\n", 'Defaulted container "a" out of: b\n'])
def test_a_log_of_empty_lines_is_read_in_linear_time(line: str) -> None:
    few, many = (f"$ kubectl logs web\n{line * n}" for n in (40_000, 200_000))
    assert _seconds(many) < 10 * max(min(_seconds(few) for _ in range(2)), 0.05)


def test_of_a_message_longer_than_any_the_middle_is_cut() -> None:
    event = scrub(Event(metadata=Metadata(name="e", namespace="shop"), message="a" * 100_000 + " end"))
    assert isinstance(event, Event)
    assert event.message is not None
    assert event.message.endswith("characters cut …]" + "a" * 1020 + " end")
    assert len(event.message) < 5_000
