from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest

from midwatch.domain.alert import AlertSeverity
from midwatch.domain.incident import IncidentStatus, TimelineEntry
from midwatch.store import incidents, timeline
from midwatch.store.database import Database
from midwatch.store.incidents import Filter
from tests.store.build import NOW, ZONES, incident
from tests.together import together

MINUTE = timedelta(minutes=1)


def numbers(db: Database, wanted: Filter, page: int = 1, size: int = 50) -> list[int]:
    with db.read() as tx:
        return [i.number for i in incidents.list_incidents(tx, wanted, page, size)[0]]


def test_an_incident_comes_back_as_it_was(db: Database) -> None:
    made = incident(keys=("a", "b"), description="d", acknowledged_at=NOW, acknowledged_by="ada")
    with db.write() as tx:
        incidents.add(tx, made)
    with db.read() as tx:
        assert incidents.get(tx, made.id) == made
        assert incidents.get(tx, "inc_2") is None


def test_numbers_have_no_gaps_under_twenty_at_once(db: Database) -> None:
    def open_one(fails: bool) -> None:
        with suppress(LookupError), db.write() as tx:
            incidents.add(tx, incident(incidents.number(tx)))
            if fails:
                raise LookupError

    together(*(partial(open_one, fails=n % 5 == 0) for n in range(25)))
    assert numbers(db, Filter()) == list(range(20, 0, -1))


def test_of_two_who_change_it_one_is_told_so(db: Database) -> None:
    before = incident()
    with db.write() as tx:
        incidents.add(tx, before)

    def change(title: str) -> bool:
        with db.write() as tx:
            after = before.model_copy(update={"title": title, "updated_at": before.updated_at + MINUTE})
            return incidents.change(tx, before, after)

    assert sorted(together(partial(change, "one"), partial(change, "two"))) == [False, True]


def test_a_change_of_the_status_alone_is_noticed(db: Database) -> None:
    before = incident()
    with db.write() as tx:
        incidents.add(tx, before)
        resolved = before.model_copy(update={"status": IncidentStatus.RESOLVED})
        assert incidents.change(tx, before, resolved)
        assert not incidents.change(tx, before, before.model_copy(update={"title": "late"}))
        assert incidents.get(tx, before.id) == resolved


def test_found_by_any_of_its_keys_newest_first(db: Database) -> None:
    with db.write() as tx:
        incidents.add(tx, incident(1, keys=("node:a", "service:x")))
        incidents.add(tx, incident(2, keys=("service:x",)))
        incidents.add(tx, incident(3, keys=("service:x",), status="resolved"))
        incidents.add_keys(tx, "inc_1", ("node:b", "node:a"))
        found = incidents.by_keys(tx, ("node:a", "node:b", "service:x"))
        assert [i.number for i in found] == [2, 1]
        assert [i.number for i in incidents.by_keys(tx, ("service:x",), only_open=False, held=True)] == [3, 2, 1]
        assert incidents.by_keys(tx, ("service",)) == [] and incidents.by_keys(tx, ()) == []


@pytest.fixture
def five(db: Database) -> Database:
    with db.write() as tx:
        incidents.add(tx, incident(1, title="disk is 100% full", service="cart", severity="critical"))
        incidents.add(tx, incident(2, title="disk is 100 times full", status="acknowledged", source="grafana"))
        incidents.add(tx, incident(3, title="job_name", description="Überlauf", status="resolved", service="cart"))
        incidents.add(tx, incident(4, title="jobXname", severity="low"))
        incidents.add(tx, incident(5, title=r"back\slash"))
    return db


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), [5, 4, 3, 2, 1]),
        (Filter(status=IncidentStatus.RESOLVED), [3]),
        (Filter(severity=AlertSeverity.LOW), [4]),
        (Filter(service="cart"), [3, 1]),
        (Filter(source="grafana"), [2]),
        (Filter(text="DISK"), [2, 1]),
        (Filter(text="100%"), [1]),
        (Filter(text="job_name"), [3]),
        (Filter(text="ÜBER"), [3]),
        (Filter(text="\\"), [5]),
        (Filter(text="%"), [1]),
        (Filter(text="nothing like it"), []),
        (Filter(since=NOW + 4 * MINUTE), [5, 4]),
        (Filter(since=(NOW + 4 * MINUTE).astimezone(ZONES[0])), [5, 4]),
        (Filter(until=NOW + 2 * MINUTE), [2, 1]),
        (Filter(since=NOW + 2 * MINUTE, until=NOW + 3 * MINUTE), [3, 2]),
        (Filter(service="cart", severity=AlertSeverity.CRITICAL, text="full"), [1]),
    ],
)
def test_a_list_is_narrowed(five: Database, wanted: Filter, found: list[int]) -> None:
    assert numbers(five, wanted) == found


def test_pages(five: Database) -> None:
    assert [numbers(five, Filter(), page, 2) for page in (1, 2, 3, 4)] == [[5, 4], [3, 2], [1], []]
    with five.read() as tx:
        assert incidents.list_incidents(tx, Filter(service="cart"), 2, 1)[1] == 2
        assert incidents.counts(tx) == {"triggered": 3, "acknowledged": 1, "resolved": 1}


def test_nearby_shares_a_key_or_the_service(db: Database) -> None:
    with db.write() as tx:
        one = incident(1, keys=("k",), service="cart")
        incidents.add(tx, one)
        incidents.add(tx, incident(2, keys=("k",)))
        incidents.add(tx, incident(3, service="cart", status="resolved"))
        incidents.add(tx, incident(4))
        incidents.add(tx, incident(5, keys=("k",), created_at=NOW - MINUTE))
        assert [i.number for i in incidents.related_incidents(tx, one, NOW, 9)] == [3, 2]
        assert [i.number for i in incidents.related_incidents(tx, one, NOW, 1)] == [3]
        assert incidents.related_incidents(tx, incident(4), NOW, 9) == [], "no service is no common service"


def test_a_timeline_is_read_on_from_where_one_stopped(db: Database) -> None:
    said = [
        TimelineEntry(
            incident_id="inc_1", at=NOW + n * MINUTE, kind="note" if n else "opened", text=f"{n}", data={"n": n}
        )
        for n in range(4)
    ]
    with db.write() as tx:
        timeline.append(tx, *said[:2])
        timeline.append(tx, TimelineEntry(incident_id="inc_2", at=NOW, kind="note", text="another's"))
        timeline.append(tx, *said[2:])
    with db.read() as tx:
        found = timeline.of_incident(tx, "inc_1")
        assert [e.model_copy(update={"seq": 0}) for e in found] == said
        assert timeline.of_incident(tx, "inc_1", after=found[1].seq) == found[2:]
        assert timeline.of_incident(tx, "inc_1", limit=1) == found[:1]
        assert timeline.count(tx, "inc_1", "note", NOW) == 3
        assert timeline.count(tx, "inc_1", "note", NOW + 2 * MINUTE) == 2
