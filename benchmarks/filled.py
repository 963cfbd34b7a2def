"""A store that has been in use for long: many incidents, all over, with their alerts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.domain.incident import Incident, IncidentStatus, StoredAlert
from midwatch.store import tables
from midwatch.store.database import Database, default_url

INCIDENTS, ALERTS_EACH, SERVICES = 20_000, 5, 200
BATCH = 2_000
BEGIN, STEP = datetime(2025, 1, 1, tzinfo=UTC), timedelta(minutes=20)


def fill(home: Path) -> None:
    with Database.open(default_url(home)) as db:
        for first in range(1, INCIDENTS + 1, BATCH):
            made = [_incident(number) for number in range(first, first + BATCH)]
            with db.write() as tx:
                tx.execute(insert(tables.incidents), [_row(incident) for incident in made])
                tx.execute(insert(tables.incident_keys), [{"key": i.keys[0], "incident_id": i.id} for i in made])
                tx.execute(insert(tables.alerts), [row for incident in made for row in _alerts(incident)])
        with db.write() as tx:
            tx.execute(insert(tables.counters), {"name": "incident", "value": INCIDENTS})


def _incident(number: int) -> Incident:
    at = BEGIN + number * STEP
    service = f"old-{number % SERVICES}"
    return Incident(
        id=f"inc_{number:020}",
        number=number,
        title=f"{service} answers with errors",
        description="5xx responses above 5 % for 10 minutes. " * 5,
        severity=list(AlertSeverity)[number % 4],
        status=IncidentStatus.RESOLVED,
        service=service,
        source=("pagerduty", "alertmanager")[number % 2],
        keys=(f"service:{service}",),
        created_at=at,
        updated_at=at + STEP,
        resolved_at=at + STEP,
    )


def _row(incident: Incident) -> dict[str, Any]:
    names = ("id", "number", "status", "severity", "service", "source", "created_at", "updated_at")
    columns = {name: getattr(incident, name) for name in names}
    words = f"{incident.title}\n{incident.description}".lower()
    plain = {"status": str(incident.status), "severity": str(incident.severity), "version": 1}
    return columns | plain | {"words": words, "body": incident.model_dump_json()}


def _alerts(incident: Incident) -> Iterator[dict[str, Any]]:
    for which in range(ALERTS_EACH):
        alert = Alert(
            source=incident.source,
            fingerprint=f"old-{incident.number}-{which}",
            status=AlertStatus.RESOLVED,
            severity=incident.severity,
            title=incident.title,
            summary=incident.description,
            service=incident.service,
            labels={"namespace": "old", "deployment": incident.service, "pod": f"{incident.service}-{which}"},
            starts_at=incident.created_at,
        )
        known = f"alt_{incident.number:015}{which:05}"
        at = incident.created_at
        stored = StoredAlert(id=known, incident_id=incident.id, alert=alert, first_seen=at, last_seen=at)
        yield {
            "id": known,
            "source": alert.source,
            "fingerprint": alert.fingerprint,
            "incident_id": incident.id,
            "status": str(alert.status),
            "last_seen": at,
            "body": stored.model_dump_json(),
        }
