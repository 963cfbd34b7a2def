"""Notifiers: answers are delivered as notifications, each exactly once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from midwatch.domain.incident import Incident, StoredAlert
from midwatch.domain.investigation import Answer
from midwatch.domain.report import Report
from midwatch.domain.work import Investigation, Notification
from midwatch.kit.redaction import redact_text


class DeliveryFailed(Exception):
    """The notification was not accepted. `permanent`: a retry is of no use; `after`: the requested wait in seconds, 0
    if there is none."""

    def __init__(self, reason: str, *, permanent: bool = False, after: float = 0.0) -> None:
        super().__init__(redact_text(reason))  # the other side may repeat what we sent
        self.permanent, self.after = permanent, after


@dataclass(frozen=True)
class Story:
    """Content for notifications about a finished investigation. `incident` is None, and `alerts` are empty, for a
    question without an incident."""

    run: Investigation
    incident: Incident | None
    alerts: Sequence[StoredAlert]
    report: Report
    answer: Answer


@dataclass(frozen=True)
class Notifier:
    """Delivery of answers to one outside system.

    `targets` gives the places in that system for a story (ids of its own; "" where there is one place only); `render`
    makes the JSON that is stored for one target, and `deliver` sends it and returns the receipt: the other side's id of
    what it accepted. `targets` and `render` are pure and quick: they run inside a transaction.

    `deliver` is called again after a crash that may have come before or after the other side accepted, so it has to
    find out which (by the notification's key at the other side) or send something the other side recognises as the
    same. Raises DeliveryFailed.

    `kind` is the first part of the key of each notification, so that no two notifiers may share one.
    """

    name: str
    kind: str
    targets: Callable[[Story], Sequence[str]]
    render: Callable[[Story, str], Mapping[str, Any]]
    deliver: Callable[[Notification], Awaitable[str]]
