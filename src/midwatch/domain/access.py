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
    role: AccessRole
    key_id: str = ""
