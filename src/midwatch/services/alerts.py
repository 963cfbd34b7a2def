"""Alerts come in: understood, stored with their consequences in one transaction; only then is the sender told so."""

import base64
from collections import Counter
from collections.abc import Iterator
from functools import partial

from pydantic import Field
from sqlalchemy import Connection

from midwatch.domain.access import AccessRole, Actor, KeylessRole
from midwatch.domain.alert import Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.base import Model
from midwatch.kit.ids import new_id
from midwatch.kit.redaction import redact_text
from midwatch.services.errors import NoAccess
from midwatch.services.event_log import log_decisions, log_delivery
from midwatch.services.identity import alert_source, fetch, prove, read_apart, sender
from midwatch.services.incident_updates import add_comment, apply_alert, left_out
from midwatch.services.server_context import ServerContext
from midwatch.services.use_case import Write, Writing, use_case
from midwatch.store import deliveries
from midwatch.store.deliveries import Outcome, WebhookDelivery

KEPT = 65_536  # bytes of a body that are kept for a person to look at


class Receipt(Model, frozen=True):
    """What became of a delivery. `incidents` in the order of its alerts; `note` says what was not understood.

    `omitted` counts alerts that were not taken: the sender left them out, or they were beyond our limits.
    """

    delivery: str
    outcome: str
    incidents: tuple[str, ...] = ()
    actions: dict[str, int] = {}
    omitted: int = 0
    note: str = ""


class Understood(Model, frozen=True):
    """`accepted` is what the same request to the real endpoint would get."""

    delivery: Delivery
    accepted: bool
    authenticated_by: str = Field(default="", description="API key, alert source, or nothing (serve --open)")
    authentication: str = Field(default="", description="what the request lacks to authenticate as the alert source")


class SenderStatus(Model, frozen=True):
    source: str
    title: str
    configured: bool = Field(description="whether a token, secret or topic is set for this alert source")
    authentication: list[str] = Field(description="what a delivery may authenticate with; one of them is enough")
    last: list[WebhookDelivery] = Field(description="unparsed deliveries, newest first")


@use_case(needs=KeylessRole.SENDER, record="deliveries")
async def receive(ctx: ServerContext, _caller: Actor, write: Write, source: str, hook: WebhookRequest) -> Receipt:
    """One request of a monitoring system, in whose name the caller has proved itself or an API key vouches.

    Raises NotKnown for a source that does not exist, Later where a confirmation cannot be fetched.
    """
    found, settings = alert_source(ctx, source), sender(ctx, source)
    delivery = await read_apart(found, hook, lambda: found.parse(hook, settings))
    if delivery.confirm:
        await fetch(ctx, delivery.confirm)
    return await write(_store, ctx, source, delivery, hook.body)


@use_case(needs=AccessRole.RESPONDER)
async def understand(ctx: ServerContext, caller: Actor, source: str, hook: WebhookRequest) -> Understood:
    """What a delivery is parsed to, and whether it is accepted with the caller's key; nothing is stored or started."""
    found, settings = alert_source(ctx, source), sender(ctx, source)
    try:
        await prove(ctx, source, hook)
        lacking = ""
    except NoAccess as refused:
        lacking = f"{refused.reason} {refused.hint}".strip()
    by_source = "" if lacking else "nothing (serve --open)" if settings.open else "alert source"
    by = "API key" if caller.key_id else by_source
    delivery = await read_apart(found, hook, lambda: found.parse(hook, settings))
    return Understood(delivery=delivery, accepted=bool(by), authenticated_by=by, authentication=lacking)


@use_case(needs=AccessRole.VIEWER)
def status(ctx: ServerContext, _caller: Actor, tx: Connection, source: str) -> SenderStatus:
    """Whether a source is configured, and what of it was not understood."""
    found, configured = alert_source(ctx, source), not sender(ctx, source).open
    unparsed = deliveries.list_deliveries(tx, source, Outcome.UNPARSED)
    ways = list(_ways(ctx, source))
    return SenderStatus(source=source, title=found.title, configured=configured, authentication=ways, last=unparsed)


def _ways(ctx: ServerContext, source: str) -> Iterator[str]:
    """What a delivery may authenticate with."""
    settings = sender(ctx, source)
    for name in alert_source(ctx, source).authenticates_by:
        if getattr(settings, name):
            yield f"senders.{source}.{name}"
    yield "an API key of the role responder or admin"
    if ctx.open and settings.open:
        yield "nothing, from this machine (serve --open)"


def _store(writing: Writing, ctx: ServerContext, source: str, delivery: Delivery, body: bytes) -> Receipt:
    """Keeps a delivery and what follows from it: all of it or nothing. Its body is kept only when it was not
    understood."""
    now = ctx.now()
    known = delivery.id or new_id("dlv", now)
    outcome = Outcome.UNPARSED if delivery.unknown else Outcome.IGNORED if _nothing(delivery) else Outcome.ACCEPTED
    note = _note(delivery)
    text = _body(body) if outcome is Outcome.UNPARSED else ""
    kept = WebhookDelivery(source=source, id=known, received_at=now, outcome=outcome, note=note, body=text)
    if not deliveries.add(writing.tx, kept):
        writing.mark_unchanged()
        return Receipt(delivery=known, outcome="repeated", note="duplicate delivery")
    decisions = [apply_alert(writing.tx, alert, now) for alert in delivery.alerts]
    for said in delivery.comments:
        add_comment(writing.tx, source, said, now)
    if delivery.omitted:
        left_out(writing.tx, source, decisions, delivery.omitted, now)
    writing.audit(known)
    if any(d.investigate for d in decisions):
        writing.after(ctx.wake)
    actions = Counter(str(d.action) for d in decisions)
    reached = tuple(d.incident_id for d in decisions)
    writing.after(partial(log_delivery, source, known, outcome, len(delivery.alerts)))
    writing.after(partial(log_decisions, source, decisions))
    return Receipt(
        delivery=known, outcome=outcome, incidents=reached, actions=actions, omitted=delivery.omitted, note=note
    )


def _note(delivery: Delivery) -> str:
    omitted = f"{delivery.omitted} more alerts of this delivery were not processed" if delivery.omitted else ""
    confirmed = "confirmed, as the sender asked" if delivery.confirm else ""
    return delivery.unknown or delivery.ignored or confirmed or omitted


def _nothing(delivery: Delivery) -> bool:
    return not (delivery.alerts or delivery.comments)


def _body(raw: bytes) -> str:
    """As text where it is text; secrets are cut out before anything is kept."""
    try:
        return redact_text(raw[:KEPT].decode())
    except UnicodeDecodeError:
        return base64.b64encode(raw[: KEPT // 2]).decode()
