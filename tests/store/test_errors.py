"""What can be wrong with a database is one sentence, with what to do next."""

import os
import sqlite3
import stat
from collections.abc import Generator
from pathlib import Path

import pytest

from midwatch.store.database import Database, default_url
from midwatch.store.errors import StoreError
from midwatch.store.rows import next_number
from tests.postgres import Server

needs_no_root = pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable for root")


@pytest.fixture
def path(migrated_file: Path, tmp_path: Path) -> Path:
    made = tmp_path / "midwatch.db"
    made.write_bytes(migrated_file.read_bytes())
    return made


def refusal(url: str, said: str) -> None:
    with pytest.raises(StoreError) as refused, Database.open(url) as db, db.write() as tx:
        next_number(tx, "x")
    assert said in refused.value.reason and refused.value.hint and "\n" not in refused.value.reason


@pytest.fixture
def locked(path: Path) -> Generator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.rollback()
    other.close()


def test_a_locked_file(locked: None, path: Path) -> None:
    refusal(f"sqlite:///{path}?timeout=0.1", f"The database {path} is locked")


def test_a_file_that_is_locked_later(path: Path) -> None:
    with Database.open(f"sqlite:///{path}?timeout=0.1") as db:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(StoreError, match="is locked"), db.write() as tx:
                next_number(tx, "x")
        finally:
            other.rollback()
            other.close()
        with db.write() as tx:
            assert next_number(tx, "x") == 1


@pytest.mark.parametrize("content", [b"this is no database at all\n" * 40, b"\0" * 8192])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "midwatch.db"
    path.write_bytes(content)
    refusal(f"sqlite:///{path}", f"The file {path} is damaged")
    assert path.read_bytes() == content, "nothing was written into it"


def test_a_damaged_file(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[100 : len(whole)] = b"\xff" * (len(whole) - 100)
    path.write_bytes(whole)
    refusal(f"sqlite:///{path}", f"The file {path} is damaged")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    refusal(f"sqlite:///{tmp_path}/no/midwatch.db", "cannot be opened or created")
    refusal(f"sqlite:///{tmp_path}", "cannot be opened or created")


@needs_no_root
def test_an_unwritable_file(path: Path) -> None:
    path.chmod(0o400)
    refusal(f"sqlite:///{path}", "cannot be written")


def test_a_file_opened_for_reading_only(path: Path) -> None:
    """The same error of SQLite, also for root."""
    refusal(f"sqlite:///file:{path}?mode=ro&uri=true", "cannot be written")


def test_postgresql_that_is_not_there() -> None:
    refusal(
        "postgresql://midwatch:secret@127.0.0.1:1/midwatch",
        "PostgreSQL does not answer at postgresql://midwatch:***@127.0.0.1:1",
    )


def test_a_database_that_postgresql_does_not_have(postgres: Server) -> None:
    refusal(postgres.url("nowhere"), 'database "nowhere" does not exist')


def test_the_home_is_for_its_owner_only(tmp_path: Path) -> None:
    url = default_url(tmp_path / "home")
    assert url == f"sqlite:///{tmp_path / 'home' / 'midwatch.db'}"
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
