"""Sentry's webhook bodies, distinguished by the content of `data` (as does the header Sentry-Hook-Resource)."""

from typing import Any

from midwatch.domain.alert import AlertComment, AlertStatus, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.normalize import (
    NAME_CHARS,
    alert,
    decode,
    first,
    get_path,
    moment,
    one_line,
    record,
    text,
)
from midwatch.integrations.sentry.issues import event_alert, issue_alert, plugin_alert
from midwatch.integrations.sentry.metrics import metric_alert

_ISSUE = {"created": AlertStatus.FIRING, "unresolved": AlertStatus.FIRING, "resolved": AlertStatus.RESOLVED}
_ISSUE_COMMENTS = ("assigned", "archived", "ignored")
_METRIC = {
    "critical": AlertStatus.FIRING,
    "warning": AlertStatus.FIRING,
    "open": AlertStatus.FIRING,
    "resolved": AlertStatus.RESOLVED,
}
_QUIET = {
    "installation": "Sentry integration installed or removed.",
    "error": "Single error event: use a Sentry alert rule to send alerts.",
}


_DATA = ("issue", "event", "metric_alert", "comment", "installation", "error", "issue_alert")


def recognises(document: object) -> bool:
    """Whether the body is an integration's (`action` and `data` of a known kind), or the older plug-in's."""
    found = record(document)
    sent = "action" in found and any(kind in record(found.get("data")) for kind in _DATA)
    told = "culprit" in found and "event" in found
    return sent or ("project_slug" in found and (told or "event_id" in record(found.get("event"))))


def parse(hook: WebhookRequest, _: SenderSettings) -> Delivery:
    document = record(decode(hook.body))
    data, action = record(document.get("data")), text(document.get("action"))
    known_as = one_line(hook.headers.get("request-id"), NAME_CHARS)
    for kind, why in _QUIET.items():
        if kind in data or hook.headers.get("sentry-hook-resource") == kind:
            return Delivery(id=known_as, ignored=why)
    if comment := _comment(document, data, action, hook):
        return Delivery(id=known_as, comments=(comment,))
    said = _raw_alert(document, data, action)
    if said is None or not text(said.title):
        return Delivery(
            id=known_as,
            unknown=f"Not a known Sentry alert (action {one_line(action, NAME_CHARS) or 'none'}).",
        )
    return Delivery(id=known_as, alerts=(alert("sentry", said, hook.received_at),))


def _raw_alert(document: dict[str, Any], data: dict[str, Any], action: str) -> Any:
    if record(data.get("metric_alert")) and action in _METRIC:
        return metric_alert(data, action, _METRIC[action])
    if record(data.get("event")):
        return event_alert(data)
    if record(data.get("issue")) and action in _ISSUE:
        return issue_alert(data, _ISSUE[action])
    return plugin_alert(document) if first(document, "message", "event") and not data else None


def _comment(document: dict[str, Any], data: dict[str, Any], action: str, hook: WebhookRequest) -> AlertComment | None:
    issue = get_path(data, "issue", "id") or data.get("issue_id")
    comment = text(data.get("comment"))
    if not issue or not (comment or action in _ISSUE_COMMENTS):
        return None
    assignee = text(first(get_path(data, "issue", "assignedTo"), "name", "email", "id"))
    at = moment(data.get("timestamp")) or hook.received_at
    return AlertComment(
        fingerprint=one_line(f"issue:{text(issue)}", NAME_CHARS),
        external_id=one_line(issue, NAME_CHARS),
        id=one_line(data.get("comment_id"), NAME_CHARS),
        kind="comment" if comment else action,
        text=comment or (f"Assigned to {assignee}." if action == "assigned" and assignee else f"Issue {action}."),
        actor=one_line(get_path(document, "actor", "name"), NAME_CHARS),
        actor_id=one_line(get_path(document, "actor", "id"), NAME_CHARS),
        at=min(at, hook.received_at),
    )
