"""Alerts as label sets: the shape shared by Prometheus, Alertmanager and Grafana. The differences are in `read`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from midwatch.domain.alert import Alert, AlertStatus, Delivery
from midwatch.integrations.alert_sources.normalize import ALERTS, alert_items, first, get_path, moment, record, text
from midwatch.integrations.alert_sources.vocabulary import status, vocabulary

_OWN_FIELDS = ("summary", "description", "message", "runbook_url", "title")  # annotations with a place of their own


def delivery(document: object, read: Callable[[dict[str, Any]], Alert | None], source: str) -> Delivery:
    """Alerts of a group, of a bare list (as Prometheus pushes them), or of a single alert."""
    entries = alert_items(document)
    if not entries:
        return Delivery(ignored="The alert group is empty.")
    loud = [e for e in entries if name(record(e)) not in vocabulary()["quiet"]]
    if not loud:
        return Delivery(ignored=f"{name(record(entries[0]))}: watchdog or inhibitor alert, not an incident.")
    alerts = tuple(a for a in map(read, map(record, loud[:ALERTS])) if a)
    if not alerts:
        return Delivery(unknown=f"Not a {source} payload: no alert with labels, title or summary.")
    return Delivery(alerts=alerts, omitted=len(loud) - len(alerts) + _truncated(document))


def is_group(document: object) -> bool:
    """Whether the document is a group of alerts, a list as Prometheus pushes it, or a single alert: each has labels
    and, beside them, a field of this form."""
    entries = alert_items(document)
    return bool(entries) and all(_is_labelled(record(entry)) for entry in entries[:ALERTS])


def _is_labelled(item: Mapping[str, Any]) -> bool:
    own = ("startsAt", "endsAt", "generatorURL", "fingerprint", "annotations")
    return isinstance(item.get("labels"), dict) and any(key in item for key in own)


def is_grafana(document: object) -> bool:
    """Whether the document has fields that Grafana adds to Alertmanager's group."""
    own = ("orgId", "silenceURL", "dashboardURL", "panelURL", "valueString", "ruleUID")
    return any(key in record(entry) for entry in (document, *alert_items(document)[:ALERTS]) for key in own)


def _truncated(document: object) -> int:
    count = get_path(document, "truncatedAlerts")
    return max(0, min(count, 1_000_000)) if isinstance(count, int) else 0


def name(item: Mapping[str, Any]) -> str:
    return text(get_path(item, "labels", "alertname"))


def state(item: Mapping[str, Any], received_at: datetime) -> AlertStatus:
    """The alert's own status, never the group's. Prometheus itself sends none: a past end is a resolve."""
    said = item.get("status")
    word = said if isinstance(said, str) else get_path(said, "state")
    if found := status(text(word)):
        return found
    ended = moment(item.get("endsAt"))
    return AlertStatus.RESOLVED if ended and ended <= received_at else AlertStatus.FIRING


def title(item: Mapping[str, Any]) -> Any:
    annotations = record(item.get("annotations"))
    own = first(item, "title") or first(annotations, "summary") or first(item, "summary")
    return own or name(item) or first(annotations, "title", "message", "description")


def summary(item: Mapping[str, Any]) -> Any:
    annotations = record(item.get("annotations"))
    return (
        first(annotations, "description", "message")
        or first(item, "description", "message")
        or first(annotations, "summary")
    )


def details(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record(item.get("annotations")).items() if key not in _OWN_FIELDS}


def links(item: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [("Runbook", get_path(item, "annotations", "runbook_url")), ("Rule", item.get("generatorURL"))]
