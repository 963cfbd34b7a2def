"""A worker's name tells which process it is, to whoever sees the same processes; nobody else may judge by it."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from midwatch.engine.heartbeat import DEAD_S, Silence
from midwatch.kit.processes import ProcessName, own_name, parse_process_name, place

HERE = parse_process_name(own_name())


def test_a_name_says_place_process_and_start() -> None:
    assert ProcessName(place(), os.getpid(), HERE.started) == HERE and HERE.started > 0
    assert len(own_name().encode()) <= 100 and own_name() != own_name()
    assert own_name().split("/")[-2] == str(os.getpid())
    assert not HERE.has_ended


def test_who_is_gone_has_ended_and_so_has_who_is_not_buried_yet() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    name = ProcessName(place(), child.pid, 0)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert name.has_ended, "a zombie lives no more"
    child.wait()
    assert name.has_ended


def test_a_number_that_another_process_has_now_is_no_life() -> None:
    assert ProcessName(HERE.place, HERE.pid, HERE.started - 1).has_ended


@pytest.mark.parametrize("number", [1, 999_999_999])
def test_nobody_is_judged_from_another_place(number: int) -> None:
    """Another container under the same host name, or the same one before a reboot."""
    assert not ProcessName("0123456789ab", number, 5).has_ended


@pytest.mark.parametrize("name", ["web-1/999999999/0a1b2c3d", "web-1", "", "a/b/c", "a@b/x/y-z", "h@p/1/zz-1"])
def test_names_of_older_versions_are_read_and_prove_nothing(name: str) -> None:
    assert not parse_process_name(name).has_ended


def test_the_name_of_an_older_version_has_its_process() -> None:
    assert parse_process_name("web-1/4711/0a1b2c3d") == ProcessName("", 4711, 0)


def listened(*moments: tuple[float, Mapping[str, object]]) -> dict[str, float]:
    silence, found = Silence(), dict[str, float]()
    for now, said in moments:
        found = silence.silent_seconds(said, now)
    return found


def test_who_says_nothing_new_grows_silent_and_who_does_is_heard() -> None:
    looks = [(5.0 * n, {"a": "same", "b": n}) for n in range(9)]
    assert listened(*looks) == {"a": 40.0, "b": 0.0} and DEAD_S < 40
    assert listened(*looks, (45.0, {"a": "new"})) == {"a": 0.0}


def test_a_sign_is_compared_and_never_read_as_a_time() -> None:
    """A clock that was set back or forward an hour makes nobody dead, and keeps nobody alive."""
    jumps = [(5.0 * n, {"a": 1000 - 3600 * (n % 2)}) for n in range(9)]
    assert listened(*jumps) == {"a": 0.0}


def test_while_nobody_could_look_nobody_falls_silent() -> None:
    """The store was away for an hour: nobody could say anything, and who looks first must not bury the others."""
    assert listened((0.0, {"a": "s"}), (5.0, {"a": "s"}), (3605.0, {"a": "s"})) == {"a": 15.0}
