"""Processes are killed with SIGKILL at every boundary of an investigation, and the server in a burst of deliveries, on
SQLite and on PostgreSQL with two workers: every accepted alert is kept, every investigation ends, every note is written
exactly once."""

import time
from collections.abc import Callable

import httpx2
import pytest

from tests.flows.night import Night, night
from tests.flows.paging import deliver, page
from tests.flows.server import until

BURST, LONG_BURST = 8, 150
__all__ = ["night"]


POINTS: dict[str, Callable[[Night], bool]] = {
    "started": lambda n: "started" in n.kinds(),
    "first evidence": lambda n: "evidence" in n.kinds(),
    "some evidence": lambda n: n.kinds().count("evidence") >= 12,
    "much evidence": lambda n: n.kinds().count("evidence") >= 25,
    "answered": lambda n: "done" in n.kinds(),
    "note written": lambda n: bool(n.pager.notes["PINC1"]),
}
SHORT = ("some evidence", "note written")  # at one point on SQLite, in `make test`: test_server


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


@pytest.mark.components
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


@pytest.mark.components
def test_the_server_is_killed_in_a_burst(night: Night) -> None:
    burst(night, BURST, kills=1)


@pytest.mark.long
def test_the_server_is_killed_again_and_again(night: Night) -> None:
    burst(night, LONG_BURST, kills=8)
