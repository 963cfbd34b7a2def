"""The store is away, full, locked or unwritable for a while, in the middle of investigations: everything is done, once,
without a restart. `make test` has the shortest form, on SQLite; `make test-components` has one of each."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest

from tests.flows.night import Night, fallen
from tests.flows.outages import fill, small_disk
from tests.flows.paging import deliver, page
from tests.flows.server import until
from tests.postgres import Server, running

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system, which only root may do")
needs_faketime = pytest.mark.skipif(
    shutil.which("faketime") is None, reason="no faketime (on Debian: apt-get install faketime)"
)
RUNS, PATIENCE_S = 3, 120.0


@pytest.fixture(scope="module")
def own_postgres() -> Generator[Server]:
    """One that may be killed: nobody else's."""
    with running() as server:
        yield server


@pytest.fixture
def on_postgres(own_postgres: Server, tmp_path: Path) -> Generator[Night]:
    url = own_postgres.migrated()
    with fallen(url, tmp_path) as made:
        yield made
    own_postgres.drop(url)


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Generator[Night]:
    with fallen(f"sqlite:///{tmp_path / 'midwatch.db'}?timeout=1", tmp_path) as made:
        yield made


def begun(night: Night, count: int = RUNS) -> None:
    """So many alerts are in, and the first investigation has evidence."""
    for number in range(count):
        night.pager.incident(f"P{number}")
    night.start()
    for number in range(count):
        assert sent(night, number) == 202
    until(lambda: night.kinds().count("evidence") >= 5)


def sent(night: Night, number: int) -> int:
    return deliver(night.station, page(f"EVENT{number}", f"P{number}", f"service-{number}"), f"W{number}")


def done_once(night: Night, count: int = RUNS) -> None:
    until(lambda: settled(night, count), patience=PATIENCE_S)
    kinds = night.kinds()
    assert kinds.count("started") == kinds.count("done") == count
    assert [len(night.pager.notes[f"P{number}"]) for number in range(count)] == [1] * count
    queries = [(run, data["query"]) for run, kind, data in night.told_by_run() if kind == "evidence"]
    assert len(queries) == len(set(queries)), "an answer was told twice"
    assert all(process.alive for process in night.station.processes), "somebody needed a restart"


def settled(night: Night, count: int) -> bool:
    try:
        return night.settled(count)
    except (AssertionError, httpx2.HTTPError):
        return False


def away(night: Night, server: Server, seconds: float) -> None:
    begun(night)
    server.kill()
    end = time.monotonic() + seconds
    try:
        refused = night.station.post("/webhook/pagerduty", b"{}")
        assert refused.status_code in (401, 503)
        time.sleep(max(0.0, end - time.monotonic()))
    finally:
        server.start()
    done_once(night)


@pytest.mark.components
def test_every_connection_of_postgresql_is_cut(on_postgres: Night, own_postgres: Server) -> None:
    begun(on_postgres)
    end = time.monotonic() + 1
    while time.monotonic() < end:
        own_postgres.cut()
    done_once(on_postgres)


@pytest.mark.components
def test_postgresql_is_killed_and_comes_back(on_postgres: Night, own_postgres: Server) -> None:
    away(on_postgres, own_postgres, 1)


@pytest.mark.long
@pytest.mark.parametrize("seconds", [15, 60])
def test_postgresql_is_away_for_long(on_postgres: Night, own_postgres: Server, seconds: int) -> None:
    away(on_postgres, own_postgres, seconds)


def full(tmp_path: Path, seconds: float) -> None:
    with (
        small_disk(tmp_path / "disk") as disk,
        fallen(f"sqlite:///{disk / 'midwatch.db'}?timeout=2", tmp_path) as night,
    ):
        begun(night)
        for number in range(RUNS, 2 * RUNS):
            night.pager.incident(f"P{number}")
        filler = fill(disk)
        end = time.monotonic() + seconds
        until(lambda: sent(night, RUNS) == 503)
        until(lambda: night.station.asked("/readyz").status_code == 503)
        time.sleep(max(0.0, end - time.monotonic()))
        filler.unlink()
        for number in range(RUNS, 2 * RUNS):
            until(lambda number=number: sent(night, number) == 202)
        done_once(night, 2 * RUNS)
        assert night.station.asked("/readyz").status_code == 200


