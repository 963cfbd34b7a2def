"""Datadog's webhook. Its payload is the customer's: ours is examples/payload.json. A `$VARIABLE` left as it is means
"nothing"."""

import re
from typing import Any

from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.labels import pairs
from midwatch.integrations.alert_sources.normalize import (
    NAME_CHARS,
    RawAlert,
    alert,
    decode,
    first,
    items,
    one_line,
    record,
    text,
)
from midwatch.integrations.alert_sources.vocabulary import severity

_MISSING = re.compile(r"\$[A-Z][A-Z0-9_]*(?:\[[^\]]*\])?")
# `[P2] [Triggered on {host:a,env:b}] Title`: Datadog's prefix of the monitor's name
_HEADED = re.compile(
    r"(?:\[(?P<priority>P[1-5])\]\s*)?\[(?P<transition>[A-Za-z -]{2,20}?)(?: on "
    r"\{(?P<scope>[^}]*)\})?\]\s*(?P<title>\S.*)",
    re.DOTALL,
)
_OWN = ("alert_transition", "alert_cycle_key", "aggreg_key", "alert_scope", "alert_metric")
_UNSEEN = ("nodata", "renodata")


def recognises(document: object) -> bool:
    """Whether the body has a field of our payload, or Datadog's default ones with the organisation."""
    found = record(document)
    return any(key in found for key in _OWN) or (
        "last_updated" in found and "event_type" in found and isinstance(found.get("org"), dict)
    )


def parse(hook: WebhookRequest, _: SenderSettings) -> Delivery:
    document = {
        k: v for k, v in record(decode(hook.body)).items() if not (isinstance(v, str) and _MISSING.fullmatch(v.strip()))
    }
    known_as = one_line(first(document, "event_id"), NAME_CHARS)
    found = _alert(document, hook)
    if found is None:
        return Delivery(
            id=known_as,
            unknown="Title is missing: use the payload of the page Alert sources, Datadog.",
        )
    if _transition(document) == "muted":
        return Delivery(id=known_as, ignored=f"Muted in Datadog: {found.title}")
    return Delivery(id=known_as, alerts=(found,))


def _alert(document: dict[str, Any], hook: WebhookRequest) -> Alert | None:
    title = text(first(document, "alert_title", "event_title", "title"))
    headed = _HEADED.match(title[:2000])
    tags, words = pairs([*_tags(document.get("tags")), *_tags(_scope(document))])
    if not title:
        return None
    metric = first(document, "alert_metric")
    said = RawAlert(
        title=headed["title"] if headed else title,
        status=_status(document),
        severity=_severity(document),
        fingerprint=_fingerprint(document),
        external_id=first(document, "alert_cycle_key", "alert_id", "monitor_id", "id"),
        summary=first(document, "event_msg", "body", "message", "alert_status", "description"),
        service=first(document, "service"),
        labels=tags | ({"host": host} if (host := first(document, "hostname", "host")) else {}),
        details={
            "metric": metric,
            "query": first(document, "alert_query", "query"),
            "status": first(document, "alert_status"),
            "transition": first(document, "alert_transition"),
            "scope": _scope(document),
            "tags": ", ".join(words),
        },
        links=[("Datadog", first(document, "link", "url")), ("Snapshot", first(document, "snapshot"))],
        starts_at=first(document, "date", "last_updated"),
        ends_at=first(document, "last_updated", "date"),
    )
    return alert("datadog", said, hook.received_at)


def _head(document: dict[str, Any], part: str) -> str:
    title = text(first(document, "event_title", "title"))
    headed = _HEADED.match(title[:2000])
    return (headed[part] or "") if headed else ""


def _tags(value: Any) -> list[str]:
    listed = items(value) or text(value).split(",")
    return [text(tag) for tag in listed[:1000]]


def _scope(document: dict[str, Any]) -> str:
    told = first(document, "alert_scope", "scopes")
    return ",".join(map(text, items(told)[:200])) or text(told) or _head(document, "scope")


def _transition(document: dict[str, Any]) -> str:
    told = text(first(document, "alert_transition")) or _head(document, "transition")
    return re.sub(r"[^a-z]", "", told.lower())


def _status(document: dict[str, Any]) -> AlertStatus:
    transition = _transition(document)
    over = "recovered" in transition or (not transition and text(first(document, "alert_type")) == "success")
    return AlertStatus.RESOLVED if over else AlertStatus.FIRING


def _severity(document: dict[str, Any]) -> AlertSeverity | None:
    """Severity: missing data is medium, a warning at most that; otherwise the monitor's priority, then the type of the
    event."""
    transition = _transition(document)
    if transition in _UNSEEN:
        return AlertSeverity.MEDIUM
    priority = text(first(document, "alert_priority", "priority")) or _head(document, "priority")
    found = severity(priority) or (
        severity(text(first(document, "alert_type"))) if "recovered" not in transition else None
    )
    warned = transition in ("warn", "rewarn")
    return max(found or AlertSeverity.MEDIUM, AlertSeverity.MEDIUM, key=lambda s: s.rank) if warned else found


def _fingerprint(document: dict[str, Any]) -> str:
    """Fingerprint of the monitor and its group: stable from one cycle to the next, unlike Datadog's cycle key."""
    monitor, scope = text(first(document, "alert_id", "monitor_id")), _scope(document)
    return (
        ":".join(p for p in (monitor, scope) if p)
        if monitor
        else text(first(document, "alert_cycle_key", "aggreg_key"))
    )
