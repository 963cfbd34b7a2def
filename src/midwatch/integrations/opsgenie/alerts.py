"""Opsgenie's webhook: an `action` and the alert. `createdAt` is in milliseconds, `updatedAt` in nanoseconds."""

from typing import Any

from midwatch.domain.alert import AlertComment, AlertStatus, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.labels import pairs, standard_labels
from midwatch.integrations.alert_sources.normalize import (
    NAME_CHARS,
    RawAlert,
    alert,
    decode,
    first,
    get_path,
    items,
    moment,
    one_line,
    record,
    text,
)
from midwatch.integrations.alert_sources.vocabulary import severity

_CHANGES = {
    "create": AlertStatus.FIRING,
    "acknowledge": AlertStatus.ACKNOWLEDGED,
    "unacknowledge": AlertStatus.FIRING,
    "close": AlertStatus.RESOLVED,
    "delete": AlertStatus.RESOLVED,
}
_COMMENTS = {  # action → the alert's field with the details
    "addnote": "note",
    "assignownership": "owner",
    "takeownership": "username",
    "addrecipient": "recipient",
    "addteam": "team",
    "addresponder": "responder",
    "addtags": "addedTags",
    "removetags": "removedTags",
    "escalate": "escalationName",
    "escalatenext": "escalationName",
    "snooze": "snoozeEndDate",
    "snoozeended": "message",
    "unsnooze": "message",
    "updatepriority": "priority",
    "updatemessage": "message",
    "updatedescription": "description",
    "customaction": "actionName",
}


def recognises(document: object) -> bool:
    found = record(document)
    return "action" in found and any(key in record(found.get("alert")) for key in ("alertId", "tinyId"))


def parse(hook: WebhookRequest, _: SenderSettings) -> Delivery:
    document = record(decode(hook.body))
    told, action = record(document.get("alert")), text(document.get("action"))
    if not action or not first(told, "alias", "alertId") or not first(told, "message", "alias"):
        return Delivery(unknown="Not an Opsgenie webhook payload: action, alert.alertId or alert.message is missing.")
    what = action.replace(" ", "").lower()
    if what in _CHANGES:
        return Delivery(alerts=(alert("opsgenie", _raw_alert(told, _CHANGES[what], action), hook.received_at),))
    if what in _COMMENTS:
        return Delivery(comments=(_comment(told, action, _COMMENTS[what], hook),))
    return Delivery(unknown=f"Unknown Opsgenie action {one_line(action, NAME_CHARS)}.")


def _raw_alert(told: dict[str, Any], status: AlertStatus, action: str) -> RawAlert:
    tags, words = pairs(text(tag) for tag in items(told.get("tags"))[:1000])
    facts = record(told.get("details"))
    return RawAlert(
        title=first(told, "message", "alias"),
        status=status,
        severity=severity(text(told.get("priority"))),
        fingerprint=first(told, "alias", "alertId"),
        external_id=told.get("alertId"),
        summary=told.get("description"),
        service=first(facts, "service", "service_name") or tags.get("service") or told.get("entity"),
        labels={**tags, **standard_labels(facts)},
        details=facts
        | {
            "entity": told.get("entity"),
            "action": action,
            "by": told.get("username"),
            "number": told.get("tinyId"),
            "tags": ", ".join(words),
            "teams": ", ".join(text(team) for team in items(told.get("teams"))[:50]),
        },
        starts_at=told.get("createdAt"),
        ends_at=told.get("updatedAt"),
    )


def _comment(told: dict[str, Any], action: str, field: str, hook: WebhookRequest) -> AlertComment:
    more = text(get_path(told, field))
    at = moment(told.get("updatedAt")) or hook.received_at
    return AlertComment(
        fingerprint=alert("opsgenie", _raw_alert(told, AlertStatus.FIRING, action), at).fingerprint,
        external_id=one_line(told.get("alertId"), NAME_CHARS),
        kind=one_line(action, NAME_CHARS),
        text=f"{one_line(action, NAME_CHARS)}: {more}" if more else one_line(action, NAME_CHARS),
        actor=one_line(told.get("username"), NAME_CHARS),
        actor_id=one_line(told.get("userId"), NAME_CHARS),
        at=min(at, hook.received_at),
    )
