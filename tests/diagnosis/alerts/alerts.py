"""Alerts for tests: few words in, a whole Alert or its reading out."""

from datetime import UTC, datetime

from midwatch.diagnosis.alerts.analyse import AlertReading
from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.engine.alerts import alert_evidence

FIRED = datetime(2026, 11, 3, 2, 15, tzinfo=UTC)


def alert(title: str, summary: str = "", labels: dict[str, str] | None = None, **details: str) -> Alert:
    return Alert(
        source="tests",
        fingerprint="0" * 16,
        status=AlertStatus.FIRING,
        severity=AlertSeverity.HIGH,
        title=title,
        summary=summary,
        labels=labels or {},
        details=details,
        starts_at=FIRED,
    )


def reading(title: str, summary: str = "", labels: dict[str, str] | None = None, **details: str) -> AlertReading:
    return AlertReading(alert_evidence(alert(title, summary, labels, **details)))
