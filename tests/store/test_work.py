from datetime import timedelta
from functools import partial

from midwatch.domain.work import RunEvent, RunState
from midwatch.store import investigations, notifications, workers
from midwatch.store.database import Database
from tests.store.build import NOW, notification, run
from tests.together import together

MINUTE = timedelta(minutes=1)


def test_a_run_comes_back_as_it_was(db: Database) -> None:
    made = run(answer="{}", headline="h", calls=3, seconds=1.5, finished_at=NOW)
    with db.write() as tx:
        investigations.add(tx, made)
        assert investigations.get(tx, made.id) == made and investigations.get(tx, "inv_2") is None


def test_a_run_changes_only_from_where_it_may(db: Database) -> None:
    made = run()
    with db.write() as tx:
        investigations.add(tx, made)
        cancelled = made.model_copy(update={"state": RunState.CANCELLED})
        assert investigations.change(tx, cancelled, RunState.QUEUED, RunState.RUNNING)
        assert not investigations.change(tx, made.model_copy(update={"state": RunState.RUNNING}), RunState.QUEUED)
        assert investigations.get(tx, made.id) == cancelled


def test_of_several_who_take_a_run_one_gets_it(db: Database) -> None:
    made = run()
    with db.write() as tx:
        investigations.add(tx, made)

    def take() -> bool:
        with db.write() as tx:
            return investigations.change(tx, made.model_copy(update={"state": RunState.RUNNING}), RunState.QUEUED)

    assert together(*[take] * 6).count(True) == 1


def test_runs_are_listed(db: Database) -> None:
    with db.write() as tx:
        for number in range(1, 6):
            investigations.add(
                tx, run(number, state="done" if number > 3 else "queued", incident_id=f"inc_{number % 2}")
            )
        assert [r.id for r in investigations.list_investigations(tx, 2, 2)[0]] == ["inv_3", "inv_2"]
        found, total = investigations.list_investigations(tx, 1, 1, RunState.QUEUED, "inc_1")
        assert ([r.id for r in found], total) == (["inv_3"], 2)
        assert [r.id for r in investigations.in_state(tx, (RunState.QUEUED, RunState.RUNNING), limit=2)] == [
            "inv_1",
            "inv_2",
        ]
        assert investigations.counts(tx) == {"queued": 3, "done": 2}


def test_what_a_run_tells_is_numbered_also_when_several_speak(db: Database) -> None:
    def tell(*numbers: tuple[str, int]) -> None:
        with db.write() as tx:
            investigations.append_events(
                tx, [RunEvent(run_id=run_id, at=NOW, kind="asked", data={"n": number}) for run_id, number in numbers]
            )

    speaking = [partial(tell, ("inv_1", n), ("inv_2", n), ("inv_1", n + 100)) for n in range(6)]
    together(*speaking, *(partial(tell, ("inv_2", n), ("inv_1", n)) for n in range(200, 206)))
    with db.read() as tx:
        told = investigations.events_after(tx, "inv_1")
        assert [e.seq for e in told] == list(range(1, 19))
        said = [e.data["n"] for e in told]
        assert sorted(said) == [*range(6), *range(100, 106), *range(200, 206)]
        assert all(said.index(n + 100) == said.index(n) + 1 for n in range(6)), (
            "what was told at once stays in its order"
        )
        assert [e.seq for e in investigations.events_after(tx, "inv_2")] == list(range(1, 13))
        assert (
            investigations.events_after(tx, "inv_1", after=16) == told[16:]
            and investigations.events_after(tx, "inv_1", limit=2) == told[:2]
        )


def test_which_runs_are_over(db: Database) -> None:
    with db.write() as tx:
        for number, state in enumerate(RunState):
            investigations.add(tx, run(number, state=state))
        assert investigations.final_ids(tx, [f"inv_{n}" for n in range(5)] + ["unknown"]) == {
            "inv_2",
            "inv_3",
            "inv_4",
            "unknown",
        }


def test_a_notification_is_asked_for_once(db: Database) -> None:
    with db.write() as tx:
        assert notifications.add(tx, notification()) and not notifications.add(tx, notification(kind="other"))
        assert notifications.get(tx, "note") == notification() and notifications.get(tx, "no") is None


def test_notifications_are_due_in_their_order(db: Database) -> None:
    with db.write() as tx:
        for name, minutes in (("late", 9), ("second", 2), ("first", 1), ("now", 3)):
            notifications.add(tx, notification(name, next_at=NOW + minutes * MINUTE))
        notifications.add(tx, notification("sent", sent_at=NOW))
        notifications.add(tx, notification("given up", given_up="gone"))
        assert [e.key for e in notifications.due(tx, NOW + 3 * MINUTE)] == ["first", "second", "now"]
        assert [e.key for e in notifications.due(tx, NOW + 3 * MINUTE, limit=1)] == ["first"]
        assert notifications.counts(tx) == {"pending": 4, "sent": 1, "given up": 1}


def test_of_two_who_claim_a_notification_one_gets_it(db: Database) -> None:
    asked = notification()
    with db.write() as tx:
        notifications.add(tx, asked)

    def claim() -> bool:
        with db.write() as tx:
            return notifications.claim(tx, asked, NOW + MINUTE) is not None

    assert together(*[claim] * 4).count(True) == 1
    with db.write() as tx:
        assert notifications.due(tx, NOW) == []
        (again,) = notifications.due(tx, NOW + MINUTE)
        assert again.attempts == 1, "whoever claimed it died"
        taken = notifications.claim(tx, again, NOW + 5 * MINUTE)
        assert taken is not None and taken.attempts == 2
        notifications.put(tx, taken, taken.model_copy(update={"given_up": "refused five times"}))
        assert notifications.due(tx, NOW + 9 * MINUTE) == [] and notifications.counts(tx) == {"given up": 1}
        assert notifications.claim(tx, taken, NOW + 9 * MINUTE) is None


def test_workers_live_and_are_buried_once(db: Database) -> None:
    with db.write() as tx:
        workers.beat(tx, "b", NOW, NOW)
        workers.beat(tx, "a", NOW, NOW)
        workers.beat(tx, "a", NOW, NOW + MINUTE)
        assert workers.list_workers(tx) == [("a", NOW + MINUTE), ("b", NOW)]
        assert workers.leave(tx, "b") and not workers.leave(tx, "b")
        assert workers.list_workers(tx) == [("a", NOW + MINUTE)]
