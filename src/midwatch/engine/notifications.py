"""What an answer has to reach, and how it gets there: each effect once, however often somebody tries."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from midwatch.domain.incident import Entry
from midwatch.domain.investigation import Answer, Investigation
from midwatch.domain.plain import plain
from midwatch.domain.work import Effect, Run
from midwatch.engine.compose import compose
from midwatch.integrations.outbox import Outbox, Undelivered
from midwatch.services.desk import Desk
from midwatch.store import alerts, incidents, notifications, timeline
from midwatch.store.patience import patiently

LEASE = timedelta(seconds=30)  # longer than any delivery may take: an attempt that is not over by then has died
SURE_S = 10.0  # after the claim was begun: who was stopped for longer may find that somebody else has tried meanwhile
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=30)
ATTEMPTS = (
    40  # with these waits about 17 hours: PagerDuty and chat systems are back by then, or nobody needs it any more
)

log = structlog.get_logger()


def effects_of(desk: Desk, run: Run, found: Investigation) -> list[Effect]:
    """One note for each PagerDuty incident that the incident's alerts come from, and one event for the webhook."""
    made: list[Effect] = []
    with desk.db.read() as tx:
        incident = incidents.get(tx, run.incident_id) if run.incident_id else None
        known = alerts.of_incident(tx, run.incident_id) if incident else []
    if desk.settings.pagerduty.token is not None and incident:
        theirs = {a.alert.external_id for a in known if a.alert.source == "pagerduty"}
        text = plain(compose(found), sections=2)
        for key in sorted(theirs - {""}):
            payload = {"incident": key, "text": text}
            made.append(_effect(run, f"note:{run.id}:{key}", "pagerduty", "note", payload))
    if desk.settings.webhook.url:
        answer = Answer.of(found).model_dump(mode="json", by_alias=True)
        payload = {"incident": incident.model_dump(mode="json") if incident else None, "run": run.id, "answer": answer}
        made.append(_effect(run, f"answer:{run.id}", "webhook", "answer", payload))
    return made


def _effect(run: Run, key: str, target: str, kind: str, payload: Mapping[str, object]) -> Effect:
    now = run.finished_at or run.created_at
    return Effect(
        key=key,
        incident_id=run.incident_id,
        target=target,
        kind=kind,
        payload=dict(payload),
        created_at=now,
        next_at=now,
    )


async def deliver_due(desk: Desk, outboxes: Mapping[str, Outbox]) -> int:
    """Tries everything that is due; how many were tried."""
    tried = 0
    for effect in await asyncio.to_thread(_due, desk):
        claimed = time.monotonic()
        taken = await asyncio.to_thread(_claim, desk, effect)
        if taken is not None and time.monotonic() - claimed < SURE_S:
            tried += 1
            await _attempt(desk, taken, outboxes.get(effect.target))
    return tried


def someone_waits(tx: Connection, now: datetime) -> bool:
    """Whether anything is due."""
    return notifications.waits(tx, now)


def _due(desk: Desk) -> list[Effect]:
    with desk.db.read() as tx:
        return notifications.due(tx, desk.now())


def _claim(desk: Desk, effect: Effect) -> Effect | None:
    with desk.db.write() as tx:
        return notifications.claim(tx, effect, desk.now() + LEASE)


async def _attempt(desk: Desk, taken: Effect, outbox: Outbox | None) -> None:
    """`taken` counts this attempt; what the outbox gets to see is how many came before."""
    try:
        if outbox is None:
            raise Undelivered(f"{taken.target} is not configured any more", permanent=True)
        receipt = await outbox.deliver(taken.model_copy(update={"attempts": taken.attempts - 1}))
    except Undelivered as failed:
        log.warning("not delivered", effect=taken.key, reason=str(failed), attempt=taken.attempts)
        after, said = _later(taken, failed, desk.now()), f"{taken.target}: {failed}" if _final(taken, failed) else ""
    else:
        after, said = (
            taken.model_copy(update={"sent_at": desk.now(), "receipt": receipt}),
            f"{taken.kind} sent to {taken.target}",
        )
    await patiently(_put, desk, taken, after, said)


def _final(taken: Effect, failed: Undelivered) -> bool:
    return failed.permanent or taken.attempts >= ATTEMPTS


def _later(taken: Effect, failed: Undelivered, now: datetime) -> Effect:
    """Waits twice as long each time, or as long as the other side asked."""
    if _final(taken, failed):
        return taken.model_copy(update={"given_up": str(failed)})
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(taken.attempts - 1, 20))
    asked = timedelta(seconds=min(failed.after, notifications.FARTHEST / timedelta(seconds=1)))
    return taken.model_copy(update={"next_at": now + max(wait, asked)})


def _put(desk: Desk, taken: Effect, effect: Effect, said: str) -> None:
    with desk.db.write() as tx:
        if notifications.put(tx, taken, effect) and said and effect.incident_id:
            kind = "sent" if effect.sent_at else "undelivered"
            timeline.append(tx, Entry(incident_id=effect.incident_id, at=desk.now(), kind=kind, text=said))
