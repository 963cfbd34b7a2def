"""An alert whose analysis does not come to an end: it is answered with what was found, and nothing else waits for
it."""

import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from midwatch.integrations.kubernetes.fake import serve as serve_cluster
from midwatch.integrations.kubernetes.fake import write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.store.database import default_url
from tests.flows.server import Process, Station, station, until
from tests.unit.hostile import HANGS

LIMIT_S = 12.0  # of computing: a beat of the worker's falls into it
WORKERS = 2
OTHERS, MANY, EVERY_S = 4, 50, 0.5
ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path: Path) -> Generator[Station]:
    with placed(tmp_path, LIMIT_S) as made:
        yield made


@contextmanager
def placed(tmp_path: Path, limit_s: float) -> Generator[Station]:
    with ExitStack() as stack:
        api = stack.enter_context(serve_cluster(demo()))
        environment = {
            "MIDWATCH_KUBERNETES__KUBECONFIG": str(write_kubeconfig(tmp_path / "kubeconfig", api)),
            "MIDWATCH_SERVER__WORKERS": str(WORKERS),
            "MIDWATCH_BUDGET__COMPUTE_SECONDS": str(limit_s),
            "PYTHONPATH": str(ROOT),
        }
        yield stack.enter_context(station(tmp_path, **environment))


def started(here: Station) -> Process:
    here.serve("--open", "--workers", "0")
    return here.worker(module="tests.flows.runaway")


def fires(here: Station, service: str, title: str) -> None:
    alert = {
        "title": title,
        "service": service,
        "severity": "high",
        "status": "firing",
        "labels": {"namespace": service},
    }
    assert here.post("/webhook/generic", alert).status_code == 202


def runs(here: Station) -> list[dict[str, Any]]:
    return here.get("/api/v1/investigations?page_size=200")["items"]


def done(here: Station) -> list[dict[str, Any]]:
    return [run for run in runs(here) if run["state"] == "done"]


def children(process: Process) -> list[int]:
    return [
        int(pid) for task in Path(f"/proc/{process.pid}/task").glob("*/children") for pid in task.read_text().split()
    ]


def computed_s(pid: int) -> float:
    """Seconds of CPU; below 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return -1.0
    return -1.0 if fields[0] == "Z" else int(fields[11]) / 100


def hanging(here: Station, worker: Process, count: int = WORKERS) -> None:
    """As many as investigations at a time."""
    for number in range(count):
        fires(here, f"hangs-{number}", HANGS)
    until(lambda: sum(computed_s(pid) > 1.0 for pid in children(worker)) >= count)


@pytest.mark.components  # in `make test`, without a server: unit/test_computation
def test_a_computation_that_does_not_end_holds_up_nothing(here: Station) -> None:
    worker = started(here)
    hanging(here, worker)
    for number in range(OTHERS):
        fires(here, f"other-{number}", f"other-{number} is down")
    others = until(lambda: found if len(found := done(here)) >= OTHERS else None, patience=LIMIT_S)
    assert all(HANGS not in run["headline"] for run in others)
    assert len(runs(here)) == OTHERS + WORKERS, "those that hang were under way meanwhile"
    until(lambda: len(done(here)) == OTHERS + WORKERS)
    told = [here.get(f"/api/v1/investigations/{run['id']}")["data"]["answer"] for run in done(here)]
    ended = [gap for answer in told for gap in answer["diagnosis"]["gaps"] if gap["tool"] == "analysis"]
    assert len(ended) == WORKERS
    assert all(
        gap["essential"] and gap["reason"].startswith(f"the analysis took longer than {LIMIT_S:g} s") for gap in ended
    )
    assert {run["state"] for run in runs(here)} == {"done"}
    assert "HEALTHY" not in {
        answer["verdict"] for answer in told if any(g["tool"] == "analysis" for g in answer["diagnosis"]["gaps"])
    }


def waited(here: Station, name: str) -> list[float]:
    """Seconds that each of many alerts waited for its answer, sorted; they come two a second."""
    since = time.monotonic()
    for number in range(MANY):
        time.sleep(max(0.0, since + number * EVERY_S - time.monotonic()))
        fires(here, f"{name}-{number}", f"{name}-{number} is down")
    mine = until(lambda: found if len(found := [r for r in done(here) if name in r["headline"]]) >= MANY else None)
    return sorted(
        (datetime.fromisoformat(r["finished_at"]) - datetime.fromisoformat(r["created_at"])).total_seconds()
        for r in mine
    )


@pytest.mark.long
def test_alerts_wait_no_second_longer_for_one_that_hangs(tmp_path: Path) -> None:
    with placed(tmp_path, limit_s=60) as here:
        worker = started(here)
        waited(here, "warm")
        alone = waited(here, "alone")
        hanging(here, worker, count=1)
        beside = waited(here, "beside")
        assert sum(computed_s(pid) > 1.0 for pid in children(worker)) >= 1, "it still hangs"
    assert beside[-1] < alone[-1] + 1.0, (alone[-3:], beside[-3:])


def test_a_worker_beats_while_it_computes_and_leaves_no_process_behind(here: Station) -> None:
    worker = started(here)
    hanging(here, worker)
    beat = worker_beat(here)
    until(lambda: worker_beat(here) > beat, patience=LIMIT_S)
    computing = children(worker)
    assert sum(computed_s(pid) > 0 for pid in computing) >= WORKERS
    worker.kill()
    until(lambda: all(computed_s(pid) < 0 for pid in computing), patience=5)


def worker_beat(here: Station) -> str:
    engine = create_engine(default_url(here.folder / "home"))
    with engine.connect() as store:
        beat = store.execute(text("SELECT beat_at FROM workers")).scalar_one()
    engine.dispose()
    return str(beat)
