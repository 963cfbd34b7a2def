"""Webhooks v3: one event a request. A status of the incident is an alert; all other events are comments."""

from collections.abc import Callable
from typing import Any

from midwatch.domain.alert import AlertComment, AlertStatus, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.integrations.alert_sources.normalize import (
    NAME_CHARS,
    alert,
    first,
    get_path,
    items,
    moment,
    one_line,
    text,
)
from midwatch.integrations.pagerduty.incidents import STATUSES, merged_into, name, names, raw_alert
from midwatch.integrations.pagerduty.own_notes import is_ours

_CHANGES = {
    "triggered": AlertStatus.FIRING,
    "acknowledged": AlertStatus.ACKNOWLEDGED,
    "unacknowledged": AlertStatus.FIRING,
    "reopened": AlertStatus.FIRING,
    "resolved": AlertStatus.RESOLVED,
}
# Comments on an unchanged incident by event type, from the event's data.
_INCIDENT: dict[str, Callable[[Any], str]] = {
    "escalated": lambda data: f"Escalated to {names(get_path(data, 'assignees')) or 'next level'}.",
    "delegated": lambda data: f"Delegated to {name(get_path(data, 'escalation_policy')) or 'another policy'}.",
    "reassigned": lambda data: f"Assigned to {names(get_path(data, 'assignees')) or 'no user'}.",
    "priority_updated": lambda data: f"Priority changed to {name(get_path(data, 'priority')) or 'none'}.",
    "service_updated": lambda data: f"Service changed to {name(get_path(data, 'service'))}.",
    "incident_type.changed": lambda data: _type(data),
    "incident_type.updated": lambda data: _type(data),
}
# The same for data of a type of its own, which refers to its incident.
_OTHER: dict[str, tuple[str, Callable[[Any], str]]] = {
    "incident_note": ("annotated", lambda data: text(get_path(data, "content"))),
    "incident_status_update": ("status_update_published", lambda data: text(get_path(data, "message"))),
    "incident_responder": ("responder", lambda data: _responder(data)),
    "incident_field_values": ("custom_field_values.updated", lambda data: _fields(data)),
    "incident_conference_bridge": ("conference_bridge.updated", lambda data: _bridge(data)),
    "incident_task": ("task", lambda data: f"Task “{name(data)}”: {text(get_path(data, 'status')) or 'changed'}."),
    "incident_role_assignment": ("role.assigned", lambda data: _roles(data)),
    "incident_workflow_instance": (
        "workflow",
        lambda data: f"Workflow “{name(get_path(data, 'incident_workflow')) or name(data)}”.",
    ),
    "incident_action_invocation": (
        "action_invocation",
        lambda data: f"Action “{name(get_path(data, 'action')) or name(data)}”.",
    ),
}


def webhook(event: Any, hook: WebhookRequest) -> Delivery:
    """The delivery. The event's own id is signed, the header's is not; both are the same on every retry."""
    known_as = one_line(first(event, "id") or hook.headers.get("x-webhook-id"), NAME_CHARS)
    what, _, change = text(get_path(event, "event_type")).partition(".")
    if what == "pagey":
        return Delivery(id=known_as, ignored="Test event received.")
    if what != "incident":
        return Delivery(
            id=known_as,
            ignored=f"Not an incident event: {one_line(get_path(event, 'event_type'), NAME_CHARS) or 'no event_type'}.",
        )
    data = get_path(event, "data")
    if change in _CHANGES and get_path(data, "id") and first(data, "title", "summary"):
        return _changed(event, change, hook, known_as)
    comment = _comment(data, change, event, hook)
    if comment is None:
        return Delivery(
            id=known_as,
            unknown=f"Unknown event incident.{one_line(change, NAME_CHARS)}, or incident data is missing.",
        )
    if is_ours(comment.text):
        return Delivery(id=known_as, ignored="Note written by Midwatch.")
    return Delivery(id=known_as, comments=(comment,))


