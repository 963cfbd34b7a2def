"""Processes that write into one SQLite file take turns."""

import subprocess
import sys
from pathlib import Path

from midwatch.store.database import Database
from midwatch.store.rows import next_number
from midwatch.store.turn import Turn
from tests.store.test_errors import path

__all__ = ["path"]

_COUNT = """
import sys
from midwatch.store.database import Database
from midwatch.store.rows import next_number
with Database.open(sys.argv[1]) as db:
    for _ in range(100):
        with db.write() as tx:
            next_number(tx, "x")
"""


def test_several_processes_write_and_none_is_turned_away(path: Path) -> None:
    url = f"sqlite:///{path}?timeout=2"
    others = [subprocess.Popen([sys.executable, "-c", _COUNT, url]) for _ in range(4)]
    assert [other.wait(60) for other in others] == [0] * 4
    with Database.open(url) as db, db.write() as tx:
        assert next_number(tx, "x") == 401


def test_one_waits_for_the_other_and_a_dead_one_for_nobody(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    holds = "import sys, time\nfrom midwatch.store.turn import Turn\nwith Turn(sys.argv[1]).taken():\n print(flush=True)\n time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", holds, url], stdout=subprocess.PIPE)
    assert other.stdout is not None
    other.stdout.readline()
    waits = subprocess.Popen([sys.executable, "-c", holds, url], stdout=subprocess.PIPE)
    try:
        waits.wait(1.5)
    except subprocess.TimeoutExpired:
        other.kill()
    turn = Turn(url)
    assert waits.stdout is not None and waits.stdout.readline() == b"\n"
    waits.kill()
    with turn.taken():
        turn_is_ours = True
    turn.close()
    for process in (other, waits):
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    assert turn_is_ours


def test_where_no_lock_can_be_everything_works(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/a.db", "sqlite://", "postgresql://x/y", f"sqlite:///file:{tmp_path}/a.db?mode=ro&uri=true"):
        turn = Turn(url)
        with turn.taken():
            pass
        turn.close()
    assert list(tmp_path.iterdir()) == []
