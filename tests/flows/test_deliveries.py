"""A notification is tried until it arrives: later each time, or when the other side says, and not for ever."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from midwatch.domain.diagnosis import Diagnosis, Verdict
from midwatch.domain.investigation import Answer, CaseFile
from midwatch.domain.notifier import DeliveryFailed, Notifier
from midwatch.domain.work import Notification
from midwatch.engine.notifications import (
    ATTEMPTS,
    DELIVER_S,
    FIRST_WAIT,
    LEASE,
    LONGEST_WAIT,
    SURE_S,
    add_notifications,
    deliver_due,
)
from midwatch.engine.worker_context import WorkerContext
from midwatch.integrations.pagerduty import notify as pagerduty_note
from midwatch.integrations.webhook import notify as webhook
from midwatch.reports.compose import compose
from midwatch.store import notifications
from midwatch.store.database import Database
from tests.flows.server_context import CART, Watch, alert
from tests.skipping import skipping

Said = Exception | str


class Other:
    """The other side: says what it is told to, the last of it again and again, and remembers what it was asked."""

    def __init__(self, *says: Said, then: Callable[[], object] = lambda: None) -> None:
        self._says, self._then = list(says), then
        self.attempts: list[int] = []

    async def deliver(self, notification: Notification) -> str:
        self.attempts.append(notification.attempts)
        said = self._says.pop(0) if len(self._says) > 1 else self._says[0]
        self._then()
        if isinstance(said, Exception):
            raise said
        return said


def asked(db: Database) -> Watch:
    watch = Watch(db)
    watch.says(alert(**CART))
    with db.write() as tx:
        made = Notification(
            key="k",
            incident_id=watch.incident().id,
            notifier="other",
            kind="note",
            payload={},
            created_at=watch.now,
            next_at=watch.now,
        )
        notifications.add(tx, made)
    return watch


def context(watch: Watch, *notifiers: Notifier) -> WorkerContext:
    return WorkerContext(watch.ctx.db, watch.ctx.now, {notifier.name: notifier for notifier in notifiers})


async def tried(watch: Watch, other: Other) -> Notification:
    await deliver_due(context(watch, Notifier("other", "note", lambda _: (), lambda _, __: {}, other.deliver)))
    return kept(watch)


def kept(watch: Watch) -> Notification:
    with watch.ctx.db.read() as tx:
        found = notifications.get(tx, "k")
    assert found is not None
    return found


def told(watch: Watch) -> Sequence[tuple[str, str]]:
    entries = watch.timeline(watch.incident().id)
    return [(e.kind, e.text) for e in entries if e.kind in ("sent", "undelivered")]


async def test_what_arrives_is_said_once_and_not_sent_again(db: Database) -> None:
    watch, other = asked(db), Other("receipt")
    assert (await tried(watch, other)).receipt == "receipt"
    await tried(watch.later(hours=30), other)
    assert other.attempts == [0] and told(watch) == [("sent", "note sent to other")]


async def test_a_permanent_refusal_is_not_tried_again(db: Database) -> None:
    watch, other = asked(db), Other(DeliveryFailed("no such incident", permanent=True))
    assert (await tried(watch, other)).given_up == "no such incident"
    await tried(watch.later(hours=30), other)
    assert other.attempts == [0] and told(watch) == [("undelivered", "other: no such incident")]


async def test_who_is_not_configured_any_more_is_given_up(db: Database) -> None:
    watch = asked(db)
    await deliver_due(context(watch))
    assert told(watch) == [("undelivered", "other: other is not configured any more")]


async def test_it_waits_twice_as_long_each_time_and_is_given_up_in_the_end(db: Database) -> None:
    watch, other = asked(db), Other(DeliveryFailed("away"))
    waits = list[timedelta]()
    for _ in range(ATTEMPTS):
        after = await tried(watch, other)
        waits.append(after.next_at - watch.now)
        await tried(watch, other)  # it is not due yet
        watch.now = after.next_at
    assert waits[:4] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT]
    assert waits[12:-1] == [LONGEST_WAIT] * (ATTEMPTS - 13)
    assert other.attempts == list(range(ATTEMPTS)) and kept(watch).given_up == "away"
    await tried(watch.later(hours=30), other)
    assert len(other.attempts) == ATTEMPTS and told(watch) == [("undelivered", "other: away")]


@pytest.mark.parametrize(
    ("after", "wait"), [(1.0, FIRST_WAIT), (90.0, timedelta(seconds=90)), (1e9, notifications.FARTHEST)]
)
async def test_it_waits_as_long_as_the_other_side_asks(db: Database, after: float, wait: timedelta) -> None:
    watch, other = asked(db), Other(DeliveryFailed("too often", after=after), "receipt")
    assert (await tried(watch, other)).next_at == watch.now + wait
    await tried(watch.later(seconds=wait.total_seconds() - 1), other)
    assert other.attempts == [0]
    assert (await tried(watch.later(seconds=1), other)).receipt == "receipt"


async def test_an_attempt_that_died_is_made_again_after_its_lease(db: Database) -> None:
    watch, other = asked(db), Other("receipt")
    with db.write() as tx:
        assert notifications.claim(tx, kept(watch), watch.now + LEASE)
    await tried(watch.later(seconds=29), other)
    assert other.attempts == []
    await tried(watch.later(seconds=1), other)
    assert other.attempts == [1], "so that it looks first whether it arrived"


async def test_a_late_failure_does_not_undo_what_another_attempt_did(db: Database) -> None:
    """Who stood still for longer than the lease comes back with a failure; meanwhile somebody else has sent it."""
    watch = asked(db)

    def meanwhile() -> None:
        watch.later(seconds=31)
        with db.write() as tx:
            (due,) = notifications.due(tx, watch.now)
            again = notifications.claim(tx, due, watch.now + LEASE)
            assert again and notifications.put(
                tx, again, again.model_copy(update={"sent_at": watch.now, "receipt": "theirs"})
            )

    after = await tried(watch, Other(DeliveryFailed("broke off"), then=meanwhile))
    assert after.receipt == "theirs" and told(watch) == []


async def test_a_clock_that_was_set_back_delays_nothing_for_long(db: Database) -> None:
    watch, other = asked(db), Other(DeliveryFailed("away"), "receipt")
    await tried(watch, other)
    more: dict[str, Any] = {"hours": -1.5}
    assert (await tried(watch.later(**more), other)).receipt == "receipt"


def test_each_notifier_is_asked_for_its_targets_and_the_published_keys_stay(db: Database) -> None:
    watch = Watch(db)
    watch.says(*(alert(f"f{n}", source="pagerduty", external_id=f"PINC{n}", **CART) for n in (2, 1)))
    (run,) = watch.runs()
    found = CaseFile(
        request=run.request,
        source="test",
        evidence=(),
        gaps=(),
        diagnosis=Diagnosis(verdict=Verdict.INCONCLUSIVE, headline="The disk is full"),
    )
    senders = [
        Notifier(way.NAME, way.KIND, way.targets, way.render, Other("receipt").deliver)
        for way in (pagerduty_note, webhook)
    ]
    with db.write() as tx:
        for _ in range(2):
            add_notifications(tx, {one.name: one for one in senders}, run, compose(found), Answer.of(found))
        made = {n.key: n for n in notifications.due(tx, watch.now)}
    assert set(made) == {f"note:{run.id}:PINC1", f"note:{run.id}:PINC2", f"answer:{run.id}"}
    note, answer = made[f"note:{run.id}:PINC1"], made[f"answer:{run.id}"]
    assert (note.notifier, note.kind, note.payload["incident"]) == ("pagerduty", "note", "PINC1")
    assert "The disk is full" in note.payload["text"]
    assert (answer.payload["run"], answer.payload["incident"]["id"]) == (run.id, watch.incident().id)
    assert answer.payload["answer"]["headline"] == "The disk is full"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Notifier("wrong", "w", lambda _: [1 / 0], lambda _, __: {}, Other("r").deliver), "ZeroDivisionError"),  # type: ignore[list-item]
        (Notifier("wrong", "w", lambda _: ["a"], lambda _, __: {"at": object()}, Other("r").deliver), "TypeError"),
        (Notifier("wrong", "w", lambda _: [5], lambda _, __: {}, Other("r").deliver), "TypeError"),  # type: ignore[list-item]
    ],
)
def test_a_notifier_that_cannot_say_what_it_sends_costs_neither_the_answer_nor_the_others(
    db: Database, wrong: Notifier, reason: str
) -> None:
    watch = Watch(db)
    watch.says(alert(**CART))
    (run,) = watch.runs()
    diagnosis = Diagnosis(verdict=Verdict.INCONCLUSIVE, headline="The disk is full")
    found = CaseFile(request=run.request, source="test", evidence=(), gaps=(), diagnosis=diagnosis)
    right = Notifier("right", "r", lambda _: ["a"], lambda _, __: {}, Other("r").deliver)
    with db.write() as tx:
        add_notifications(tx, {"wrong": wrong, "right": right}, run, compose(found), Answer.of(found))
        made = notifications.due(tx, watch.now)
    assert [n.notifier for n in made] == ["right"]
    assert [text.startswith(f"notifier 'wrong': {reason}") for _, text in told(watch)] == [True], told(watch)


async def test_an_unexpected_exception_is_a_failed_delivery(db: Database) -> None:
    """Tried again, given up in the end, and said on the timeline: not for ever by the lease."""
    watch, other = asked(db), Other(ValueError("ghp_" + "a1B2c3D4e5F6" * 3))
    first = await tried(watch, other)
    assert first.next_at == watch.now + FIRST_WAIT and not first.given_up
    for _ in range(ATTEMPTS):
        await tried(watch.later(hours=2), other)
    (end,) = told(watch)
    assert kept(watch).given_up.startswith("ValueError: ") and end[0] == "undelivered"
    assert "a1B2c3" not in end[1]


def test_one_that_hangs_holds_up_no_other(db: Database) -> None:
    watch, other = asked(db), Other("receipt")
    with db.write() as tx:
        first = notifications.get(tx, "k")
        assert first is not None
        for place in range(3):
            notifications.add(tx, first.model_copy(update={"key": f"h{place}", "notifier": "hanging"}))
    begun: list[str] = []

    async def hangs(notification: Notification) -> str:
        begun.append(notification.key)
        await asyncio.sleep(9999)
        return ""

    def of(name: str, deliver: Any) -> Notifier:
        return Notifier(name, "note", lambda _: (), lambda _, __: {}, deliver)

    skipping(deliver_due(context(watch, of("hanging", hangs), of("other", other.deliver))))
    assert kept(watch).receipt == "receipt"
    with db.read() as tx:
        hung = notifications.get(tx, "h0")
    assert begun == ["h0"] and hung is not None and hung.next_at > watch.now and not hung.sent_at
    assert timedelta(seconds=SURE_S + DELIVER_S) <= LEASE


def test_what_an_older_program_stored_is_read_and_written_as_it_was(db: Database) -> None:
    made = kept(asked(db))
    body = json.loads(made.model_dump_json())
    assert body["target"] == "other" and "notifier" not in body
    assert Notification.model_validate(body) == made
