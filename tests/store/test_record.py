"""The engine's own record waits for its database, as whoever keeps it does not."""

import sqlite3
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy.exc import TimeoutError

from midwatch.store.record import Closed, Record, record_url


@pytest.mark.parametrize(
    ("url", "its"),
    [
        ("sqlite:////srv/midwatch.db", "sqlite:////srv/midwatch-work.db"),
        ("sqlite:////srv/store", "sqlite:////srv/store-work.db"),
        ("sqlite:////srv/midwatch.db?timeout=2", "sqlite:////srv/midwatch-work.db?timeout=2"),
        ("postgresql://a:b%2Fc@h:1/d", "postgresql+psycopg://a:b%2Fc@h:1/d"),
    ],
)
def test_it_lies_beside_the_store(url: str, its: str) -> None:
    assert record_url(url) == its


@pytest.fixture
def record(tmp_path: Path) -> Generator[Record]:
    made = Record(f"sqlite:///{tmp_path / 'work.db'}?timeout=0.1")
    with made.engine.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE t (a)")
    yield made
    made.close()


def locked(record: Record, tmp_path: Path) -> sqlite3.Connection:
    """By somebody else, and a write of ours has failed for it, in the words by which it is tried again."""
    other = sqlite3.connect(tmp_path / "work.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TimeoutError, match="is locked"), record.engine.begin() as tx:
        tx.exec_driver_sql("INSERT INTO t VALUES (1)")
    return other


def test_after_a_failure_a_connection_is_given_when_the_file_takes_a_write(record: Record, tmp_path: Path) -> None:
    other = locked(record, tmp_path)
    timer = threading.Timer(0.3, other.rollback)
    timer.start()
    with record.engine.begin() as tx:
        assert not other.in_transaction, "it was not waited for"
        tx.exec_driver_sql("INSERT INTO t VALUES (2)")
    timer.join()
    other.close()


def test_who_waits_is_told_when_it_is_closed(record: Record, tmp_path: Path) -> None:
    other = locked(record, tmp_path)
    timer = threading.Timer(0.3, record.close)
    timer.start()
    with pytest.raises(Closed), record.engine.begin():
        pass
    timer.join()
    other.close()


def test_a_wrong_question_is_no_outage(record: Record) -> None:
    with pytest.raises(Exception, match="no such table"), record.engine.begin() as tx:
        tx.exec_driver_sql("INSERT INTO nowhere VALUES (1)")


def test_a_postgresql_that_is_away_is_waited_for_until_it_is_closed() -> None:
    record = Record("postgresql+psycopg://midwatch@127.0.0.1:1/none")
    timer = threading.Timer(0.3, record.close)
    timer.start()
    with pytest.raises(Closed):
        record.engine.connect()
    timer.join()
