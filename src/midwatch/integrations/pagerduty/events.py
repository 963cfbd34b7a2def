"""Events API v2: events in the form sent to PagerDuty, sent to us as well. The routing key is a secret and is not
kept."""

from typing import Any

from midwatch.domain.alert import AlertStatus, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.integrations.alert_sources.labels import standard_labels
from midwatch.integrations.alert_sources.normalize import (
    NAME_CHARS,
    RawAlert,
    alert,
    first,
    get_path,
    items,
    one_line,
    record,
    text,
)
from midwatch.integrations.alert_sources.vocabulary import resource, severity

_ACTIONS = {"trigger": AlertStatus.FIRING, "acknowledge": AlertStatus.ACKNOWLEDGED, "resolve": AlertStatus.RESOLVED}


def event(document: dict[str, Any], hook: WebhookRequest) -> Delivery:
    payload, key = get_path(document, "payload"), get_path(document, "dedup_key")
    title = first(payload, "summary") or key
    action = text(get_path(document, "event_action"))
    if not title:
        return Delivery(unknown="summary and dedup_key are missing.")
    if not action:
        return Delivery(ignored=f"Change event, not an alert: {one_line(title, NAME_CHARS)}")
    if action not in _ACTIONS:
        return Delivery(
            unknown=f"Unknown event_action {one_line(action, NAME_CHARS)}: use trigger, acknowledge or resolve."
        )
    return Delivery(alerts=(alert("pagerduty", _raw_alert(document, payload, title, action), hook.received_at),))


def _raw_alert(document: dict[str, Any], payload: Any, title: Any, action: str) -> RawAlert:
    told = record(get_path(payload, "custom_details"))
    facts = told or {"details": get_path(payload, "custom_details")}
    source = text(get_path(payload, "source"))
    names = {name: get_path(payload, name) for name in ("component", "group", "class")}
    links = [
        (text(get_path(e, "text")) or "Link", get_path(e, "href")) for e in items(get_path(document, "links"))[:50]
    ]
    return RawAlert(
        title=title,
        status=_ACTIONS[action],
        severity=severity(text(get_path(payload, "severity"))),
        fingerprint=get_path(document, "dedup_key"),
        external_id=get_path(document, "dedup_key"),
        service=first(told, "service", "service_name", "affected_service"),
        labels=names | {resource(source) or "source": source} | standard_labels(told),
        details=facts,
        links=[*links, (text(get_path(document, "client")) or "Client", get_path(document, "client_url"))],
        starts_at=get_path(payload, "timestamp"),
        ends_at=get_path(payload, "timestamp"),
    )
