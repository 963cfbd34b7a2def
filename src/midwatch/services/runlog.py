"""What becomes of runs, for whoever works on them: inside the server, asked by nobody."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from midwatch.domain.incident import Entry
from midwatch.domain.investigation import Request
from midwatch.domain.work import Run, RunEvent, RunState
from midwatch.integrations.normal import text
from midwatch.kit.ids import new_id
from midwatch.services.desk import Desk
from midwatch.services.errors import NotKnown
from midwatch.store import runs, timeline

ALIVE = (RunState.QUEUED, RunState.RUNNING)


def enqueue(tx: Connection, request: Request, asked_by: str, now: datetime) -> Run:
    """Queues an investigation that belongs to no incident."""
    run = Run(id=new_id("inv", now), request=request, asked_by=asked_by, created_at=now)
    runs.add(tx, run)
    return run


def cleaned(request: Request) -> Request:
    """As it is stored: without secrets and what cannot be written."""
    return request.model_copy(update={"question": text(request.question)})


def get(desk: Desk, run_id: str) -> Run:
    with desk.db.read() as tx:
        return found(tx, run_id)


def found(tx: Connection, run_id: str) -> Run:
    run = runs.get(tx, run_id)
    if run is None:
        raise NotKnown(f"There is no investigation {run_id!r}.")
    return run


def tell(tx: Connection, now: datetime, run_id: str, kind: str, data: dict[str, Any]) -> None:
    runs.tell(tx, [RunEvent(run_id=run_id, at=now, kind=kind, data=data)])


def note_down(tx: Connection, run: Run, kind: str, text: str, actor: str = "midwatch") -> None:
    if run.incident_id:
        at = run.finished_at or run.started_at or run.created_at
        timeline.append(
            tx, Entry(incident_id=run.incident_id, at=at, kind=kind, text=text, actor=actor, data={"run": run.id})
        )
