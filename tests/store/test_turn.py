"""Processes that write into one SQLite file take turns."""

import select
import shutil
import subprocess
import sys
from pathlib import Path

from midwatch.store.database import Database
from midwatch.store.rows import next_number
from midwatch.store.write_lock import WriteLock

_COUNT = """
import sys
from midwatch.store.database import Database
from midwatch.store.rows import next_number
with Database.open(sys.argv[1]) as db:
    for _ in range(100):
        with db.write() as tx:
            next_number(tx, "x")
"""
_HOLD = """
import sys, time
from midwatch.store.write_lock import WriteLock
with WriteLock(sys.argv[1]).hold():
    print(flush=True)
    time.sleep(60)
"""


class Holder:
    """A process that takes the turn, says so and keeps it."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", _HOLD, url], stdout=subprocess.PIPE)

    def has_it(self, within: float) -> bool:
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], within)[0])

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def test_several_processes_write_and_none_is_turned_away(migrated_file: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copy(migrated_file, tmp_path)}?timeout=2"
    others = [subprocess.Popen([sys.executable, "-c", _COUNT, url]) for _ in range(4)]
    assert [other.wait(60) for other in others] == [0] * 4
    with Database.open(url) as db, db.write() as tx:
        assert next_number(tx, "x") == 401


def test_one_waits_for_the_other_and_a_dead_one_for_nobody(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    first = Holder(url)
    assert first.has_it(within=30)
    second = Holder(url)
    assert not second.has_it(within=2)
    first.kill()
    assert second.has_it(within=30)
    second.kill()
    turn = WriteLock(url)
    with turn.hold():
        third = Holder(url)
        assert not third.has_it(within=2)
    assert third.has_it(within=30)
    third.kill()
    turn.close()


def test_where_no_lock_can_be_everything_works(tmp_path: Path) -> None:
    for url in (
        f"sqlite:///{tmp_path}/no/a.db",
        "sqlite://",
        "postgresql://x/y",
        f"sqlite:///file:{tmp_path}/a.db?mode=ro&uri=true",
    ):
        turn = WriteLock(url)
        with turn.hold():
            pass
        turn.close()
    assert list(tmp_path.iterdir()) == []
