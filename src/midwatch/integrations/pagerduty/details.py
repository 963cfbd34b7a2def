"""What a webhook leaves out: the technical details that the incident's alerts were sent with."""

from collections.abc import Iterator
from typing import Any

from midwatch.domain.alert import Alert
from midwatch.integrations.labels import known, standard
from midwatch.integrations.normal import LABELS, NAME_CHARS, dig, line, record, text
from midwatch.integrations.outbox import Undelivered
from midwatch.integrations.pagerduty.client import PagerDuty
from midwatch.kit.redaction import redact_named, redact_text

ALERTS = 20  # of one incident; they are about one thing, and the first tell what it is
SOURCE = "pagerduty"


async def complete(client: PagerDuty, alert: Alert) -> Alert:
    """The alert with the details of PagerDuty's own; without them it says why it has none."""
    if alert.source != SOURCE or not alert.external_id:
        return alert
    try:
        found = await client.alerts(alert.external_id)
    except Undelivered as refused:
        return _with(alert, {}, {"details not read": str(refused)})
    facts: dict[str, str] = {}
    for one in found[:ALERTS]:
        body = dig(one, "body")
        for name, value in _facts(dig(body, "details") or dig(body, "cef_details", "details")):
            facts.setdefault(name, value)
    if len(found) > ALERTS:
        facts["alerts not read"] = f"{len(found) - ALERTS} of {len(found)}"
    labels = {name: str(value) for name, value in known(facts).items()}
    return _with(alert, standard(labels), {name: value for name, value in facts.items() if name not in labels})


def _with(alert: Alert, labels: dict[str, str], details: dict[str, str]) -> Alert:
    """What the webhook said itself is not written over."""
    return alert.model_copy(update={"labels": {**labels, **alert.labels}, "details": {**details, **alert.details}})


def _facts(details: Any) -> Iterator[tuple[str, str]]:
    """`details` is an object, or a text; what is nested in it is left as text."""
    if not record(details) and text(details):
        yield "details", redact_text(text(details))
    for name, value in list(record(details).items())[:LABELS]:
        if key := line(name, NAME_CHARS):
            yield key, redact_named(key, redact_text(text(value)))
