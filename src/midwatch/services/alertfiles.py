"""An alert from a file: JSON in our form (or near to it), or plain text whose first line is the title."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from midwatch.analysis.untrusted import clean
from midwatch.domain.alert import Alert, AlertSeverity, AlertStatus
from midwatch.kit.redaction import redact_named, redact_text
from midwatch.services.errors import Refusal

LARGEST = 1024 * 1024  # bytes of a file
_KEPT = 64 * 1024  # characters of one text, as every receiver keeps
_PAIRS, _DEEPEST = 200, 6
_HINT = 'An alert is JSON: {"title": …, "description": …, "severity": …, "service": …, "labels": {…}, "details": {…}}; or plain text'
_TITLE = ("title", "name", "alertname")
_SUMMARY = ("description", "summary", "message", "body")
_SERVICE = ("service_name", "service", "affected_service")
_SOURCE = ("alert_source", "source")
_SEVERITY = ("severity", "priority", "urgency")
_TIMES = ("starts_at", "startsAt", "timestamp", "created_at", "triggered_at")
_ID = ("external_id", "id", "incident_id")
_OWN = frozenset((*_TITLE, *_SUMMARY, *_SERVICE, *_SOURCE, *_SEVERITY, *_TIMES, *_ID, "status", "labels", "details", "custom_details"))
_WORDS = {
    AlertSeverity.CRITICAL: ("critical", "page", "p1", "sev1", "sev-1", "fatal", "emergency", "disaster"),
    AlertSeverity.HIGH: ("high", "error", "major", "p2", "sev2", "sev-2"),
    AlertSeverity.LOW: ("low", "info", "information", "p4", "p5", "none", "notice"),
}


def read_alert(body: bytes, now: datetime) -> Alert:
    """The alert that a file holds, redacted; `now` is when it fired if it does not say. Raises Refusal for a file that holds none."""
    if len(body) > LARGEST:
        raise Refusal(
            f"The alert has {len(body):,} bytes, more than the {LARGEST:,} allowed.", "Give the alert alone, without its attachments"
        )
    text = body.decode("utf-8", errors="replace").strip()
    if not text:
        raise Refusal("There is no alert: the input is empty.", _HINT)
    found = _decoded(text) if text[0] in "{[" else _plain(text)
    title = _first(found, _TITLE) or _first(_texts(found, "labels"), ("alertname",)) or _first(found, _SUMMARY).partition("\n")[0]
    if not title:
        raise Refusal("The alert has neither a title nor a description.", _HINT)
    return _alert(found, title, now)


def _alert(found: Mapping[str, Any], title: str, now: datetime) -> Alert:
    labels = _texts(found, "labels")
    rest = {k: v for k, v in found.items() if k not in _OWN}
    details = dict(_flat(rest, "")) | dict(_flat(found.get("details"), "detail")) | dict(_flat(found.get("custom_details"), "detail"))
    service = _first(found, _SERVICE) or labels.get("service", "")
    key = json.dumps([title, service, sorted(labels.items())]).encode()
    return Alert(
        source=_text("source", _first(found, _SOURCE) or "file"),
        fingerprint=sha256(key).hexdigest()[:16],
        status=AlertStatus.RESOLVED if _first(found, ("status",)).lower() in ("resolved", "ok") else AlertStatus.FIRING,
        severity=_severity(_first(found, _SEVERITY) or labels.get("severity", "")),
        title=_text("title", title),
        summary=_text("summary", _first(found, _SUMMARY)),
        external_id=_text("id", _first(found, _ID))[:200],
        service=_text("service", service),
        labels={k: _text(k, v) for k, v in list(labels.items())[:_PAIRS]},
        details={k: _text(k, v) for k, v in list(details.items())[:_PAIRS]},
        starts_at=_time(_first(found, _TIMES)) or now,
    )


def _decoded(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal("The alert is not valid JSON.", _HINT) from error
    if not isinstance(found, dict):
        raise Refusal("The alert is not a JSON object.", _HINT)
    return cast("dict[str, Any]", found)


def _plain(text: str) -> Mapping[str, Any]:
    title, _, rest = text.partition("\n")
    return {"title": title.strip(), "description": rest.strip()}


def _first(found: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    values = (found.get(key) for key in keys)
    return next((str(v).strip() for v in values if isinstance(v, str | int | float) and str(v).strip()), "")


def _texts(found: Mapping[str, Any], key: str) -> dict[str, str]:
    return dict(_flat(found.get(key), key))


def _flat(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Nested details as dotted keys; what is nested deeper than six levels is not looked into."""
    if isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in cast("dict[str, Any]", value).items():
            top = depth == 0
            yield from _flat(inner, str(key) if top else f"{path}.{key}", depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        parts = [str(part) for part in cast("list[Any]", value) if isinstance(part, str | int | float)]
        yield from ((path, ", ".join(parts)),) if parts else ()
    elif isinstance(value, str | int | float) and path:
        yield path, str(value)


def _text(name: str, value: str) -> str:
    return redact_text(redact_named(name, clean(value[:_KEPT])))


def _severity(word: str) -> AlertSeverity:
    """As the sender rates it; what is not rated, or in a word nobody knows, is medium."""
    return next((severity for severity, words in _WORDS.items() if word.lower() in words), AlertSeverity.MEDIUM)


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
