"""Events API v2: what a program sends to PagerDuty, sent to us as well. The routing key is a secret and is not kept."""

from typing import Any

from midwatch.domain.alert import AlertStatus, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.integrations.alert_sources.labels import known
from midwatch.integrations.alert_sources.normalize import (
    NAME_CHARS,
    RawAlert,
    alert,
    dig,
    first,
    items,
    line,
    record,
    text,
)
from midwatch.integrations.alert_sources.vocabulary import resource, severity

_ACTIONS = {"trigger": AlertStatus.FIRING, "acknowledge": AlertStatus.ACKNOWLEDGED, "resolve": AlertStatus.RESOLVED}


def event(document: dict[str, Any], hook: WebhookRequest) -> Delivery:
    payload, key = dig(document, "payload"), dig(document, "dedup_key")
    title = first(payload, "summary") or key
    action = text(dig(document, "event_action"))
    if not title:
        return Delivery(unknown="The event has neither a summary nor a dedup_key.")
    if not action:
        return Delivery(ignored=f"A change, not an alert: {line(title, NAME_CHARS)}")
    if action not in _ACTIONS:
        return Delivery(
            unknown=f"The event_action {line(action, NAME_CHARS)} is not known: trigger, acknowledge or resolve."
        )
    return Delivery(alerts=(alert("pagerduty", _said(document, payload, title, action), hook.received_at),))


def _said(document: dict[str, Any], payload: Any, title: Any, action: str) -> RawAlert:
    told = record(dig(payload, "custom_details"))
    facts = told or {"details": dig(payload, "custom_details")}
    source = text(dig(payload, "source"))
    names = {name: dig(payload, name) for name in ("component", "group", "class")}
    links = [(text(dig(e, "text")) or "Link", dig(e, "href")) for e in items(dig(document, "links"))[:50]]
    return RawAlert(
        title=title,
        status=_ACTIONS[action],
        severity=severity(text(dig(payload, "severity"))),
        fingerprint=dig(document, "dedup_key"),
        external_id=dig(document, "dedup_key"),
        service=first(told, "service", "service_name", "affected_service"),
        labels=names | {resource(source) or "source": source} | known(told),
        details=facts,
        links=[*links, (text(dig(document, "client")) or "Client", dig(document, "client_url"))],
        starts_at=dig(payload, "timestamp"),
        ends_at=dig(payload, "timestamp"),
    )
