"""Alerts come in: proved, understood, stored with their consequences in one transaction; only then is the sender told
so."""

import asyncio
import base64
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from midwatch.domain.alert import Alert, Delivery
from midwatch.domain.base import Model
from midwatch.integrations.inbox import Forged, Hook, Inbox
from midwatch.kit.fetch import Unreachable
from midwatch.kit.ids import new_id
from midwatch.kit.redaction import redact_text
from midwatch.services.desk import Desk
from midwatch.services.errors import Later, NoAccess, NotKnown
from midwatch.services.intake import left_out, remark, take
from midwatch.settings import SenderSettings
from midwatch.store import deliveries
from midwatch.store.deliveries import Kept, Outcome

KEPT = 65_536  # bytes of a body that are kept for a person to look at
AGAIN_S = 30.0  # when a sender may try again for whom something had to be fetched
LARGE = (
    32_768  # bytes; above that reading a body takes longer than handing it to a thread, and everybody else would wait
)

T = TypeVar("T")


class Receipt(Model, frozen=True):
    """What became of a delivery. `incidents` in the order of its alerts; `note` says what was not understood.

    `omitted` counts alerts that were not taken: the sender left them out, or they were beyond our limits.
    """

    delivery: str
    outcome: str
    incidents: tuple[str, ...] = ()
    moves: dict[str, int] = {}
    omitted: int = 0
    note: str = ""


class Understood(Model, frozen=True):
    """`proof` says what the request lacks to be let in."""

    delivery: Delivery
    accepted: bool
    proof: str = ""


async def receive(desk: Desk, source: str, hook: Hook, *, trusted: bool = False) -> Receipt:
    """One request of a monitoring system; `trusted` when an API key has vouched for it already.

    Raises NotKnown for a source that does not exist, NoAccess for a request that does not prove where it comes from.
    """
    found, settings = inbox(desk, source), sender(desk, source)
    if not trusted:
        hook = await _proved(desk, found, hook, settings)
    delivery = await _apart(hook, lambda: found.parse(hook, settings))
    if delivery.confirm:
        await _fetched(desk, delivery.confirm)
    return await asyncio.to_thread(store, desk, source, delivery, hook.body)


def inbox(desk: Desk, source: str) -> Inbox:
    found = desk.inboxes.get(source)
    if found is None:
        raise NotKnown(f"There is no source {source!r}.", f"One of {', '.join(sorted(desk.inboxes))}")
    return found


async def understand(desk: Desk, source: str, hook: Hook) -> Understood:
    """What a request would be taken for, and whether it would be let in; nothing is stored or started."""
    found, settings = inbox(desk, source), sender(desk, source)
    try:
        hook = await _proved(desk, found, hook, settings)
        proof = ""
    except NoAccess as refused:
        proof = f"{refused.reason} {refused.hint}".strip()
    return Understood(delivery=await _apart(hook, lambda: found.parse(hook, settings)), accepted=not proof, proof=proof)


def store(desk: Desk, source: str, delivery: Delivery, body: bytes = b"") -> Receipt:
    """Keeps a delivery and what follows from it: all of it or nothing. Its body is kept only when it was not
    understood."""
    now = desk.now()
    known = delivery.id or new_id("dlv", now)
    outcome = Outcome.PARKED if delivery.unknown else Outcome.IGNORED if _nothing(delivery) else Outcome.ACCEPTED
    note = _note(delivery)
    text = _body(body) if outcome is Outcome.PARKED else ""
    kept = Kept(source=source, id=known, received_at=now, outcome=outcome, note=note, body=text)
    with desk.db.write() as tx:
        if not deliveries.add(tx, kept):
            return Receipt(delivery=known, outcome="repeated", note="this delivery was received before")
        decisions = [take(tx, alert, now) for alert in delivery.alerts]
        for said in delivery.remarks:
            remark(tx, source, said, now)
        if delivery.omitted:
            left_out(tx, source, decisions, delivery.omitted, now)
    if any(d.investigate for d in decisions):
        desk.wake()
    moves = Counter(str(d.action) for d in decisions)
    reached = tuple(d.incident_id for d in decisions)
    return Receipt(delivery=known, outcome=outcome, incidents=reached, moves=moves, omitted=delivery.omitted, note=note)


def add(desk: Desk, *alerts: Alert) -> Receipt:
    """Alerts that are ours already: from `k8s watch`, or from a person."""
    return store(desk, alerts[0].source, Delivery(alerts=alerts))


def parked(desk: Desk, source: str = "") -> list[Kept]:
    with desk.db.read() as tx:
        return deliveries.listed(tx, source, Outcome.PARKED)


async def _proved(desk: Desk, inbox: Inbox, hook: Hook, sender: SenderSettings) -> Hook:
    if sender.open:
        if desk.open:
            return hook
        raise NoAccess(
            f"Nothing is configured by which {inbox.title} could prove itself.",
            f"Set senders.{inbox.source}, or send an API key",
        )
    try:
        address = await _apart(hook, lambda: inbox.certificate_url(hook))
        proved = replace(hook, certificate=await _fetched(desk, address)) if address else hook
        await _apart(hook, lambda: inbox.verify(proved, sender))
    except Forged as forged:
        raise NoAccess(str(forged), f"docs/alerts.md says how {inbox.title} signs") from forged
    return proved


def sender(desk: Desk, source: str) -> SenderSettings:
    return desk.settings.senders.get(source) or SenderSettings()


async def _fetched(desk: Desk, url: str) -> bytes:
    """Which addresses may be asked for is decided by the source that wants it; where nothing comes the sender tries
    again."""
    try:
        return await desk.fetch(url)
    except Unreachable as away:
        raise Later(f"{url} cannot be fetched: {away}.", after=AGAIN_S) from away


async def _apart(hook: Hook, read: Callable[[], T]) -> T:
    """Reads a large body in a thread, a small one at once."""
    return await asyncio.to_thread(read) if len(hook.body) > LARGE else read()


def _note(delivery: Delivery) -> str:
    omitted = f"{delivery.omitted} more alerts of this delivery were not taken" if delivery.omitted else ""
    confirmed = "confirmed, as the sender asked" if delivery.confirm else ""
    return delivery.unknown or delivery.ignored or confirmed or omitted


def _nothing(delivery: Delivery) -> bool:
    return not (delivery.alerts or delivery.remarks)


def _body(raw: bytes) -> str:
    """As text where it is text; secrets are cut out before anything is kept."""
    try:
        return redact_text(raw[:KEPT].decode())
    except UnicodeDecodeError:
        return base64.b64encode(raw[: KEPT // 2]).decode()
