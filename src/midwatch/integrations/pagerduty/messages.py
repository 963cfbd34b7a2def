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
    dig,
    first,
    items,
    line,
    moment,
    record,
    text,
)
from midwatch.integrations.pagerduty.incidents import name, names, said

_CHANGES = {
    "incident.trigger": AlertStatus.FIRING,
    "incident.acknowledge": AlertStatus.ACKNOWLEDGED,
    "incident.unacknowledge": AlertStatus.FIRING,
    "incident.resolve": AlertStatus.RESOLVED,
}


def messages(listed: list[Any], hook: WebhookRequest) -> Delivery:
    known_as = line(dig(listed, "0", "id") or hook.headers.get("x-webhook-id"), NAME_CHARS)
    readable = [
        m for m in listed if dig(m, "incident", "id") and first(dig(m, "incident"), "title", "summary", "description")
    ]
    if not readable:
        return Delivery(id=known_as, unknown="The messages of PagerDuty hold no incident.")
    kept = readable[:ALERTS]
    alerts = tuple(alert("pagerduty", _said(m), hook.received_at) for m in kept if _event(m) in _CHANGES)
    remarks = tuple(_remark(m, hook) for m in kept if _event(m) not in _CHANGES)
    return Delivery(id=known_as, alerts=alerts, remarks=remarks, omitted=len(listed) - len(kept))


def _event(message: Any) -> str:
    return line(dig(message, "event"), NAME_CHARS)


def _said(message: Any) -> RawAlert:
    incident, entry = dig(message, "incident"), dig(message, "log_entries", "0")
    told = dig(entry, "channel", "details")
    facts = record(told) or {"details": told}
    at = first(message, "created_on") or dig(entry, "created_at") or dig(incident, "last_status_change_at")
    return said(incident, _CHANGES[_event(message)], at, facts | {"changed by": name(dig(entry, "agent"))})


def _remark(message: Any, hook: WebhookRequest) -> AlertComment:
    incident, entry = dig(message, "incident"), dig(message, "log_entries", "0")
    kind = _event(message).removeprefix("incident.") or "changed"
    who = names(dig(incident, "assignees")) or names(
        [dig(a, "assignee") for a in items(dig(incident, "assignments"))[:50]]
    )
    at = moment(dig(entry, "created_at")) or hook.received_at
    return AlertComment(
        fingerprint=alert("pagerduty", said(incident, AlertStatus.FIRING, None, {}), at).fingerprint,
        external_id=line(dig(incident, "id"), NAME_CHARS),
        id=line(dig(entry, "id"), NAME_CHARS),
        kind=kind,
        text=text(dig(entry, "channel", "summary")) or name(entry) or f"{kind}: {who or 'no more is said'}",
        actor=line(name(dig(entry, "agent")), NAME_CHARS),
        actor_id=line(dig(entry, "agent", "id"), NAME_CHARS),
        at=min(at, hook.received_at),
    )
