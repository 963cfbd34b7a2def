from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from midwatch.domain.access import AccessRole, ApiKey
from midwatch.store import access, audit
from midwatch.store.audit import Act
from midwatch.store.database import Database
from midwatch.store.tables import audit as table
from tests.store.build import NOW, ZONES

HOUR = timedelta(hours=1)


def key(secret: str, number: int = 1) -> ApiKey:
    digest = access.digest(secret)
    return ApiKey(
        id=f"key_{number}", name="n", prefix=secret[:3], digest=digest, role=AccessRole.VIEWER, created_at=NOW
    )


def test_a_key_is_found_by_its_secret(db: Database) -> None:
    with db.write() as tx:
        access.add_key(tx, key("mw_two", 2))
        access.add_key(tx, key("mw_one", 1))
        assert access.find_key(tx, "mw_one") == key("mw_one", 1) and access.find_key(tx, "mw_three") is None
        assert [k.id for k in access.keys(tx)] == ["key_1", "key_2"]
        revoked = key("mw_one", 1).model_copy(update={"revoked_at": NOW})
        assert access.put_key(tx, revoked) and not access.put_key(tx, key("x", 9))
        assert access.find_key(tx, "mw_one") == revoked


def test_an_invitation_is_good_once(db: Database) -> None:
    with db.write() as tx:
        access.create_link(tx, "one", AccessRole.ADMIN, NOW + HOUR)
        access.create_link(tx, "old", AccessRole.ADMIN, NOW)
        assert access.redeem(tx, "one", (NOW + HOUR - timedelta(seconds=1)).astimezone(ZONES[0])) is AccessRole.ADMIN
        assert access.redeem(tx, "one", NOW) is None
        assert access.redeem(tx, "old", NOW) is None, "it expired"
        assert access.redeem(tx, "never", NOW) is None


def test_no_secret_is_kept(db: Database) -> None:
    with db.write() as tx:
        access.add_key(tx, key("mw_very-secret"))
        assert "very-secret" not in access.keys(tx)[0].model_dump_json()


@pytest.fixture
def log(db: Database) -> Database:
    """Ten entries, of two people."""
    for number in range(10):
        with db.write() as tx:
            actor = ("ada", "bob\0" + "b" * 400)[number % 2]
            at = (NOW + number * HOUR).astimezone(ZONES[number % len(ZONES)])
            audit.append(
                tx,
                Act(at=at, actor=actor, action=f"a{number % 5}", object="ü" * 300, detail={"n": number, "ö": ["\0"]}),
            )
    return db


def test_the_log_is_listed_newest_first(log: Database) -> None:
    with log.read() as tx:
        found = audit.list_entries(tx)
        assert [a.seq for a in found] == list(range(10, 0, -1)) and found[-1].detail == {"n": 0, "ö": ["\ufffd"]}
        assert [a.seq for a in audit.list_entries(tx, actor="ada")] == [9, 7, 5, 3, 1]
        assert [a.seq for a in audit.list_entries(tx, action="a2")] == [8, 3]
        assert [a.seq for a in audit.list_entries(tx, page=2, page_size=4)] == [6, 5, 4, 3]


def test_an_untouched_log_is_whole(log: Database) -> None:
    with log.read() as tx:
        assert audit.first_broken_entry(tx) is None


@pytest.mark.parametrize(
    "change",
    [
        {"detail": '{"n": 4}'},
        {"actor": "eve"},
        {"action": "nothing"},
        {"object": "another"},
        {"at": NOW},
        {"hash": "0" * 64},
    ],
    ids=lambda c: next(iter(c)),
)
def test_a_changed_entry_is_found(log: Database, change: dict[str, object]) -> None:
    with log.write() as tx:
        tx.execute(update(table).where(table.c.seq == 5).values(**change))
    with log.read() as tx:
        assert audit.first_broken_entry(tx) == 5


@pytest.mark.parametrize(
    ("gone", "found"), [([1], 2), ([5], 6), ([4, 5], 6), ([10], 10), ([9, 10], 9), (list(range(1, 11)), 1)]
)
def test_a_removed_entry_is_found(log: Database, gone: list[int], found: int) -> None:
    with log.write() as tx:
        tx.execute(delete(table).where(table.c.seq.in_(gone)))
    with log.read() as tx:
        assert audit.first_broken_entry(tx) == found


def test_writers_at_once_keep_the_chain(db: Database) -> None:
    with db.write() as tx:
        audit.append(tx, Act(at=NOW, actor="ada", action="a", object="o"))
    with pytest.raises(LookupError), db.write() as tx:
        audit.append(tx, Act(at=NOW, actor="ada", action="a", object="o"))
        raise LookupError
    with db.write() as tx:
        audit.append(tx, Act(at=NOW, actor="ada", action="a", object="o"))
    with db.read() as tx:
        assert (
            audit.first_broken_entry(tx) is None
            and tx.execute(select(func.count()).select_from(table)).scalar_one() == 2
        )
