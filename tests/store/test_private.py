"""The store's files are their owner's alone."""

import os
import stat
from collections.abc import Generator
from pathlib import Path

import pytest

from midwatch.store.backup import backup
from midwatch.store.database import Database, default_url
from midwatch.store.record import Record
from midwatch.store.rows import next_number


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Generator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def rights(folder: Path) -> dict[str, str]:
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()}


def used(folder: Path) -> dict[str, str]:
    """What everybody could read, had we not seen to it, while it is in use."""
    url = f"sqlite:///{folder / 'midwatch.db'}"
    record = Record(f"sqlite:///{folder / 'midwatch-work.db'}")
    with Database.open(url) as db, db.write() as tx, record.engine.begin() as work:
        next_number(tx, "x")
        work.exec_driver_sql("CREATE TABLE IF NOT EXISTS t (a)")
        backup(db, folder / "backup.zip")
        found = rights(folder)
    record.close()
    return found


def test_every_file_is_made_for_its_owner_alone(umask: None, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o755)
    folder.chmod(0o777)
    made = used(folder)
    both = {f"{name}.db{suffix}" for name in ("midwatch", "midwatch-work") for suffix in ("", "-wal", "-shm")}
    assert both | {"midwatch.db-turn", "backup.zip"} == set(made) and set(made.values()) == {"0o600"}


def test_what_was_wider_is_narrowed(tmp_path: Path) -> None:
    used(tmp_path)
    for path in tmp_path.iterdir():
        path.chmod(0o664)
    (tmp_path / "midwatch.db-turn").chmod(0o644)
    found = used(tmp_path)
    assert {name: mode for name, mode in found.items() if mode != "0o600"} == {}


def test_our_own_folder_is_narrowed_and_nobody_elses(tmp_path: Path) -> None:
    for name, mode in ((".midwatch", 0o700), ("srv", 0o755)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o755)
        default_url(tmp_path / name)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
    default_url(tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_belongs_to_somebody_else_stays_as_it_is(tmp_path: Path) -> None:
    used(tmp_path)
    path = tmp_path / "midwatch.db"
    path.chmod(0o644)
    os.chown(path, 65534, 65534)
    assert used(tmp_path)["midwatch.db"] == "0o644"
