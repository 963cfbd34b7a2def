"""Who may do what."""

from datetime import datetime
from enum import StrEnum

from midwatch.domain.base import Model


class AccessRole(StrEnum):
    """Each may do what the ones before it may: a viewer reads, a responder works on incidents, an admin configures."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"

    def covers(self, needed: "AccessRole") -> bool:
        order = list(AccessRole)
        return order.index(self) >= order.index(needed)


class KeylessRole(StrEnum):
    """Of callers without an API key; no key can have one.

    A sender is a monitoring system that has proved itself: it delivers alerts and reads nothing. Anonymous is everybody
    else: whether the server works is all there is to see.
    """

    ANONYMOUS = "anonymous"
    SENDER = "sender"


Role = AccessRole | KeylessRole


def key_role(needed: Role) -> AccessRole:
    """The least role of a key that may do the same: to deliver alerts is a responder's, a viewer only reads."""
    if isinstance(needed, AccessRole):
        return needed
    return AccessRole.RESPONDER if needed is KeylessRole.SENDER else AccessRole.VIEWER


class ApiKey(Model, frozen=True):
    """A key as it is kept: `digest` is the SHA-256 of the whole secret; `prefix` is what a person recognises it by."""

    id: str
    name: str
    prefix: str
    digest: str
    role: AccessRole
    created_at: datetime
    created_by: str = ""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class Actor(Model, frozen=True):
    """Who asks: what the audit log and the timeline name."""

    name: str
    role: Role
    key_id: str = ""

    def may(self, needed: Role) -> bool:
        if isinstance(self.role, KeylessRole):
            return needed in (self.role, KeylessRole.ANONYMOUS)
        return self.role.covers(key_role(needed))
