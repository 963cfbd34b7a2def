"""Who asks, and how somebody comes to be known. The first admin is made by a link that works once."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from midwatch.domain.access import AccessRole, Actor, ApiKey
from midwatch.kit.ids import new_id
from midwatch.services.desk import Desk
from midwatch.services.errors import Conflict, NoAccess, NotAllowed, NotKnown, Refusal
from midwatch.store import access, audit
from midwatch.store.advisory_lock import alone
from midwatch.store.audit import Act

LINK_LIVES = timedelta(hours=24)
USED = timedelta(
    minutes=5
)  # how exactly the last use of a key is kept: writing at each request would cost more than it tells
FIRST_ADMIN = "first admin"  # the lock of all that makes keys and links
ANYBODY = Actor(name="anybody on this machine", role=AccessRole.ADMIN)


def identify(desk: Desk, secret: str) -> Actor:
    """The owner of a key. Raises NoAccess for a key that is unknown, expired or revoked."""
    if not secret:
        if desk.open:
            return ANYBODY
        raise NoAccess(
            "This needs an API key.",
            "Send it as a bearer token or in the header X-API-Key; `midwatch admin create NAME` makes the first one",
        )
    with desk.db.read() as tx:
        key = access.find_key(tx, secret)
    now = desk.now()
    if key is None or key.revoked_at is not None:
        raise NoAccess("This API key is not valid.")
    if key.expires_at is not None and key.expires_at <= now:
        raise NoAccess(f"This API key expired at {key.expires_at:%Y-%m-%d %H:%M} UTC.")
    if key.last_used_at is None or now - key.last_used_at > USED:
        with desk.db.write() as tx:
            if fresh := access.lock_key(tx, key.id):  # as it is now: it may have been revoked since it was read
                access.put_key(tx, fresh.model_copy(update={"last_used_at": now}))
    return Actor(name=key.name, role=key.role, key_id=key.id)


def demand(actor: Actor, needed: AccessRole) -> None:
    if not actor.role.covers(needed):
        raise NotAllowed(f"This needs the role {needed}; {actor.name} is {actor.role}.")


def create_key(
    desk: Desk, who: Actor, name: str, role: AccessRole, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """The key as it is kept, and its secret: it is shown now and never again."""
    if expires_at is not None and expires_at <= desk.now():
        raise Refusal("expires_at is over already.", "Name a time to come, or leave it out")
    with desk.db.write() as tx:
        alone(tx, FIRST_ADMIN)
        return _make_key(tx, who, name, role, desk.now(), expires_at)


def _make_key(
    tx: Connection, who: Actor, name: str, role: AccessRole, now: datetime, expires_at: datetime | None = None
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
        created_by=who.name,
        expires_at=expires_at,
    )
    access.add_key(tx, key)
    if role is AccessRole.ADMIN:
        access.withdraw(tx)  # links are for the first admin: one who came too late must not become another
    audit.append(
        tx, Act(at=now, actor=who.name, action="key.create", object=key.id, detail={"name": name, "role": role})
    )
    return key, secret


def keys(desk: Desk) -> list[ApiKey]:
    with desk.db.read() as tx:
        return access.keys(tx)


def revoke(desk: Desk, who: Actor, key_id: str) -> None:
    now = desk.now()
    with desk.db.write() as tx:
        key = access.lock_key(tx, key_id)
        if key is None:
            raise NotKnown(f"There is no API key {key_id!r}.")
        if key.revoked_at is not None:
            raise Conflict(f"The API key {key.prefix} was revoked at {key.revoked_at:%Y-%m-%d %H:%M} UTC.")
        access.put_key(tx, key.model_copy(update={"revoked_at": now}))
        audit.append(tx, Act(at=now, actor=who.name, action="key.revoke", object=key_id, detail={"name": key.name}))


def invite(desk: Desk) -> str:
    """The secret of a one-time link that makes an admin; expires after LINK_LIVES. Links made before it are
    withdrawn."""
    secret = secrets.token_urlsafe(24)
    with desk.db.write() as tx:
        alone(tx, FIRST_ADMIN)
        access.withdraw(tx)
        access.invite(tx, secret, AccessRole.ADMIN, desk.now() + LINK_LIVES)
    return secret


def invited(desk: Desk, secret: str) -> bool:
    """Whether the one-time link still works."""
    with desk.db.read() as tx:
        return access.invited(tx, secret, desk.now()) is not None


def redeem(desk: Desk, secret: str, name: str) -> tuple[ApiKey, str]:
    """The link is used up only together with the key that it makes. None works while there is an admin."""
    with desk.db.write() as tx:
        alone(tx, FIRST_ADMIN)
        role = None if _has_admin(tx, desk.now()) else access.redeem(tx, secret, desk.now())
        if role is None:
            raise NoAccess("This link was used before, or has expired.", "`midwatch admin create` makes a new key")
        return _make_key(tx, Actor(name="one-time link", role=role), name, role, desk.now())


def _has_admin(tx: Connection, now: datetime) -> bool:
    admins = (key for key in access.keys(tx) if key.role is AccessRole.ADMIN and key.revoked_at is None)
    return any(key.expires_at is None or key.expires_at > now for key in admins)
