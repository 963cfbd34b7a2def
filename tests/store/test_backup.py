import json
import stat
from collections.abc import Generator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import insert, select

from midwatch.domain.access import AccessRole, ApiKey
from midwatch.domain.incident import StoredAlert, TimelineEntry
from midwatch.domain.intent import Intent
from midwatch.domain.work import RunEvent
from midwatch.store import (
    access,
    alerts,
    audit,
    conversations,
    deliveries,
    incidents,
    investigations,
    notifications,
    timeline,
    workers,
)
from midwatch.store.audit import Act
from midwatch.store.backup import BackupContents, backup, restore
from midwatch.store.database import Database
from midwatch.store.deliveries import Outcome, WebhookDelivery
from midwatch.store.errors import StoreError
from midwatch.store.migrate import head
from midwatch.store.tables import calls, metadata
from tests.postgres import Server
from tests.store.build import NOW, alert, incident, notification, run

OLDER = Path(__file__).parents[1] / "golden" / "0.1.0" / "backup-schema-0002.zip"
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Database]:
    """A second, empty store of either kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'other.db'}"
    else:
        server: Server = request.getfixturevalue("postgres")
        url = server.migrated()
    with Database.open(url) as opened:
        yield opened


def fill(db: Database, count: int = 3) -> None:
    """Something in every table."""
    with db.write() as tx:
        deliveries.add(
            tx,
            WebhookDelivery(
                source="s", id="d", received_at=NOW, outcome=Outcome.UNPARSED, note="", body="žluťoučký\n\u2028kůň"
            ),
        )
        for n in range(1, count + 1):
            incidents.add(tx, incident(incidents.number(tx), keys=(f"k{n}", "shared")))
            timeline.append(tx, TimelineEntry(incident_id=f"inc_{n}", at=NOW, kind="opened", text='it\\n"began"'))
            known = StoredAlert(
                id=f"alt_{n}", incident_id=f"inc_{n}", alert=alert(f"f{n}"), first_seen=NOW, last_seen=NOW
            )
            alerts.put(tx, known)
            investigations.add(tx, run(n))
            investigations.append_events(tx, [RunEvent(run_id=f"inv_{n}", at=NOW, kind="asked")])
            tx.execute(insert(calls).values(run_id=f"inv_{n}", key="k", kind="gap", body="{}"))
            notifications.add(tx, notification(f"e{n}"))
            audit.append(tx, Act(at=NOW, actor="ada", action="resolve", object=f"inc_{n}", detail={"n": n}))
        workers.beat(tx, "w1", NOW, NOW + timedelta(microseconds=1))
        conversations.set_intent(tx, "c" * 64, Intent(topic="nat-spike"), NOW)
        access.add_key(
            tx, ApiKey(id="key_1", name="n", prefix="mw_", digest="d" * 64, role=AccessRole.ADMIN, created_at=NOW)
        )
        access.create_link(tx, "secret", AccessRole.VIEWER, NOW)


def everything(db: Database) -> Rows:
    with db.read() as tx:
        found: Rows = {}
        for table in metadata.sorted_tables:
            rows = tx.execute(select(table).order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
        return found


def test_a_backup_comes_back_whole_in_either_kind(db: Database, other: Database, tmp_path: Path) -> None:
    fill(db)
    with db.write() as tx:  # more than goes through at a time
        tx.execute(
            insert(metadata.tables["timeline"]), [{"incident_id": "inc_1", "at": NOW, "kind": "k", "body": "{}"}] * 1201
        )
    contents = backup(db, tmp_path / "b.zip")
    before = everything(db)
    assert {name: len(rows) for name, rows in before.items()} == contents.rows and all(contents.rows.values())
    assert restore(other, tmp_path / "b.zip") == contents
    assert everything(other) == before


def test_a_restored_store_counts_on(db: Database, other: Database, tmp_path: Path) -> None:
    fill(db)
    backup(db, tmp_path / "b.zip")
    restore(other, tmp_path / "b.zip")
    with other.write() as tx:
        assert incidents.number(tx) == 4
        timeline.append(tx, TimelineEntry(incident_id="inc_1", at=NOW, kind="note", text="after"))
        audit.append(tx, Act(at=NOW, actor="bob", action="note", object="inc_1"))
    with other.read() as tx:
        assert [e.text for e in timeline.of_incident(tx, "inc_1")][-1] == "after"
        assert [a.seq for a in audit.list_entries(tx)] == [4, 3, 2, 1] and audit.first_broken_entry(tx) is None


def db_counts(db: Database) -> dict[str, int]:
    with db.read() as tx:
        return incidents.counts(tx)


def test_a_backup_is_of_one_moment(db: Database, tmp_path: Path) -> None:
    """Incidents, keys and timeline are written together, all the while; none is there without the others."""
    stop = Event()

    def write() -> None:
        while not stop.is_set():
            with db.write() as tx:
                number = incidents.number(tx)
                incidents.add(tx, incident(number, keys=("k",)))
                timeline.append(tx, TimelineEntry(incident_id=f"inc_{number}", at=NOW, kind="opened", text="t"))

    writing = Thread(target=write)
    writing.start()
    try:
        while not db_counts(db):
            sleep(0.01)
        for _ in range(5):
            rows = backup(db, tmp_path / "b.zip").rows
            assert rows["incidents"] == rows["timeline"] == rows["incident_keys"] > 0
    finally:
        stop.set()
        writing.join()


def test_only_its_owner_may_read_it_and_nothing_is_left_over(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "b.zip"
    with pytest.raises(StoreError, match=r"cannot be written: No such file"):
        backup(db, path)
    path.parent.mkdir()
    backup(db, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and list(path.parent.iterdir()) == [path]


def test_a_store_that_is_not_empty_is_left_alone(db: Database, tmp_path: Path) -> None:
    fill(db)
    backup(db, tmp_path / "b.zip")
    before = everything(db)
    with pytest.raises(StoreError, match="not empty"):
        restore(db, tmp_path / "b.zip")
    assert everything(db) == before


def spoil(path: Path, name: str, content: str | None) -> Path:
    """The same backup with one file in it exchanged or left out."""
    made = path.with_name("spoiled.zip")
    with ZipFile(path) as pack, ZipFile(made, "w") as out:
        for member in pack.namelist():
            given = content if member == name else pack.read(member).decode()
            if given is not None:
                out.writestr(member, given)
    return made


def about(**more: Any) -> str:
    rows = dict.fromkeys(metadata.tables, 0)
    return json.dumps({**BackupContents(schema_revision=head(), rows=rows).model_dump(), **more})


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("midwatch.json", about(version=2), "has form 2"),
        ("midwatch.json", about(schema_revision="9999"), "was made by a newer version"),
        ("midwatch.json", about(rows={"incidents": 0}), "does not hold the tables"),
        ("midwatch.json", "[]", "is no backup"),
        ("midwatch.json", None, "is no backup"),
        ("timeline.jsonl", None, "lacks timeline"),
        ("timeline.jsonl", "", "0 rows of timeline and should have 3"),
        ("timeline.jsonl", "{}\n", "Line 1 of timeline"),
        ("timeline.jsonl", "[1]\n", "Line 1 of timeline"),
        ("workers.jsonl", '{"id": "w", "started_at": "yesterday", "beat_at": null}\n', "Line 1 of workers"),
        ("workers.jsonl", '{"id": "w", "started_at": 7, "beat_at": null}\n', "Line 1 of workers"),
        ("workers.jsonl", '{"id": "w"', "Line 1 of workers"),
    ],
)
def test_what_is_not_right_is_refused_and_nothing_is_kept(
    db: Database, tmp_path: Path, migrated_file: Path, name: str, content: str | None, said: str
) -> None:
    with Database.open(f"sqlite:///{tmp_path / 'full.db'}") as full:
        fill(full)
        backup(full, tmp_path / "b.zip")
    with pytest.raises(StoreError, match=said):
        restore(db, spoil(tmp_path / "b.zip", name, content))
    assert not any(everything(db).values())


def test_a_backup_of_an_older_schema_is_migrated(other: Database) -> None:
    contents = restore(other, OLDER)
    with ZipFile(OLDER) as pack:
        before = BackupContents.model_validate_json(pack.read("midwatch.json"))
    assert before.schema_revision == "0002" and contents.schema_revision == head()
    assert contents.rows == before.rows | {"conversations": 0}
    assert {name: len(rows) for name, rows in everything(other).items()} == contents.rows
    with other.write() as tx:
        assert incidents.number(tx) == 4
        audit.append(tx, Act(at=NOW, actor="bob", action="note", object="inc_1"))
    with other.read() as tx:
        (opened, *_) = timeline.of_incident(tx, "inc_1")
        assert (opened.at, opened.text) == (NOW, 'it\\n"began"')
        assert [a.seq for a in audit.list_entries(tx)] == [4, 3, 2, 1] and audit.first_broken_entry(tx) is None
        assert workers.list_workers(tx) == [("w1", NOW + timedelta(microseconds=1))]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("timeline.jsonl", None, "lacks timeline"),
        ("timeline.jsonl", "", "0 rows of timeline and should have 3"),
        ("workers.jsonl", '{"id": "w1", "started_at": "yesterday", "beat_at": null}\n', "Line 1 of workers"),
        ("conversations.jsonl", "", ""),  # not of that schema, and not asked for
    ],
)
def test_an_older_backup_is_restored_whole_or_not_at_all(
    db: Database, tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    older = tmp_path / "older.zip"
    older.write_bytes(OLDER.read_bytes())
    with pytest.raises(StoreError, match=said) if said else nullcontext():
        restore(db, spoil(older, name, content))
    assert any(everything(db).values()) is not bool(said)


def test_an_older_backup_is_not_restored_into_a_store_in_use(db: Database) -> None:
    fill(db)
    before = everything(db)
    with pytest.raises(StoreError, match="not empty"):
        restore(db, OLDER)
    assert everything(db) == before


def test_a_damaged_file_is_refused(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with pytest.raises(StoreError, match="cannot be read"):
        restore(db, path)
    path.write_bytes(b"no zip")
    with pytest.raises(StoreError, match="is not a backup of midwatch, or is damaged"):
        restore(db, path)
    fill(db, 50)
    backup(db, path)
    whole = bytearray(path.read_bytes())
    for place in range(200, len(whole) // 2, 50):
        whole[place] ^= 0xFF
    path.write_bytes(whole)
    with Database.open(f"sqlite:///{tmp_path / 'other.db'}") as empty:
        with pytest.raises(StoreError):
            restore(empty, path)
        assert not any(everything(empty).values())