def event_data(data: Any, hook: WebhookRequest) -> Delivery:
    """The event's data without its envelope, as automation passes it on."""
    change = text(get_path(data, "status"))
    if get_path(data, "type") == "incident" and change in STATUSES and first(data, "title", "summary"):
        at = first(data, "resolved_at", "updated_at") or hook.received_at.isoformat()
        return Delivery(alerts=(alert("pagerduty", raw_alert(data, STATUSES[change], at, {}), hook.received_at),))
    comment = _comment(data, "", {}, hook)
    if comment is None:
        kind = one_line(get_path(data, "type"), NAME_CHARS)
        return Delivery(unknown=f"PagerDuty {kind} without an incident.")
    return Delivery(comments=(comment,))


def _changed(event: Any, change: str, hook: WebhookRequest, known_as: str) -> Delivery:
    data, at = get_path(event, "data"), get_path(event, "occurred_at")
    facts = {"changed by": name(get_path(event, "agent")), "sent by": get_path(event, "client", "name")}
    target = merged_into(data) if change == "resolved" else ""
    if target:
        facts["merged into"] = target
    one = alert("pagerduty", raw_alert(data, _CHANGES[change], at, facts), hook.received_at)
    comment = _written(data, "merged", f"Merged into {target}, not fixed.", event, hook) if target else None
    return Delivery(id=known_as, alerts=(one,), comments=(comment,) if comment else ())


def _comment(data: Any, change: str, event: Any, hook: WebhookRequest) -> AlertComment | None:
    if get_path(data, "type") == "incident" and change in _INCIDENT:
        return _written(data, change, _INCIDENT[change](data), event, hook)
    kind, says = _OTHER.get(text(get_path(data, "type")), ("", None))
    return _written(data, change or kind, says(data), event, hook) if says else None


def _written(data: Any, kind: str, words: str, event: Any, hook: WebhookRequest) -> AlertComment | None:
    own = get_path(data, "type") == "incident"
    incident = (
        data if own else get_path(data, "incident") or get_path(data, "incident_role_assignments", "0", "incident")
    )
    external_id = one_line(get_path(incident, "id"), NAME_CHARS)
    if not external_id or not words:
        return None
    at = moment(get_path(event, "occurred_at")) or hook.received_at
    return AlertComment(
        fingerprint=alert("pagerduty", raw_alert(data, AlertStatus.FIRING, None, {}), at).fingerprint if own else "",
        external_id=external_id,
        id="" if own else one_line(get_path(data, "id"), NAME_CHARS),
        kind=one_line(kind, NAME_CHARS),
        text=text(words),
        actor=one_line(name(get_path(event, "agent")), NAME_CHARS),
        actor_id=one_line(get_path(event, "agent", "id"), NAME_CHARS),
        at=min(at, hook.received_at),
    )


def _responder(data: Any) -> str:
    who = name(get_path(data, "user")) or name(get_path(data, "escalation_policy")) or "a responder"
    message = text(get_path(data, "message"))
    return f"Responder request to {who} ({text(get_path(data, 'state')) or 'requested'})." + (
        f" {message}" if message else ""
    )


def _type(data: Any) -> str:
    return f"Incident type changed to {text(get_path(data, 'incident_type', 'name')) or 'none'}."


def _roles(data: Any) -> str:
    """Roles of a responder event, which is also sent when a role is removed."""
    roles = items(get_path(data, "incident_role_assignments"))[:50]
    return "; ".join(
        f"{name(get_path(r, 'role')) or 'Role'}: {name(get_path(r, 'assignee')) or 'unassigned'}" for r in roles
    )


def _fields(data: Any) -> str:
    changed = items(get_path(data, "changed_custom_fields"))[:50]
    told = {text(c) if isinstance(c, str) else text(first(c, "id", "name")) for c in changed}
    fields = [
        f
        for f in items(get_path(data, "custom_fields"))[:200]
        if not told or told & {text(get_path(f, "id")), text(get_path(f, "name"))}
    ]
    return "; ".join(
        f"{text(first(f, 'display_name', 'name'))}: {text(get_path(f, 'value')) or 'empty'}" for f in fields[:50]
    )


def _bridge(data: Any) -> str:
    numbers = [text(get_path(n, "number")) for n in items(get_path(data, "conference_numbers"))[:10]]
    parts = [text(get_path(data, "conference_url")), *numbers]
    return f"Conference: {' '.join(p for p in parts if p) or 'none'}."
