"""Alerts from Sentry issues: from the event that triggered an alert rule, from a state change, or from the older
plug-in.

The user, the request and its headers are not kept: they name people.
"""

from collections.abc import Mapping
from typing import Any

from midwatch.domain.alert import AlertStatus
from midwatch.integrations.alert_sources.labels import standard_labels
from midwatch.integrations.alert_sources.normalize import RawAlert, first, get_path, items, text
from midwatch.integrations.alert_sources.vocabulary import severity


def event_alert(data: Mapping[str, Any]) -> RawAlert:
    """Alert of a rule that fired for this event."""
    event = data["event"]
    issue = text(first(event, "issue_id", "groupID") or get_path(data, "issue", "id"))
    project = text(first(event, "project_slug", "project_name") or _project_of(text(get_path(event, "url"))))
    rule = first(data, "triggered_rule") or get_path(data, "issue_alert", "title")
    return _raw_alert(event, event, issue, project, {"rule": rule}, first(event, "web_url", "issue_url"))


def issue_alert(data: Mapping[str, Any], status: AlertStatus) -> RawAlert:
    """Alert of an issue that began, came back, or was resolved."""
    issue = data["issue"]
    project = text(first(get_path(issue, "project"), "slug", "name"))
    times = (first(issue, "firstSeen"), first(get_path(issue, "statusDetails"), "at") or get_path(issue, "lastSeen"))
    facts = {
        "times seen": get_path(issue, "count"),
        "users": get_path(issue, "userCount"),
        "number": get_path(issue, "shortId"),
    }
    return _raw_alert(
        issue, {}, text(get_path(issue, "id")), project, facts, first(issue, "web_url", "permalink"), status, times
    )


def plugin_alert(document: Mapping[str, Any]) -> RawAlert:
    """Alert of the webhook plug-in, which puts the issue outside and the event inside."""
    event = document.get("event")
    project = text(first(document, "project_slug", "project_name", "project"))
    told = {
        **{k: first(event, k) for k in ("title", "level", "culprit", "message")},
        **{k: v for k, v in document.items() if v},
    }
    rules = ", ".join(text(r) for r in items(document.get("triggering_rules"))[:50])
    return _raw_alert(told, event, text(document.get("id")), project, {"rule": rules}, document.get("url"))


def _raw_alert(
    told: Any,
    event: Any,
    issue: str,
    project: str,
    facts: dict[str, Any],
    url: Any,
    status: AlertStatus = AlertStatus.FIRING,
    times: tuple[Any, Any] = (None, None),
) -> RawAlert:
    tags = _tags(get_path(event, "tags"))
    message = first(told, "message") or get_path(event, "logentry", "formatted") or get_path(told, "metadata", "value")
    return RawAlert(
        title=first(told, "title") or message,
        status=status,
        severity=severity(text(first(told, "level") or tags.get("level"))),
        fingerprint=f"issue:{issue}" if issue else first(event, "event_id"),
        external_id=issue,
        summary=message,
        service=project,
        labels={
            "project": project,
            "environment": first(event, "environment") or tags.get("environment"),
            **standard_labels(tags),
        },
        details={
            "culprit": first(told, "culprit"),
            "platform": first(told, "platform") or first(event, "platform"),
            "release": first(event, "release") or tags.get("release"),
            "event": first(event, "event_id"),
            "logger": first(told, "logger"),
            **facts,
            **{f"tag {name}": value for name, value in tags.items()},
        },
        links=[("Sentry", url)],
        starts_at=times[0] or first(event, "datetime", "timestamp"),
        ends_at=times[1],
    )


def _tags(listed: Any) -> dict[str, Any]:
    """Tags from pairs, or from objects with key and value. Those about the end user are left out."""
    pairs = [
        (get_path(t, "key") or get_path(t, "0"), get_path(t, "value") or get_path(t, "1")) for t in items(listed)[:200]
    ]
    return {
        text(name): value
        for name, value in pairs
        if name and not text(name).startswith(("user", "client_os", "browser", "device"))
    }


def _project_of(url: str) -> str:
    """Project of a rule's event, from its address `…/api/0/projects/<organisation>/<project>/events/…/`."""
    parts = url.split("/projects/", 1)[-1].split("/") if "/projects/" in url else []
    return parts[1] if len(parts) > 1 else ""
