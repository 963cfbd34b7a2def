"""Sentry metric alerts: a rule over counts, with a critical and a warning threshold."""

from collections.abc import Mapping
from typing import Any

from midwatch.domain.alert import AlertSeverity, AlertStatus
from midwatch.integrations.alert_sources.normalize import RawAlert, first, get_path, items, text

_SEVERITIES = {"critical": AlertSeverity.CRITICAL, "warning": AlertSeverity.MEDIUM}
_STATES = ("critical", "warning", "resolved")


def metric_alert(data: Mapping[str, Any], action: str, status: AlertStatus) -> RawAlert:
    told = data["metric_alert"]
    rule = get_path(told, "alert_rule")
    projects = ", ".join(text(p) for p in items(get_path(told, "projects"))[:50])
    return RawAlert(
        title=_title(text(first(data, "description_title"))) or first(rule, "name") or first(told, "title"),
        status=status,
        severity=_SEVERITIES.get(action),
        fingerprint=f"metric:{text(first(rule, 'id') or first(told, 'id'))}",
        external_id=get_path(told, "id"),
        summary=first(data, "description_text"),
        service=projects if "," not in projects else "",
        labels={"project": projects, "environment": first(rule, "environment")},
        details={
            "rule": first(rule, "name"),
            "aggregate": first(rule, "aggregate"),
            "query": first(rule, "query"),
            "window (min)": first(rule, "time_window"),
            "thresholds": _thresholds(rule),
            "number": get_path(told, "identifier"),
        },
        links=[("Sentry", first(data, "web_url"))],
        starts_at=first(told, "date_started", "date_detected", "date_created"),
        ends_at=first(told, "date_closed"),
    )


def _title(written: str) -> str:
    """`Critical: Too many errors` without the state, which changes while the alert stays the same."""
    state, colon, rest = written.partition(": ")
    return rest if colon and state.lower() in _STATES else written


def _thresholds(rule: Any) -> str:
    told = [
        (text(first(t, "label")), text(get_path(t, "alert_threshold"))) for t in items(get_path(rule, "triggers"))[:10]
    ]
    return ", ".join(f"{label}: {value}" for label, value in told if label and value)
