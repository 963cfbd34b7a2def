"""Whether the store takes writes is found out by writing, and not too often."""

import os
import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest

from midwatch.store.database import Database
from midwatch.store.errors import StoreError
from midwatch.store.probe import StoreProbe
from midwatch.store.rows import next_number
from tests.flows.outages import fill, small_disk


@pytest.fixture
def file(migrated_file: Path, tmp_path: Path) -> Path:
    made = tmp_path / "midwatch.db"
    made.write_bytes(migrated_file.read_bytes())
    return made


@pytest.fixture
def opened(file: Path) -> Generator[Database]:
    with Database.open(f"sqlite:///{file}?timeout=0.1") as db:
        yield db


def test_a_store_that_takes_writes(db: Database) -> None:
    assert StoreProbe(db).trouble() == ""


def test_many_questions_are_one_write(db: Database) -> None:
    probe = StoreProbe(db)
    assert {probe.trouble() for _ in range(20)} == {""}
    with db.write() as tx:
        assert next_number(tx, "probe") == 2


def test_a_locked_file(opened: Database, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "is locked" in StoreProbe(opened).trouble()
    other.rollback()
    other.close()
    assert StoreProbe(opened).trouble() == ""


def test_a_file_that_was_deleted_takes_nothing_more(opened: Database, file: Path) -> None:
    file.rename(file.with_suffix(".away"))
    assert "was deleted or replaced" in StoreProbe(opened).trouble()
    with pytest.raises(StoreError, match="was deleted or replaced"), opened.write() as tx:
        next_number(tx, "x")
    file.with_suffix(".away").rename(file)
    assert StoreProbe(opened).trouble() == ""


def test_a_file_that_was_replaced(opened: Database, file: Path) -> None:
    other = file.with_suffix(".other")
    other.write_bytes(file.read_bytes())
    other.replace(file)
    assert "was deleted or replaced" in StoreProbe(opened).trouble()


@pytest.mark.parametrize("begin", [0, 16])
def test_a_file_that_was_damaged(opened: Database, file: Path, begin: int) -> None:
    """Its first sign or what stands behind it: who has the file open has read both already."""
    with file.open("r+b") as out:
        out.seek(begin)
        out.write(b"\xff" * 64)
    assert "damaged" in StoreProbe(opened).trouble()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system, which only root may do")
def test_a_full_disk(migrated_file: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        file = disk / "midwatch.db"
        file.write_bytes(migrated_file.read_bytes())
        with Database.open(f"sqlite:///{file}") as db:
            filler = fill(disk)
            assert any(said in StoreProbe(db).trouble() for said in ("no room", "The disk failed"))
            filler.unlink()
            assert StoreProbe(db).trouble() == ""
