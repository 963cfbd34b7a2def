"""JSON of any shape: one alert, a list of them, or a list under `alerts`; or plain text, whose first line is the title.
Paths are dotted (`a.b.0`) or JSON pointers (`/a/b/0`)."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from midwatch.domain.alert import Alert, AlertStatus, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.labels import pairs, standard_labels
from midwatch.integrations.alert_sources.normalize import (
    ALERTS,
    NAME_CHARS,
    RawAlert,
    alert,
    alert_items,
    decode,
    get_path,
    items,
    one_line,
    record,
    text,
)
from midwatch.integrations.alert_sources.vocabulary import severity, status
from midwatch.integrations.generic.facts import facts_of
from midwatch.integrations.generic.fields import usual

_DELIVERY = ("x-midwatch-delivery", "idempotency-key")
_LABEL = "labels."
_TAGGED = re.compile(r"\[\w[\w .:/-]{0,60}\]\s+\S")  # `[critical] disk full`


def parse(hook: WebhookRequest, sender: SenderSettings) -> Delivery:
    document = decode(hook.body) or plain_text(hook.body)
    known_as = one_line(next((hook.headers[h] for h in _DELIVERY if hook.headers.get(h)), ""), NAME_CHARS)
    entries = alert_items(document)
    if not entries:
        return Delivery(id=known_as, ignored="The alert list is empty.")
    alerts = tuple(a for a in (_alert(record(e), sender, hook) for e in entries[:ALERTS]) if a)
    if not alerts:
        paths = sender.fields.get("title") or ", ".join(usual()["title"])
        return Delivery(
            id=known_as,
            unknown=f"No title found (fields checked: {paths}). Set senders.generic.fields.title to its path.",
        )
    return Delivery(id=known_as, alerts=alerts, omitted=len(entries) - len(alerts))


def plain_text(body: bytes) -> dict[str, str] | None:
    """The first line as title, the rest as description; None for invalid text, or text that looks like truncated
    JSON."""
    try:
        words = body.decode().strip()
    except UnicodeDecodeError:
        return None
    title, _, rest = words.partition("\n")
    cut_json = title.startswith("{") or (title.startswith("[") and not _TAGGED.match(title))
    return {"title": title.strip(), "description": rest.strip()} if title and not cut_json else None


def _alert(document: dict[str, Any], sender: SenderSettings, hook: WebhookRequest) -> Alert | None:
    def of(field: str) -> Any:
        return _found(document, field, sender)

    title = _title(document, sender)
    if not title:
        return None
    facts = facts_of(document)
    labels = _labels(of("labels")) | standard_labels(facts) | _chosen(document, sender)
    said = RawAlert(
        title=title,
        status=status(_word(of("status"), sender)) or AlertStatus.FIRING,
        severity=severity(_word(of("severity"), sender)),
        fingerprint=of("fingerprint"),
        external_id=of("external_id"),
        summary=of("summary"),
        service=of("service") if not isinstance(of("service"), dict) else "",
        labels=labels,
        details=facts,
        links=[("Source", of("link"))],
        starts_at=of("starts_at"),
        ends_at=of("ends_at"),
    )
    return alert("generic", said, hook.received_at)


def _title(document: dict[str, Any], sender: SenderSettings) -> str:
    """The title: without a title field the rule's name in the labels, or the first line of the description. An object
    is none of these: its other fields would be read as the problem."""
    title = _worded(_each(document, "title", sender)) or _worded([get_path(document, "labels", "alertname")])
    return title or _worded(_each(document, "summary", sender)).partition("\n")[0]


def _worded(found: Iterable[Any]) -> str:
    return text(next((value for value in found if not isinstance(value, dict | list)), None))


def _found(document: dict[str, Any], field: str, sender: SenderSettings) -> Any:
    return next(_each(document, field, sender), None)


def _each(document: dict[str, Any], field: str, sender: SenderSettings) -> Iterator[Any]:
    """Candidate values of a field: at the path of the settings and nowhere else, where they name one."""
    paths = [sender.fields[field]] if field in sender.fields else usual()[field]
    return (found for found in (_at(document, path) for path in paths) if found not in (None, "", [], {}))


def _at(document: dict[str, Any], path: str) -> Any:
    if path.startswith("/"):
        return get_path(document, *(part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")))
    return document[path] if path in document else get_path(document, *path.split("."))


def _word(value: Any, sender: SenderSettings) -> str:
    """The word in Midwatch's terms, where the settings translate it; case does not matter."""
    word = one_line(value, NAME_CHARS)
    table = {theirs.lower(): ours for theirs, ours in sender.values.items()}
    return table.get(word.lower(), word)


def _labels(told: Any) -> dict[str, Any]:
    """Labels from an object, or from tags as `key:value`."""
    if found := record(told):
        return found
    tags, _ = pairs(text(t) for t in (items(told)[:1000] or text(told).split(",")))
    return dict(tags)


def _chosen(document: dict[str, Any], sender: SenderSettings) -> dict[str, Any]:
    """Labels from single paths in the settings: `labels.pod: resource.pod_name`."""
    return {
        field[len(_LABEL) :]: _at(document, path) for field, path in sender.fields.items() if field.startswith(_LABEL)
    }
