"""Incidents in webhooks. They carry no alert body: measured values have to be fetched, or sent to us as well."""

from typing import Any

from midwatch.domain.alert import AlertSeverity, AlertStatus
from midwatch.integrations.alert_sources.normalize import RawAlert, first, get_path, items, text
from midwatch.integrations.alert_sources.vocabulary import severity

STATUSES = {"triggered": AlertStatus.FIRING, "acknowledged": AlertStatus.ACKNOWLEDGED, "resolved": AlertStatus.RESOLVED}
_URGENCY = {"high": AlertSeverity.CRITICAL, "low": AlertSeverity.LOW}
MERGED = "merge_resolve_reason"


def raw_alert(incident: Any, status: AlertStatus, at: object, facts: dict[str, Any]) -> RawAlert:
    """The alert. `at` is the time of this status; `facts` are details beyond the incident's own."""
    return RawAlert(
        title=first(incident, "title", "summary", "description"),
        status=status,
        severity=incident_severity(incident),
        fingerprint=first(incident, "incident_key", "id"),
        external_id=get_path(incident, "id"),
        service=name(get_path(incident, "service")),
        details=_details(incident) | facts,
        links=[
            ("PagerDuty", get_path(incident, "html_url")),
            ("Conference", get_path(incident, "conference_bridge", "conference_url")),
        ],
        starts_at=first(incident, "reopened_at", "created_at"),
        ends_at=at,
    )


def incident_severity(incident: Any) -> AlertSeverity | None:
    """The priority where the account uses priorities, otherwise the urgency."""
    return severity(name(get_path(incident, "priority"))) or _URGENCY.get(text(get_path(incident, "urgency")))


def name(reference: Any) -> str:
    """Name of a reference. Its `summary` may be null."""
    return text(first(reference, "summary", "name", "id"))


def names(references: Any) -> str:
    """Names of the first fifty references."""
    return ", ".join(found for found in map(name, items(references)[:50]) if found)


def merged_into(incident: Any) -> str:
    """The incident it was merged into; "" when it was not merged."""
    reason = get_path(incident, "resolve_reason")
    return name(get_path(reason, "incident")) or "another incident" if get_path(reason, "type") == MERGED else ""


def _details(incident: Any) -> dict[str, Any]:
    return {
        "number": first(incident, "number", "incident_number"),
        "priority": name(get_path(incident, "priority")),
        "urgency": get_path(incident, "urgency"),
        "assigned to": names(get_path(incident, "assignees")),
        "escalation policy": name(get_path(incident, "escalation_policy")),
        "teams": names(get_path(incident, "teams")),
        "incident type": get_path(incident, "incident_type", "name"),
    }
