import hmac
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select, update

from midwatch.domain.access import AccessRole, ApiKey
from midwatch.store.storable_text import to_json
from midwatch.store.tables import api_keys as t
from midwatch.store.tables import invites


def digest(secret: str) -> str:
    """SHA-256 of a key. Keys are long and random, so a plain hash cannot be guessed back."""
    return sha256(secret.encode()).hexdigest()


def add_key(tx: Connection, key: ApiKey) -> None:
    tx.execute(insert(t).values(id=key.id, digest=key.digest, body=to_json(key)))


def find_key(tx: Connection, secret: str) -> ApiKey | None:
    body = tx.execute(select(t.c.body).where(t.c.digest == digest(secret))).scalar_one_or_none()
    return None if body is None else ApiKey.model_validate_json(body)


def lock_key(tx: Connection, key_id: str) -> ApiKey | None:
    """The key, locked against other writers until the transaction ends; None if unknown."""
    body = tx.execute(select(t.c.body).where(t.c.id == key_id).with_for_update()).scalar_one_or_none()
    return None if body is None else ApiKey.model_validate_json(body)


def keys(tx: Connection) -> list[ApiKey]:
    return [ApiKey.model_validate_json(body) for body in tx.execute(select(t.c.body).order_by(t.c.id)).scalars()]


def put_key(tx: Connection, key: ApiKey) -> bool:
    return tx.execute(update(t).where(t.c.id == key.id).values(body=to_json(key))).rowcount == 1


def create_link(tx: Connection, secret: str, role: AccessRole, expires_at: datetime) -> None:
    tx.execute(insert(invites).values(digest=digest(secret), role=role.value, expires_at=expires_at))


def withdraw(tx: Connection) -> None:
    """Ends all unused one-time links."""
    tx.execute(delete(invites).where(invites.c.used_at.is_(None)))


def link_role(tx: Connection, secret: str, now: datetime) -> AccessRole | None:
    """The role of a one-time link; None for an unknown, used or expired one.

    The digests are compared here and not by the database, so that the time reveals nothing about them.
    """
    valid = invites.c.used_at.is_(None) & (invites.c.expires_at > now)
    given, role = digest(secret), None
    for known, gives in tx.execute(select(invites.c.digest, invites.c.role).where(valid)):
        if hmac.compare_digest(known, given):
            role = AccessRole(gives)
    return role


def redeem(tx: Connection, secret: str, now: datetime) -> AccessRole | None:
    """The role of a one-time link, which is used up; None if unknown, used or expired."""
    role = link_role(tx, secret, now)
    unused = (invites.c.digest == digest(secret)) & invites.c.used_at.is_(None)
    if role is None or tx.execute(update(invites).where(unused).values(used_at=now)).rowcount != 1:
        return None
    return role
