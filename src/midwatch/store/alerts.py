from sqlalchemy import Connection, bindparam, select

from midwatch.domain.incident import StoredAlert
from midwatch.store.rows import upsert
from midwatch.store.storable_text import to_json
from midwatch.store.tables import alerts as t

_FIND = select(t.c.body).where(t.c.source == bindparam("source"), t.c.fingerprint == bindparam("fingerprint"))


def find(tx: Connection, source: str, fingerprint: str) -> StoredAlert | None:
    body = tx.execute(_FIND, {"source": source, "fingerprint": fingerprint}).scalar_one_or_none()
    return None if body is None else StoredAlert.model_validate_json(body)


def find_external(tx: Connection, source: str, external_id: str) -> StoredAlert | None:
    """The alert with the sender's own id; the most recently received one of several."""
    if not external_id:
        return None
    query = (
        select(t.c.body)
        .where(t.c.source == source, t.c.external_id == external_id)
        .order_by(t.c.last_seen.desc())
        .limit(1)
    )
    body = tx.execute(query).scalar_one_or_none()
    return None if body is None else StoredAlert.model_validate_json(body)


def put(tx: Connection, alert: StoredAlert) -> None:
    """Stores the alert in place of its earlier state."""
    values = {
        "id": alert.id,
        "source": alert.alert.source,
        "fingerprint": alert.alert.fingerprint,
        "external_id": alert.alert.external_id,
        "incident_id": alert.incident_id,
        "status": alert.alert.status.value,
        "last_seen": alert.last_seen,
        "body": to_json(alert),
    }
    upsert(tx, t, ("source", "fingerprint"), values)


def of_incident(tx: Connection, incident_id: str) -> list[StoredAlert]:
    """Alerts of the incident in the order in which they were first received."""
    rows = tx.execute(select(t.c.body).where(t.c.incident_id == incident_id).order_by(t.c.id))
    return [StoredAlert.model_validate_json(body) for body in rows.scalars()]
