"""What becomes of runs, for whoever works on them: inside the server, asked by nobody."""

from datetime import datetime

from sqlalchemy import Connection

from midwatch.domain.investigation import Request
from midwatch.domain.work import Investigation
from midwatch.integrations.alert_sources.normalize import text
from midwatch.kit.ids import new_id
from midwatch.services.errors import NotKnown
from midwatch.services.server_context import ServerContext
from midwatch.store import investigations


def enqueue(tx: Connection, request: Request, asked_by: str, now: datetime) -> Investigation:
    """Queues an investigation that belongs to no incident."""
    run = Investigation(id=new_id("inv", now), request=request, asked_by=asked_by, created_at=now)
    investigations.add(tx, run)
    return run


def storable_request(request: Request) -> Request:
    """As it is stored: without secrets and what cannot be written."""
    return request.model_copy(update={"question": text(request.question)})


def get(ctx: ServerContext, run_id: str) -> Investigation:
    with ctx.db.read() as tx:
        return get_investigation(tx, run_id)


def get_investigation(tx: Connection, run_id: str) -> Investigation:
    run = investigations.get(tx, run_id)
    if run is None:
        raise NotKnown(f"There is no investigation {run_id!r}.")
    return run
