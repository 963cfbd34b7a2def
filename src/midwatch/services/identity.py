"""Who calls: an API key's owner, a monitoring system that proves itself, whoever sits at the terminal. Everything else
is asked in the name of one of them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from midwatch.domain.access import AccessRole, Actor, KeylessRole
from midwatch.domain.alert_source import AlertSource, SignatureInvalid, WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.kit.fetch import Unreachable
from midwatch.services.errors import Later, NoAccess, NotKnown
from midwatch.services.server_context import ServerContext
from midwatch.store import access

USED = timedelta(
    minutes=5
)  # how exactly the last use of a key is kept: writing at each request would cost more than it tells
AGAIN_S = 30.0  # when a sender may try again for whom something had to be fetched
LARGE = (
    32_768  # bytes; above that reading a body takes longer than handing it to a thread, and everybody else would wait
)
ANYBODY = Actor(name="anybody on this machine", role=AccessRole.ADMIN)  # of a server that was started with --open
CONSOLE = Actor(name="console", role=AccessRole.ADMIN)  # who reaches the store needs no key
ANONYMOUS = Actor(name="anonymous", role=KeylessRole.ANONYMOUS)
LINK = Actor(name="one-time link", role=KeylessRole.ANONYMOUS)  # what its secret is good for, `redeem` finds out

T = TypeVar("T")


def identify(ctx: ServerContext, secret: str) -> Actor:
    """The owner of a key. Raises NoAccess for a key that is unknown, expired or revoked."""
    if not secret:
        if ctx.open:
            return ANYBODY
        raise NoAccess(
            "This needs an API key.",
            "Send it as a bearer token or in the header X-API-Key; `midwatch admin create NAME` makes the first one",
        )
    with ctx.db.read() as tx:
        key = access.find_key(tx, secret)
    now = ctx.now()
    if key is None or key.revoked_at is not None:
        raise NoAccess("This API key is not valid.")
    if key.expires_at is not None and key.expires_at <= now:
        raise NoAccess(f"This API key expired at {key.expires_at:%Y-%m-%d %H:%M} UTC.")
    if key.last_used_at is None or now - key.last_used_at > USED:
        with ctx.db.write() as tx:
            if fresh := access.lock_key(tx, key.id):  # as it is now: it may have been revoked since it was read
                access.put_key(tx, fresh.model_copy(update={"last_used_at": now}))
    return Actor(name=key.name, role=key.role, key_id=key.id)


async def prove(ctx: ServerContext, source: str, hook: WebhookRequest) -> Actor:
    """The monitoring system that a request comes from. Raises NotKnown for a source that does not exist, NoAccess for a
    request that does not prove where it comes from."""
    found, settings = alert_source(ctx, source), sender(ctx, source)
    proved = Actor(name=source, role=KeylessRole.SENDER)
    if settings.open:
        if ctx.open:
            return proved
        raise NoAccess(
            f"No token or HMAC secret is configured for source '{source}'.",
            f"Set {_authentication(found)}, or send an API key of the role responder",
        )
    try:
        address = await read_apart(found, hook, lambda: found.certificate_url(hook))
        signed = replace(hook, certificate=await fetch(ctx, address)) if address else hook
        await read_apart(found, hook, lambda: found.verify(signed, settings))
    except SignatureInvalid as forged:
        hint = f"{found.title} authenticates by {_authentication(found)}"
        raise NoAccess(str(forged), hint) from forged
    return proved


def _authentication(source: AlertSource) -> str:
    """The settings that it can authenticate by."""
    return " or ".join(f"senders.{source.source}.{name}" for name in source.authenticates_by)


def alert_source(ctx: ServerContext, source: str) -> AlertSource:
    found = ctx.alert_sources.get(source)
    if found is None:
        raise NotKnown(f"There is no source {source!r}.", f"One of {', '.join(sorted(ctx.alert_sources))}")
    return found


def sender(ctx: ServerContext, source: str) -> SenderSettings:
    return ctx.settings.senders.get(source) or SenderSettings()


async def fetch(ctx: ServerContext, url: str) -> bytes:
    """Which addresses may be asked for is decided by the source that wants it; where nothing comes the sender tries
    again."""
    try:
        return await ctx.fetch(url)
    except Unreachable as away:
        raise Later(f"{url} cannot be fetched: {away}.", after=AGAIN_S) from away


async def read_apart(source: AlertSource, hook: WebhookRequest, read: Callable[[], T]) -> T:
    """Reads a large body in a thread, a small one at once unless the source wants it otherwise."""
    return await asyncio.to_thread(read) if source.apart or len(hook.body) > LARGE else read()
