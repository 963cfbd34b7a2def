from datetime import datetime, timedelta

from sqlalchemy import func, insert, select

from midwatch.domain.incident import TimelineEntry
from midwatch.domain.work import RunEvent, RunState
from midwatch.store import deliveries, incidents, investigations, notifications, timeline
from midwatch.store.database import Database
from midwatch.store.deliveries import Outcome, WebhookDelivery
from midwatch.store.retention import Purged, purge
from midwatch.store.tables import calls
from midwatch.store.tables import runs as stored
from tests.store.build import NOW, ZONES, incident, notification, run

DAY = timedelta(days=1)


def put(db: Database, number: int, created: datetime, finished: datetime | None, state: RunState) -> None:
    with db.write() as tx:
        investigations.add(tx, run(number, created_at=created, finished_at=finished, state=state))
        for _ in range(3):
            investigations.append_events(tx, [RunEvent(run_id=f"inv_{number}", at=created, kind="asked")])
        tx.execute(insert(calls).values(run_id=f"inv_{number}", key="k", kind="gap", body="{}"))


def test_only_what_is_old_and_over_goes(db: Database) -> None:
    put(db, 1, NOW - 3 * DAY, NOW - 2 * DAY, RunState.DONE)
    put(db, 2, NOW - 3 * DAY, (NOW - 2 * DAY).astimezone(ZONES[-1]), RunState.FAILED)
    put(db, 3, NOW - 3 * DAY, NOW + DAY, RunState.DONE)  # ended after
    put(db, 4, NOW - 3 * DAY, None, RunState.RUNNING)
    put(db, 5, NOW - 3 * DAY, None, RunState.QUEUED)
    put(db, 6, NOW - 3 * DAY, None, RunState.CANCELLED)  # nobody knows when
    with db.write() as tx:
        for number, at in enumerate((NOW - DAY, NOW, NOW + DAY)):
            deliveries.add(tx, WebhookDelivery(source="s", id=str(number), received_at=at, outcome=Outcome.ACCEPTED))
        incidents.add(tx, incident(status="resolved", created_at=NOW - 9 * DAY, updated_at=NOW - 9 * DAY))
        timeline.append(tx, TimelineEntry(incident_id="inc_1", at=NOW - 9 * DAY, kind="opened", text="t"))
        notifications.add(tx, notification(sent_at=NOW - 9 * DAY))
    with db.write() as tx:
        assert purge(tx, NOW) == Purged(deliveries=1, run_events=6, calls=2)
    with db.write() as tx:
        assert purge(tx, NOW) == Purged(), "the second time there is nothing left"
        assert [len(investigations.events_after(tx, f"inv_{n}")) for n in range(1, 7)] == [0, 0, 3, 3, 3, 3]
        assert tx.execute(select(func.count()).select_from(calls)).scalar_one() == 4
        assert sorted(d.id for d in deliveries.list_deliveries(tx)) == ["1", "2"]
        assert investigations.list_investigations(tx, 1, 10)[1] == 6 and investigations.get(tx, "inv_1") is not None
        assert len(timeline.of_incident(tx, "inc_1")) == 1 and notifications.get(tx, "note") is not None


def test_many_runs_go_in_several_steps(db: Database) -> None:
    with db.write() as tx:
        ended = run(created_at=NOW - DAY, finished_at=NOW - DAY, state="done").model_dump_json()
        known = {"incident_id": "", "state": "done", "created_at": NOW - DAY, "version": 1, "body": ended}
        ids = [f"inv_{number}" for number in range(1100)]
        tx.execute(insert(stored), [{"id": name, **known} for name in ids])
        tx.execute(insert(calls), [{"run_id": name, "key": "k", "kind": "gap", "body": "{}"} for name in ids])
        assert purge(tx, NOW) == Purged(calls=1100)
