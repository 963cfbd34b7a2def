"""Notifications: creation with an answer, and delivery exactly once, however often it is attempted."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from midwatch.domain.incident import TimelineEntry
from midwatch.domain.investigation import Answer
from midwatch.domain.notifier import DeliveryFailed, Notifier, Story
from midwatch.domain.report import Report
from midwatch.domain.work import Investigation, Notification
from midwatch.engine.worker_context import WorkerContext
from midwatch.kit.containment import PluginFault, await_within, call_within
from midwatch.store import alerts, incidents, notifications, timeline
from midwatch.store.retry import patiently

LEASE = timedelta(seconds=30)  # longer than any delivery may take: an attempt that is not over by then has died
DELIVER_S = 20.0  # for one delivery: with SURE_S before it no longer than the lease
RENDER_S = 5.0  # for the payloads of one notifier, which are made inside a transaction
SURE_S = 10.0  # after the claim: a process stopped for longer may find that another one has attempted it
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=30)
ATTEMPTS = 40  # with these waits about 17 hours: PagerDuty and chat systems are back by then, or the answer is outdated

log = structlog.get_logger()


def add_notifications(
    tx: Connection, notifiers: Mapping[str, Notifier], run: Investigation, report: Report, answer: Answer
) -> None:
    """Stores the notifications of this answer: one for each target of every notifier. The answer is stored whatever a
    notifier does: a failure becomes an entry on the incident's timeline."""
    if not notifiers:
        return
    incident = incidents.get(tx, run.incident_id) if run.incident_id else None
    known = alerts.of_incident(tx, run.incident_id) if incident else []
    story = Story(run, incident, known, report, answer)
    now = run.finished_at or run.created_at
    for notifier in notifiers.values():
        try:
            payloads = call_within(f"notifier {notifier.name!r}", RENDER_S, _payloads, notifier, story)
        except PluginFault as fault:
            log.warning("notification failed", notifier=notifier.name, investigation=run.id, reason=str(fault))
            if run.incident_id:
                entry = TimelineEntry(incident_id=run.incident_id, at=now, kind="undelivered", text=str(fault))
                timeline.append(tx, entry)
            continue
        for target, payload in payloads:
            made = Notification(
                key=":".join((notifier.kind, run.id, *([target] if target else []))),
                incident_id=run.incident_id,
                notifier=notifier.name,
                kind=notifier.kind,
                payload=payload,
                created_at=now,
                next_at=now,
            )
            notifications.add(tx, made)


def _payloads(notifier: Notifier, story: Story) -> list[tuple[str, dict[str, Any]]]:
    """Target and payload of each notification. Raises TypeError or ValueError for a value that JSON cannot hold."""
    made = [(target, dict(notifier.render(story, target))) for target in notifier.targets(story)]
    for target, payload in made:
        if not isinstance(target, str):  # pyright: ignore[reportUnnecessaryIsInstance]  plug-in code
            raise TypeError(f"a target is of type {type(target).__name__}, not str")
        json.dumps(payload, allow_nan=False)
    return made


async def deliver_due(ctx: WorkerContext) -> int:
    """Attempts everything that is due; returns the number of attempts. Notifiers do not wait for each other."""
    by_notifier: defaultdict[str, list[Notification]] = defaultdict(list)
    for notification in await asyncio.to_thread(_due, ctx):
        by_notifier[notification.notifier].append(notification)
    return sum(await asyncio.gather(*(_deliver(ctx, due) for due in by_notifier.values())))


async def _deliver(ctx: WorkerContext, due: Sequence[Notification]) -> int:
    """Delivers the due notifications of one notifier in order; after a hanging one the others wait for the next
    round."""
    tried, now = 0, asyncio.get_running_loop().time
    for notification in due:
        claimed = time.monotonic()
        taken = await asyncio.to_thread(_claim, ctx, notification)
        if taken is not None and time.monotonic() - claimed < SURE_S:
            tried += 1
            begun = now()
            await _attempt(ctx, taken)
            if now() - begun >= DELIVER_S:
                break
    return tried


def any_due(tx: Connection, now: datetime) -> bool:
    return notifications.waits(tx, now)


def _due(ctx: WorkerContext) -> list[Notification]:
    with ctx.db.read() as tx:
        return notifications.due(tx, ctx.now())


def _claim(ctx: WorkerContext, notification: Notification) -> Notification | None:
    with ctx.db.write() as tx:
        return notifications.claim(tx, notification, ctx.now() + LEASE)


async def _attempt(ctx: WorkerContext, taken: Notification) -> None:
    """Makes one attempt. `taken` counts this attempt; the notifier receives the number of earlier ones."""
    try:
        notifier = ctx.notifiers.get(taken.notifier)
        if notifier is None:
            raise DeliveryFailed(f"{taken.notifier} is not configured any more", permanent=True)
        receipt = await _receipt(notifier, taken.model_copy(update={"attempts": taken.attempts - 1}))
    except DeliveryFailed as failed:
        log.warning(
            "notification failed",
            notifier=taken.notifier,
            notification=taken.key,
            reason=str(failed),
            attempt=taken.attempts,
            given_up=_final(taken, failed),
        )
        after, said = (
            _rescheduled(taken, failed, ctx.now()),
            f"{taken.notifier}: {failed}" if _final(taken, failed) else "",
        )
    else:
        log.info("notification sent", notifier=taken.notifier, notification=taken.key)
        after, said = (
            taken.model_copy(update={"sent_at": ctx.now(), "receipt": receipt}),
            f"{taken.kind} sent to {taken.notifier}",
        )
    await patiently(_put, ctx, taken, after, said)


async def _receipt(notifier: Notifier, notification: Notification) -> str:
    """The receipt. Raises DeliveryFailed for any error of the notifier and for a timeout."""
    try:
        who = f"notifier {notifier.name!r}"
        receipt = await await_within(who, DELIVER_S, notifier.deliver, notification, passed=(DeliveryFailed,))
    except PluginFault as fault:
        raise DeliveryFailed(fault.reason) from fault
    if not isinstance(receipt, str):  # pyright: ignore[reportUnnecessaryIsInstance]  plug-in code
        return ""
    return receipt


def _final(taken: Notification, failed: DeliveryFailed) -> bool:
    return failed.permanent or taken.attempts >= ATTEMPTS


def _rescheduled(taken: Notification, failed: DeliveryFailed, now: datetime) -> Notification:
    """The notification with the time of its next attempt: twice the wait each time, or the requested wait; given up
    after the last."""
    if _final(taken, failed):
        return taken.model_copy(update={"given_up": str(failed)})
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(taken.attempts - 1, 20))
    asked = timedelta(seconds=min(failed.after, notifications.FARTHEST / timedelta(seconds=1)))
    return taken.model_copy(update={"next_at": now + max(wait, asked)})


def _put(ctx: WorkerContext, taken: Notification, after: Notification, said: str) -> None:
    with ctx.db.write() as tx:
        if notifications.put(tx, taken, after) and said and after.incident_id:
            kind = "sent" if after.sent_at else "undelivered"
            timeline.append(tx, TimelineEntry(incident_id=after.incident_id, at=ctx.now(), kind=kind, text=said))