@needs_root
@pytest.mark.components
def test_the_disk_is_full_and_there_is_room_again(tmp_path: Path) -> None:
    full(tmp_path, 1)


@needs_root
@pytest.mark.long
@pytest.mark.parametrize("seconds", [15, 60])
def test_the_disk_is_full_for_long(tmp_path: Path, seconds: int) -> None:
    full(tmp_path, seconds)


def locked(night: Night, seconds: float) -> None:
    begun(night)
    path = Path(night.database.removeprefix("sqlite:///").partition("?")[0])
    for file in (path, path.with_name("midwatch-work.db")):
        if not file.exists():
            continue
        other = sqlite3.connect(file, isolation_level=None, timeout=30)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        other.rollback()
        other.close()
    done_once(night)


def test_the_file_is_locked_for_longer_than_anybody_waits(on_sqlite: Night) -> None:
    locked(on_sqlite, 2.5)


@pytest.mark.long
def test_the_file_is_locked_for_long(on_sqlite: Night) -> None:
    locked(on_sqlite, 15)


@needs_root
@pytest.mark.long
def test_the_disk_takes_no_writes(tmp_path: Path) -> None:
    """Neither the file nor its -wal: what a disk does when its errors make the system mount it read-only."""
    with (
        small_disk(tmp_path / "disk") as disk,
        fallen(f"sqlite:///{disk / 'midwatch.db'}?timeout=2", tmp_path) as night,
    ):
        begun(night)
        held = [path for path in disk.iterdir() if path.name.endswith(("-wal", ".db"))]
        end = time.monotonic() + 15
        limits = {process.pid: children(process.pid) for process in night.station.processes}
        pids = [pid for parent, found in limits.items() for pid in (parent, *found)]
        for pid in pids:  # no file may grow: every write to a -wal fails
            subprocess.run(["prlimit", "--pid", str(pid), "--fsize=1:unlimited"], check=True)
        assert held
        until(lambda: night.station.asked("/readyz").status_code == 503)
        time.sleep(max(0.0, end - time.monotonic()))
        for pid in pids:
            subprocess.run(["prlimit", "--pid", str(pid), "--fsize=unlimited:unlimited"], check=True)
        done_once(night)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def stopped(night: Night, seconds: float) -> None:
    """The one that works on the first run stands still; the other takes its runs over; then it goes on."""
    begun(night)
    pid = night.who_works()
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)
    done_once(night)


@pytest.mark.long
def test_a_worker_stands_still_until_it_is_taken_for_dead(on_postgres: Night) -> None:
    stopped(on_postgres, 40)


@pytest.mark.components
def test_a_worker_stands_still_for_a_moment(on_postgres: Night) -> None:
    stopped(on_postgres, 2)


@needs_faketime
@pytest.mark.long
@pytest.mark.parametrize("step", ["-1h", "+1h"])
def test_the_clock_jumps(tmp_path: Path, step: str) -> None:
    library = next(Path("/usr/lib").rglob("libfaketime.so.1"))
    clock = tmp_path / "clock"
    clock.write_text("+0s")
    more = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    with fallen(f"sqlite:///{tmp_path / 'midwatch.db'}", tmp_path) as night:
        night.station.environment |= more
        begun(night)
        clock.write_text(step)
        done_once(night)
        health = night.station.get("/health")
        assert until(lambda: night.station.get("/health")["workers"]) == 1 and health["notifications"] == {"sent": RUNS}


@needs_root
@pytest.mark.components
def test_two_workers_of_one_host_name_in_two_pid_namespaces(on_postgres: Night) -> None:
    """Neither sees the other's process; neither buries it."""
    on_postgres.serve()
    on_postgres.station.worker()
    apart(on_postgres)
    until(lambda: on_postgres.station.get("/health")["workers"] == 2)
    time.sleep(11)  # two beats each
    assert "worker died" not in (on_postgres.station.folder / "worker.log").read_text()


def apart(night: Night) -> None:
    night.station.worker(before=("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"))
