"""What becomes of runs, for whoever works on them: inside the server, asked by nobody."""

from datetime import datetime

from sqlalchemy import Connection

from midwatch.domain.investigation import Request
from midwatch.domain.work import Investigation
from midwatch.integrations.alert_sources.normalize import text
from midwatch.kit.ids import new_id
from midwatch.services.desk import ServerContext
from midwatch.services.errors import NotKnown
from midwatch.store import runs


def enqueue(tx: Connection, request: Request, asked_by: str, now: datetime) -> Investigation:
    """Queues an investigation that belongs to no incident."""
    run = Investigation(id=new_id("inv", now), request=request, asked_by=asked_by, created_at=now)
    runs.add(tx, run)
    return run


def cleaned(request: Request) -> Request:
    """As it is stored: without secrets and what cannot be written."""
    return request.model_copy(update={"question": text(request.question)})


def get(desk: ServerContext, run_id: str) -> Investigation:
    with desk.db.read() as tx:
        return found(tx, run_id)


def found(tx: Connection, run_id: str) -> Investigation:
    run = runs.get(tx, run_id)
    if run is None:
        raise NotKnown(f"There is no investigation {run_id!r}.")
    return run
