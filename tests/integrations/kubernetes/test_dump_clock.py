"""When a saved state was saved: by its own evidence, in any order, zone and form."""

import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midwatch.domain.snapshot import Snapshot
from midwatch.integrations.kubernetes.dump import open_dump
from midwatch.integrations.kubernetes.dump.clock import DumpClock
from midwatch.integrations.kubernetes.reader import ListRequest
from midwatch.integrations.kubernetes.text.clock import capture_time

READ = datetime(2023, 9, 1, tzinfo=UTC)
TEN = datetime(2023, 7, 9, 10, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2023, 8, 1)).map(lambda t: t.replace(microsecond=0, tzinfo=UTC))
# Fixed offsets, and zones whose clocks change: Kathmandu has a quarter of an hour, Lord Howe half an hour of summer.
ZONES = st.sampled_from(
    [
        UTC,
        timezone(timedelta(hours=5, minutes=30)),
        timezone(timedelta(hours=-9, minutes=-30)),
        *(ZoneInfo(z) for z in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")),
    ]
)


def field(name: str, when: datetime, zone: Any) -> str:
    local = when.astimezone(zone)
    text = local.isoformat() if local.utcoffset() else f"{when:%Y-%m-%dT%H:%M:%S}Z"
    return json.dumps({"metadata": {name: text}})


def described(when: datetime, zone: Any, label: str = "CreationTimestamp") -> str:
    return f"Name: web\n{label}:  {when.astimezone(zone):%a, %d %b %Y %H:%M:%S %z}"


def logged(when: datetime, zone: Any) -> str:
    return f"{when.astimezone(zone).isoformat()} stdout F GET / 200"


def clock(*parts: tuple[str, str]) -> DumpClock:
    found = DumpClock(READ)
    for kind, content in parts:
        if kind == "objects":
            found.observe_text(content)
        elif kind == "log":
            found.observe_log(content)
        else:
            found.observe_printed(content, capture_time(None, enumerate(content.splitlines())))
    return found


def at(found: DumpClock) -> datetime | None:
    snapshot = found.snapshot(())
    return snapshot.at if snapshot else None


PARTS = st.tuples(st.sampled_from(["objects", "log", "text"]), MOMENTS, ZONES)


def part(kind: str, when: datetime, zone: Any) -> tuple[str, str]:
    form = {"objects": lambda: field("lastTransitionTime", when, zone), "log": lambda: logged(when, zone)}
    return kind, form.get(kind, lambda: described(when, zone))()


@given(st.lists(PARTS, min_size=1, max_size=8).flatmap(lambda p: st.tuples(st.just(p), st.permutations(p))))
def test_the_newest_time_counts_in_any_order_zone_and_form(
    given_: tuple[list[tuple[str, datetime, Any]], list[tuple[str, datetime, Any]]],
) -> None:
    one, other = given_
    newest = max(when for _, when, _ in one)
    assert at(clock(*(part(*p) for p in one))) == at(clock(*(part(*p) for p in other))) == newest


@given(MOMENTS, st.lists(MOMENTS, max_size=6), ZONES)
def test_one_text_of_many_fields_gives_the_newest(newest: datetime, older: list[datetime], zone: Any) -> None:
    newest = max([newest, *older])
    text = "\n".join(field("lastHeartbeatTime", when, zone) for when in [*older, newest, *older])
    assert at(clock(("objects", text))) == newest


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Berlin", datetime(2022, 10, 30, 0, 30, tzinfo=UTC)),
        ("America/New_York", datetime(2022, 11, 6, 5, 30, tzinfo=UTC)),
    ],
)
def test_an_hour_that_a_clock_repeats_is_told_apart_by_its_offset(zone: str, first: datetime) -> None:
    again = first + timedelta(hours=1)
    assert first.astimezone(ZoneInfo(zone)).time() == again.astimezone(ZoneInfo(zone)).time()
    parts = [part("log", again, ZoneInfo(zone)), part("text", first, ZoneInfo(zone))]
    assert at(clock(*parts)) == at(clock(*reversed(parts))) == again


@pytest.mark.parametrize(
    "text",
    [
        '{"notAfter": "2023-08-30T00:00:00Z"}',
        '{"deletionTimestamp": "2023-07-09T10:00:30Z"}',
        '{"status": {"expirationTimestamp": "2023-08-30T00:00:00Z", "nextScheduleTime": "2023-08-30T00:00:00Z"}}',
        '{"lastTransitionTime": "2023-02-31T00:00:00Z"}',
        '{"lastTransitionTime": null, "startTime": ""}',
    ],
)
def test_a_time_that_lies_ahead_or_is_none_is_no_witness(text: str) -> None:
    assert at(clock(("objects", text))) is None


@pytest.mark.parametrize(
    "line",
    [
        "token is valid until 2023-08-30T00:00:00Z",
        "Jul  9 10:00:00 node kubelet[1]: no year",
        "I0709 10:00:00.000000 1 controller.go:1] no year",
        "10:00:00 no date",
        "build 2023-07-09",
    ],
)
def test_a_line_without_a_whole_time_at_its_head_is_no_witness(line: str) -> None:
    assert at(clock(("log", line))) is None


@pytest.mark.parametrize(
    "line",
    [
        "2023-07-09T10:00:00Z x",
        "[2023-07-09 12:00:00,123 +0200] x",
        'level=info ts=2023-07-09T10:00:00.5Z caller="x"',
        '{"level":"info","ts":"2023-07-09T15:30:00+05:30","msg":"x"}',
        '10.0.0.7 - - [09/Jul/2023:06:00:00 -0400] "GET / HTTP/1.1" 200',
        "INFO 2023/07/09 10:00:00 x",
    ],
)
def test_the_head_of_a_log_line_is_a_witness(line: str) -> None:
    assert at(clock(("log", f"x\n{line}\n  at Main.java:1\n"))) == TEN


