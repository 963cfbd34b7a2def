"""Processes are killed with SIGKILL at every boundary of an investigation, and the server in a burst of deliveries, on SQLite and on
PostgreSQL with two workers: every accepted alert is kept, every investigation ends, every note is written exactly once."""

import json
import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import create_engine, make_url, text

from midwatch.integrations.kubernetes.fake import serve as serve_cluster
from midwatch.integrations.kubernetes.fake import write_kubeconfig
from midwatch.integrations.kubernetes.fake.demo import demo
from midwatch.integrations.pagerduty.fake import FakePagerDuty
from midwatch.kit.loopback import serve
from tests.flows.paging import SECRET, deliver, page
from tests.flows.server import Process, Station, station, until

SLOW_S = 0.05  # of each answer of the cluster, so that a kill hits between two of them
BURST, LONG_BURST = 8, 150


@dataclass
class Night:
    """A place with a store, a cluster and a PagerDuty, and the processes that work there."""

    station: Station
    pager: FakePagerDuty
    database: str

    @property
    def single(self) -> bool:
        return self.database.startswith("sqlite")

    def serve(self) -> Process:
        return self.station.serve("--open", *(() if self.single else ("--workers", "0")))

    def start(self) -> None:
        """SQLite: a server with its own working process, which it starts again. PostgreSQL: one takes in, two work."""
        self.serve()
        for _ in range(0 if self.single else 2):
            self.station.worker()

    def told(self) -> list[tuple[str, dict[str, str]]]:
        """What the only run has told so far: kind and data. Read from the store, as the processes may be dead."""
        url = make_url(self.database)
        engine = create_engine(url if self.single else url.set(drivername="postgresql+psycopg"))
        with engine.connect() as store:
            bodies = store.execute(text("SELECT body FROM run_events ORDER BY seq")).scalars().all()
        engine.dispose()
        return [(event["kind"], event["data"]) for event in map(json.loads, bodies)]

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told()]

    def kill_who_works(self) -> None:
        pid = int(dict(self.told())["started"]["worker"].split("/")[-2])
        ours = next((process for process in self.station.processes if process.pid == pid), None)
        if ours:
            ours.kill()  # and bury: a zombie counts as alive
        else:
            os.kill(pid, signal.SIGKILL)

    def settled(self, runs: int) -> bool:
        health = self.station.get("/health")
        return health["investigations"] == {"done": runs} and health["effects"] == {"sent": runs}


@pytest.fixture
def night(empty_url: str, tmp_path: Path) -> Generator[Night]:
    cluster, pager = demo(), FakePagerDuty(token="u+token")
    cluster.trouble("*", delay=SLOW_S, times=-1)
    pager.incident("PINC1")
    with ExitStack() as stack:
        api, pagerduty = stack.enter_context(serve_cluster(cluster)), stack.enter_context(serve(pager.app()))
        environment = {
            "MIDWATCH_KUBERNETES__KUBECONFIG": str(write_kubeconfig(tmp_path / "kubeconfig", api)),
            "MIDWATCH_SERVER__DATABASE": empty_url,
            "MIDWATCH_SENDERS__PAGERDUTY": json.dumps({"secrets": [SECRET]}),
            "MIDWATCH_PAGERDUTY__TOKEN": "u+token",
            "MIDWATCH_PAGERDUTY__EMAIL": "bot@example.com",
            "MIDWATCH_PAGERDUTY__URL": pagerduty,
        }
        yield Night(stack.enter_context(station(tmp_path, **environment)), pager, empty_url)


POINTS: dict[str, Callable[[Night], bool]] = {
    "started": lambda n: "started" in n.kinds(),
    "first evidence": lambda n: "evidence" in n.kinds(),
    "some evidence": lambda n: n.kinds().count("evidence") >= 12,
    "much evidence": lambda n: n.kinds().count("evidence") >= 25,
    "answered": lambda n: "done" in n.kinds(),
    "note written": lambda n: bool(n.pager.notes["PINC1"]),
}
SHORT = ("some evidence", "note written")


def killed_at(night: Night, point: str) -> None:
    night.start()
    assert deliver(night.station, page()) == 202
    until(lambda: POINTS[point](night))
    night.kill_who_works()
    told = night.kinds()
    until(lambda: night.settled(1), patience=150)  # an attempt that died is made again after its lease
    assert len(night.pager.notes["PINC1"]) == 1
    assert night.kinds()[: len(told)] == told
    assert night.kinds().count("started") == night.kinds().count("done") == 1


@pytest.mark.parametrize("point", SHORT)
def test_who_works_is_killed(night: Night, point: str) -> None:
    killed_at(night, point)


@pytest.mark.long
@pytest.mark.parametrize("turn", range(3))
@pytest.mark.parametrize("point", POINTS)
def test_who_works_is_killed_at_every_point(night: Night, point: str, turn: int) -> None:
    killed_at(night, point)


def burst(night: Night, count: int, kills: int) -> None:
    """Posts `count` deliveries about as many things, while the server is killed; tries each again as PagerDuty does."""
    for number in range(count):
        night.pager.incident(f"P{number}")
    night.start()
    taker = night.station.processes[0]
    for number in range(count):
        if number and number % (count // (kills + 1)) == 0:
            taker.kill()
            taker = night.serve()
        post_until_taken(night, number)
    until(lambda: night.settled(count), patience=150)
    incidents = night.station.get("/api/v1/incidents?page_size=200")
    assert incidents["total"] == count
    assert {len(night.pager.notes[f"P{number}"]) for number in range(count)} == {1}


def post_until_taken(night: Night, number: int) -> None:
    body = page(f"EVENT{number}", f"P{number}", f"service-{number}")
    for _ in range(100):
        try:
            if deliver(night.station, body, f"W{number}") == 202:
                return
        except httpx2.HTTPError:
            time.sleep(0.05)
    raise AssertionError("never taken")


def test_the_server_is_killed_in_a_burst(night: Night) -> None:
    burst(night, BURST, kills=1)


@pytest.mark.long
def test_the_server_is_killed_again_and_again(night: Night) -> None:
    burst(night, LONG_BURST, kills=8)
