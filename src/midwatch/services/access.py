"""How somebody comes to be known. The first admin is made by a link that works once."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from midwatch.domain.access import AccessRole, Actor, ApiKey, KeylessRole
from midwatch.kit.ids import new_id
from midwatch.services.errors import Conflict, NoAccess, NotKnown, Refusal
from midwatch.services.server_context import ServerContext
from midwatch.services.use_case import Writing, use_case
from midwatch.store import access
from midwatch.store.advisory_lock import advisory_lock

LINK_LIVES = timedelta(hours=24)
FIRST_ADMIN = "first admin"  # the lock of all that makes keys and links


@use_case(needs=AccessRole.ADMIN, audit="key.create")
def create_key(
    ctx: ServerContext,
    caller: Actor,
    writing: Writing,
    name: str,
    role: AccessRole,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """The key as it is kept, and its secret: it is shown now and never again."""
    if expires_at is not None and expires_at <= ctx.now():
        raise Refusal("expires_at is over already.", "Name a time to come, or leave it out")
    advisory_lock(writing.tx, FIRST_ADMIN)
    return _make_key(writing, caller, name, role, ctx.now(), expires_at)


def _make_key(
    writing: Writing, caller: Actor, name: str, role: AccessRole, now: datetime, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    prefix = f"mw_{secrets.token_hex(4)}"
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        id=new_id("key", now),
        name=name,
        prefix=prefix,
        digest=access.digest(secret),
        role=role,
        created_at=now,
        created_by=caller.name,
        expires_at=expires_at,
    )
    access.add_key(writing.tx, key)
    if role is AccessRole.ADMIN:
        access.withdraw(writing.tx)  # links are for the first admin: one who came too late must not become another
    writing.audit(key.id, name=name, role=role)
    return key, secret


@use_case(needs=AccessRole.ADMIN)
def keys(_ctx: ServerContext, _caller: Actor, tx: Connection) -> list[ApiKey]:
    return access.keys(tx)


@use_case(needs=AccessRole.ADMIN, audit="key.revoke")
def revoke(ctx: ServerContext, _caller: Actor, writing: Writing, key_id: str) -> None:
    key = access.lock_key(writing.tx, key_id)
    if key is None:
        raise NotKnown(f"There is no API key {key_id!r}.")
    if key.revoked_at is not None:
        raise Conflict(f"The API key {key.prefix} was revoked at {key.revoked_at:%Y-%m-%d %H:%M} UTC.")
    access.put_key(writing.tx, key.model_copy(update={"revoked_at": ctx.now()}))
    writing.audit(key_id, name=key.name)


@use_case(needs=AccessRole.ADMIN, audit="link.create")
def create_link(ctx: ServerContext, _caller: Actor, writing: Writing) -> str:
    """The secret of a one-time link that makes an admin; expires after LINK_LIVES. Links made before it are
    withdrawn."""
    secret, end = secrets.token_urlsafe(24), ctx.now() + LINK_LIVES
    advisory_lock(writing.tx, FIRST_ADMIN)
    access.withdraw(writing.tx)
    access.create_link(writing.tx, secret, AccessRole.ADMIN, end)
    writing.audit(FIRST_ADMIN, expires_at=end.isoformat())
    return secret


@use_case(needs=AccessRole.ADMIN)
def is_link_valid(ctx: ServerContext, _caller: Actor, tx: Connection, secret: str) -> bool:
    """Whether the one-time link still works."""
    return access.link_role(tx, secret, ctx.now()) is not None


@use_case(needs=KeylessRole.ANONYMOUS, audit="key.create")
def redeem(ctx: ServerContext, caller: Actor, writing: Writing, secret: str, name: str) -> tuple[ApiKey, str]:
    """The link is used up only together with the key that it makes. None works while there is an admin."""
    now = ctx.now()
    advisory_lock(writing.tx, FIRST_ADMIN)
    role = None if _has_admin(writing.tx, now) else access.redeem(writing.tx, secret, now)
    if role is None:
        raise NoAccess("This link was used before, or has expired.", "`midwatch admin create` makes a new key")
    return _make_key(writing, caller, name, role, now)


def _has_admin(tx: Connection, now: datetime) -> bool:
    admins = (key for key in access.keys(tx) if key.role is AccessRole.ADMIN and key.revoked_at is None)
    return any(key.expires_at is None or key.expires_at > now for key in admins)
