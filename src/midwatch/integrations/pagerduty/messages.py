"""Webhooks v2, out of support since October 2022 and still sent: several messages a request, each with its whole
incident."""

from typing import Any

from midwatch.domain.alert import AlertComment, AlertStatus, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.integrations.alert_sources.normalize import (
    ALERTS,
    NAME_CHARS,
    RawAlert,
    alert,
    first,
    get_path,
    items,
    moment,
    one_line,
    record,
    text,
)
from midwatch.integrations.pagerduty.incidents import name, names, raw_alert

_CHANGES = {
    "incident.trigger": AlertStatus.FIRING,
    "incident.acknowledge": AlertStatus.ACKNOWLEDGED,
    "incident.unacknowledge": AlertStatus.FIRING,
    "incident.resolve": AlertStatus.RESOLVED,
}


def messages(listed: list[Any], hook: WebhookRequest) -> Delivery:
    known_as = one_line(get_path(listed, "0", "id") or hook.headers.get("x-webhook-id"), NAME_CHARS)
    readable = [
        m
        for m in listed
        if get_path(m, "incident", "id") and first(get_path(m, "incident"), "title", "summary", "description")
    ]
    if not readable:
        return Delivery(id=known_as, unknown="No incident in the PagerDuty messages.")
    kept = readable[:ALERTS]
    alerts = tuple(alert("pagerduty", _raw_alert(m), hook.received_at) for m in kept if _event(m) in _CHANGES)
    comments = tuple(_comment(m, hook) for m in kept if _event(m) not in _CHANGES)
    return Delivery(id=known_as, alerts=alerts, comments=comments, omitted=len(listed) - len(kept))


def _event(message: Any) -> str:
    return one_line(get_path(message, "event"), NAME_CHARS)


def _raw_alert(message: Any) -> RawAlert:
    incident, entry = get_path(message, "incident"), get_path(message, "log_entries", "0")
    told = get_path(entry, "channel", "details")
    facts = record(told) or {"details": told}
    at = first(message, "created_on") or get_path(entry, "created_at") or get_path(incident, "last_status_change_at")
    return raw_alert(incident, _CHANGES[_event(message)], at, facts | {"changed by": name(get_path(entry, "agent"))})


def _comment(message: Any, hook: WebhookRequest) -> AlertComment:
    incident, entry = get_path(message, "incident"), get_path(message, "log_entries", "0")
    kind = _event(message).removeprefix("incident.") or "changed"
    who = names(get_path(incident, "assignees")) or names(
        [get_path(a, "assignee") for a in items(get_path(incident, "assignments"))[:50]]
    )
    at = moment(get_path(entry, "created_at")) or hook.received_at
    return AlertComment(
        fingerprint=alert("pagerduty", raw_alert(incident, AlertStatus.FIRING, None, {}), at).fingerprint,
        external_id=one_line(get_path(incident, "id"), NAME_CHARS),
        id=one_line(get_path(entry, "id"), NAME_CHARS),
        kind=kind,
        text=text(get_path(entry, "channel", "summary")) or name(entry) or f"{kind}: {who or 'no details'}",
        actor=one_line(name(get_path(entry, "agent")), NAME_CHARS),
        actor_id=one_line(get_path(entry, "agent", "id"), NAME_CHARS),
        at=min(at, hook.received_at),
    )