def test_a_log_without_zones_counts_only_where_nothing_names_one() -> None:
    naive = ("log", "2023-07-09 23:00:00 x")
    assert at(clock(naive)) == TEN + timedelta(hours=13)
    assert at(clock(naive, part("objects", TEN, UTC))) == at(clock(part("objects", TEN, UTC), naive)) == TEN


def test_a_date_far_ahead_of_the_reading_counts_only_where_nothing_else_does() -> None:
    future = READ + timedelta(days=400)
    assert at(clock(part("objects", future, UTC), part("objects", TEN, UTC))) == TEN
    assert at(clock(part("objects", future, UTC))) == future


@pytest.mark.parametrize(
    ("event", "seconds"),
    [
        ("Warning  Failed     21s (x2 over 35s)  kubelet            x", 35),
        ("Normal   Scheduled  4m40s              default-scheduler  x", 280),
        ("Warning  FailedScheduling  3h          default-scheduler  x", 0),  # before the start: it tells nothing
        ("Normal   Pulled     2m                 kubelet, n1        x", 120),
    ],
)
def test_the_start_of_a_pod_and_the_age_of_an_event_give_the_time(event: str, seconds: int) -> None:
    text = f"Name:  web\nStart Time:  Sun, 09 Jul 2023 15:30:00 +0530\nEvents:\n  {event}\n"
    assert capture_time(None, enumerate(text.splitlines())) == TEN + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "line",
    [
        "Date: Sun, 09 Jul 2023 10:00:00 GMT",
        "< date: Sun, 09 Jul 2023 10:00:00 GMT\r",
        "    Last Transition Time:  2023-07-09T10:00:00Z",
        "      Started:      Sun, 09 Jul 2023 12:00:00 +0200",
    ],
)
def test_any_stated_time_of_a_text_is_a_witness(line: str) -> None:
    assert capture_time(None, [(1, line)]) == TEN


@pytest.mark.parametrize("line", ["    Not After:  2023-07-09T10:00:00Z", "  Renewal Time:  2023-07-09T10:00:00Z"])
def test_a_stated_time_of_the_future_is_none(line: str) -> None:
    assert capture_time(None, [(1, line)]) is None


# -- whole dumps


def pod(**meta: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", **meta}, "status": {}}


async def snapshot(folder: Path, **files: Any) -> Snapshot | None:
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return (await open_dump(str(folder)).list(ListRequest("pods"))).snapshot


@pytest.mark.parametrize(("grace", "before"), [(30, 30), (300, 300), (None, 30), (0, 0)])
async def test_a_deletion_was_requested_before_its_grace_period(grace: int | None, before: int, tmp_path: Path) -> None:
    meta = {"deletionTimestamp": "2023-07-09T10:00:00Z"}
    found = await snapshot(tmp_path, pod_json=pod(**meta, deletionGracePeriodSeconds=grace))
    assert found and found.at == TEN - timedelta(seconds=before)


async def test_managed_fields_and_leases_are_witnesses_though_nobody_reads_them(tmp_path: Path) -> None:
    managed = [{"manager": "kubelet", "time": "2023-07-09T09:00:00Z"}]
    found = await snapshot(tmp_path, pod_json=pod(creationTimestamp="2023-07-01T00:00:00Z", managedFields=managed))
    assert found == Snapshot(at=TEN - timedelta(hours=1), exact=False)
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "n1"}}
    found = await snapshot(tmp_path, lease_json={**lease, "spec": {"renewTime": "2023-07-09T10:00:00.123456Z"}})
    assert found == Snapshot(at=TEN, exact=True)


async def test_the_time_of_the_file_counts_only_where_nothing_names_a_date(tmp_path: Path) -> None:
    table = "NAME  READY  STATUS  RESTARTS  AGE\nweb  0/1  Pending  0  3h\n"
    found = await snapshot(tmp_path, pods_txt=table)
    assert found == Snapshot(at=datetime.fromtimestamp(1_700_000_000, UTC), dated=False)
    found = await snapshot(tmp_path, pods_txt=table, web_log="2023-07-09T10:00:00Z GET /\n")
    assert found == Snapshot(at=TEN)


async def test_an_object_alone_does_not_tell_how_long_it_has_been_so(tmp_path: Path) -> None:
    alone = await snapshot(tmp_path, pod_json=pod(creationTimestamp="2023-07-09T10:00:00Z"))
    assert alone == Snapshot(at=TEN, exact=False)
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    beat = {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "2023-07-09T09:58:00Z"}]}
    assert await snapshot(tmp_path, node_json={**node, "status": beat}) == Snapshot(at=TEN, exact=True)


def test_the_last_line_of_a_log_is_not_when_it_was_saved() -> None:
    for line in ("2023-07-09T10:00:00Z no", '{"time":"2023-07-09T10:00:00Z","msg":"no"}', "2023-07-09 10:00:00 no"):
        clock = DumpClock(READ)
        clock.observe_log(line)
        assert clock.snapshot([]) == Snapshot(at=TEN, exact=False)


@pytest.mark.parametrize("name", ["creationTimestamp", "lastTransitionTime", "startedAt"])
def test_ages_do_not_count_from_the_creation_of_an_object(name: str) -> None:
    clock = DumpClock(READ)
    clock.observe_text(field(name, TEN, UTC))
    clock.observe_printed("Type Reason Age From Message", None)
    found = clock.snapshot([])
    assert found is not None
    assert found.dated is (name != "creationTimestamp")
