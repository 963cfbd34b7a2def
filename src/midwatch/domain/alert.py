"""Alerts of all monitoring systems in one form. All texts are the sender's: untrusted, bounded, already redacted."""

from datetime import datetime
from enum import StrEnum

from midwatch.domain.base import Model


class AlertStatus(StrEnum):
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class AlertSeverity(StrEnum):
    """CRITICAL: page now. HIGH: major degradation. MEDIUM: a workaround exists. LOW: for information."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the most severe."""
        return list(AlertSeverity).index(self)


class WebLink(Model, frozen=True):
    title: str
    href: str


class Alert(Model, frozen=True):
    """One alert: a condition that a monitoring system watches.

    `fingerprint` is the same from the first firing to the resolve and again the next time; `external_id` is the
    sender's own id of this alert (a PagerDuty incident's id). `labels` name what it is about (namespace, pod, host),
    `details` hold the rest: limits, values, descriptions of custom fields. `ends_at` counts only when the status is
    resolved.
    """

    source: str
    fingerprint: str
    status: AlertStatus
    severity: AlertSeverity
    title: str
    summary: str = ""
    external_id: str = ""
    service: str = ""
    labels: dict[str, str] = {}
    details: dict[str, str] = {}
    links: tuple[WebLink, ...] = ()
    starts_at: datetime
    ends_at: datetime | None = None


class AlertComment(Model, frozen=True):
    """An event on the sender's side that does not change the alert itself: a note, an escalation, a new priority.

    The alert is the one with this fingerprint, or with this `external_id` where the sender names only that. `id` is the
    sender's id of the note or task itself, `actor_id` of who did it ("" when it was automation): what we wrote
    ourselves is known by them.
    """

    fingerprint: str = ""
    external_id: str = ""
    id: str = ""
    kind: str
    text: str
    actor: str = ""
    actor_id: str = ""
    at: datetime


class Delivery(Model, frozen=True):
    """Content of one webhook request of a monitoring system.

    `id` is the sender's id of the delivery, the same on every retry ("" when it has none). It holds `alerts`,
    `comments` or both, or else exactly one of these: `confirm`, an address that the sender wants fetched before it
    sends alerts; `ignored`, the reason why nothing comes of it (a ping, an event type that is of no concern);
    `unknown`, what was not understood. `omitted` counts alerts that belong to it and are not here: the sender left them
    out, or they are beyond our limits.
    """

    id: str = ""
    alerts: tuple[Alert, ...] = ()
    comments: tuple[AlertComment, ...] = ()
    omitted: int = 0
    confirm: str = ""
    ignored: str = ""
    unknown: str = ""
