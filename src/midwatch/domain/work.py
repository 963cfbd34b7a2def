"""Durable work: investigations to run, and notifications to deliver once."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, Field

from midwatch.domain.alert import AlertSeverity
from midwatch.domain.base import Model
from midwatch.domain.investigation import Request


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (RunState.DONE, RunState.FAILED, RunState.CANCELLED)


UNFINISHED = tuple(state for state in RunState if not state.is_final)


class Investigation(Model, frozen=True):
    """A queued, running or finished investigation. Its answer is the published form, as JSON.

    `calls` and `seconds` are what it spent. `reason` is why it failed or was cancelled.
    """

    id: str
    incident_id: str = ""
    request: Request
    severity: AlertSeverity = AlertSeverity.MEDIUM
    state: RunState = RunState.QUEUED
    asked_by: str = "midwatch"
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    verdict: str = ""
    headline: str = ""
    answer: str = ""
    reason: str = ""
    calls: int = 0
    seconds: float = 0.0


class RunEvent(Model, frozen=True):
    """A progress event for watchers of a run; `seq` grows within the run, so a watcher can resume where it stopped."""

    run_id: str
    seq: int = 0
    at: datetime
    kind: str
    data: dict[str, Any] = {}


class Notification(Model, frozen=True, serialize_by_alias=True):
    """One message to deliver to one outside system exactly once. `key` is the same for repeated requests.

    `incident_id` names the timeline for its result. `notifier` is the name of the delivering one; stored as
    `target`, as 0.1.0 did.
    """

    key: str
    incident_id: str = ""
    notifier: str = Field(validation_alias=AliasChoices("notifier", "target"), serialization_alias="target")
    kind: str
    payload: dict[str, Any]
    created_at: datetime
    attempts: int = 0
    next_at: datetime
    sent_at: datetime | None = None
    given_up: str = ""
    receipt: str = ""
