"""Access control: roles, API keys, and the actors that the audit log names."""

from datetime import datetime
from enum import StrEnum

from midwatch.domain.base import Model


class AccessRole(StrEnum):
    """Roles in rising order; each includes the ones before it: a viewer reads, a responder works on incidents, an admin
    configures."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"

    def covers(self, needed: "AccessRole") -> bool:
        order = list(AccessRole)
        return order.index(self) >= order.index(needed)


class KeylessRole(StrEnum):
    """Roles of callers without an API key; no key can have one.

    A sender is an authenticated monitoring system: it delivers alerts and reads nothing. Anonymous is everyone
    else: whether the server works is all there is to see.
    """

    ANONYMOUS = "anonymous"
    SENDER = "sender"


Role = AccessRole | KeylessRole


def key_role(needed: Role) -> AccessRole:
    """The least access role that includes the needed one: delivering alerts takes a responder, everything else a
    viewer."""
    if isinstance(needed, AccessRole):
        return needed
    return AccessRole.RESPONDER if needed is KeylessRole.SENDER else AccessRole.VIEWER


class ApiKey(Model, frozen=True):
    """An API key as stored: `digest` is the SHA-256 of the whole secret; `prefix` is shown so that people recognise the
    key."""

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
    """The caller, as the audit log and the timeline name it."""

    name: str
    role: Role
    key_id: str = ""

    def may(self, needed: Role) -> bool:
        if isinstance(self.role, KeylessRole):
            return needed in (self.role, KeylessRole.ANONYMOUS)
        return self.role.covers(key_role(needed))
