"""How an investigation is shown: the answer as JSON of its own, and only where one is asked for."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from midwatch.domain.alert import AlertSeverity
from midwatch.domain.incident import Incident, StoredAlert
from midwatch.domain.investigation import Answer, Request
from midwatch.domain.work import Investigation, RunState
from midwatch.services.incidents import Details


class RunShown(BaseModel):
    id: str
    incident_id: str = Field(description="empty: somebody asked for it by itself")
    request: Request
    severity: AlertSeverity
    state: RunState
    asked_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    verdict: str = Field(description="CONFIRMED, LIKELY, INCONCLUSIVE, EXPECTED, HEALTHY; empty until it is done")
    headline: str
    reason: str = Field(description="why it failed or was cancelled")
    calls: int = Field(description="questions that were put to tools")
    seconds: float

    @classmethod
    def of(cls, run: Investigation) -> Self:
        return cls(**run.model_dump(include=set(RunShown.model_fields)))


class RunAnswered(RunShown):
    answer: Answer | None = Field(
        default=None, description="what `midwatch diagnose --json` prints; null until it is done"
    )

    @classmethod
    def of(cls, run: Investigation) -> Self:
        answer = Answer.model_validate_json(run.answer) if run.answer else None
        return cls(**run.model_dump(include=set(RunShown.model_fields)), answer=answer)


class IncidentShown(BaseModel):
    """An incident with its alerts, and its investigations from the newest on."""

    incident: Incident
    alerts: tuple[StoredAlert, ...]
    investigations: tuple[RunShown, ...]

    @classmethod
    def of(cls, found: Details) -> Self:
        shown = tuple(RunShown.of(run) for run in found.investigations)
        return cls(incident=found.incident, alerts=found.alerts, investigations=shown)
