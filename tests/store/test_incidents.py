import asyncio
from datetime import timedelta

import pytest

from midwatch.domain.alert import AlertSeverity
from midwatch.domain.incident import Entry, IncidentStatus
from midwatch.store import incidents, timeline
from midwatch.store.database import Database
from midwatch.store.incidents import Filter
from tests.store.build import NOW, ZONES, incident

MINUTE = timedelta(minutes=1)


async def numbers(db: Database, wanted: Filter, page: int = 1, size: int = 50) -> list[int]:
    async with db.read() as tx:
        return [i.number for i in (await incidents.listed(tx, wanted, page, size))[0]]


async def test_an_incident_comes_back_as_it_was(db: Database) -> None:
    made = incident(keys=("a", "b"), description="d", acknowledged_at=NOW, acknowledged_by="ada")
    async with db.write() as tx:
        await incidents.add(tx, made)
    async with db.read() as tx:
        assert await incidents.get(tx, made.id) == made
        assert await incidents.get(tx, "inc_2") is None


async def test_numbers_have_no_gaps_under_twenty_at_once(db: Database) -> None:
    async def open_one(fails: bool) -> None:
        async with db.write() as tx:
            await incidents.add(tx, incident(await incidents.number(tx)))
            if fails:
                raise LookupError

    await asyncio.gather(*(open_one(fails=n % 5 == 0) for n in range(25)), return_exceptions=True)
    assert await numbers(db, Filter()) == list(range(20, 0, -1))


async def test_of_two_who_change_it_one_is_told_so(db: Database) -> None:
    before = incident()
    async with db.write() as tx:
        await incidents.add(tx, before)

    async def change(title: str) -> bool:
        async with db.write() as tx:
            after = before.model_copy(update={"title": title, "updated_at": before.updated_at + MINUTE})
            return await incidents.change(tx, before, after)

    assert sorted(await asyncio.gather(change("one"), change("two"))) == [False, True]


async def test_a_change_of_the_status_alone_is_noticed(db: Database) -> None:
    before = incident()
    async with db.write() as tx:
        await incidents.add(tx, before)
        resolved = before.model_copy(update={"status": IncidentStatus.RESOLVED})
        assert await incidents.change(tx, before, resolved)
        assert not await incidents.change(tx, before, before.model_copy(update={"title": "late"}))
        assert await incidents.get(tx, before.id) == resolved


async def test_found_by_any_of_its_keys_newest_first(db: Database) -> None:
    async with db.write() as tx:
        await incidents.add(tx, incident(1, keys=("node:a", "service:x")))
        await incidents.add(tx, incident(2, keys=("service:x",)))
        await incidents.add(tx, incident(3, keys=("service:x",), status="resolved"))
        await incidents.add_keys(tx, "inc_1", ("node:b", "node:a"))
        found = await incidents.by_keys(tx, ("node:a", "node:b", "service:x"))
        assert [i.number for i in found] == [2, 1]
        assert [i.number for i in await incidents.by_keys(tx, ("service:x",), only_open=False, held=True)] == [3, 2, 1]
        assert await incidents.by_keys(tx, ("service",)) == [] and await incidents.by_keys(tx, ()) == []


@pytest.fixture
async def five(db: Database) -> Database:
    async with db.write() as tx:
        await incidents.add(tx, incident(1, title="disk is 100% full", service="cart", severity="critical"))
        await incidents.add(tx, incident(2, title="disk is 100 times full", status="acknowledged", source="grafana"))
        await incidents.add(tx, incident(3, title="job_name", description="Überlauf", status="resolved", service="cart"))
        await incidents.add(tx, incident(4, title="jobXname", severity="low"))
        await incidents.add(tx, incident(5, title=r"back\slash"))
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
async def test_a_list_is_narrowed(five: Database, wanted: Filter, found: list[int]) -> None:
    assert await numbers(five, wanted) == found


async def test_pages(five: Database) -> None:
    assert [await numbers(five, Filter(), page, 2) for page in (1, 2, 3, 4)] == [[5, 4], [3, 2], [1], []]
    async with five.read() as tx:
        assert (await incidents.listed(tx, Filter(service="cart"), 2, 1))[1] == 2
        assert await incidents.counts(tx) == {"triggered": 3, "acknowledged": 1, "resolved": 1}


async def test_nearby_shares_a_key_or_the_service(db: Database) -> None:
    async with db.write() as tx:
        one = incident(1, keys=("k",), service="cart")
        await incidents.add(tx, one)
        await incidents.add(tx, incident(2, keys=("k",)))
        await incidents.add(tx, incident(3, service="cart", status="resolved"))
        await incidents.add(tx, incident(4))
        await incidents.add(tx, incident(5, keys=("k",), created_at=NOW - MINUTE))
        assert [i.number for i in await incidents.nearby(tx, one, NOW, 9)] == [3, 2]
        assert [i.number for i in await incidents.nearby(tx, one, NOW, 1)] == [3]
        assert await incidents.nearby(tx, incident(4), NOW, 9) == [], "no service is no common service"


async def test_a_timeline_is_read_on_from_where_one_stopped(db: Database) -> None:
    said = [Entry(incident_id="inc_1", at=NOW + n * MINUTE, kind="note" if n else "opened", text=f"{n}", data={"n": n}) for n in range(4)]
    async with db.write() as tx:
        await timeline.append(tx, *said[:2])
        await timeline.append(tx, Entry(incident_id="inc_2", at=NOW, kind="note", text="another's"))
        await timeline.append(tx, *said[2:])
    async with db.read() as tx:
        found = await timeline.of_incident(tx, "inc_1")
        assert [e.model_copy(update={"seq": 0}) for e in found] == said
        assert await timeline.of_incident(tx, "inc_1", after=found[1].seq) == found[2:]
        assert await timeline.of_incident(tx, "inc_1", limit=1) == found[:1]
        assert await timeline.count(tx, "inc_1", "note", NOW) == 3
        assert await timeline.count(tx, "inc_1", "note", NOW + 2 * MINUTE) == 2
