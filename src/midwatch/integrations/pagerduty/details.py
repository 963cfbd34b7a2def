"""Technical details of an incident's alerts, which webhooks leave out."""

from collections.abc import Iterator
from typing import Any

from midwatch.domain.alert import Alert
from midwatch.domain.evidence import Gap
from midwatch.domain.notifier import DeliveryFailed
from midwatch.integrations.alert_sources.labels import standard, standard_labels
from midwatch.integrations.alert_sources.normalize import LABELS, NAME_CHARS, get_path, one_line, record, text
from midwatch.integrations.pagerduty.client import PagerDuty
from midwatch.kit.redaction import redact_named, redact_text

ALERTS = 20  # of one incident; they concern one problem, and the first ones identify it
SOURCE = "pagerduty"
_REASON = 400  # characters


async def complete(client: PagerDuty, alert: Alert) -> tuple[Alert, tuple[Gap, ...]]:
    """The alert with the details of PagerDuty's own; unreadable ones are a gap, never a text of the alert."""
    if alert.source != SOURCE or not alert.external_id:
        return alert, ()
    try:
        found = await client.alerts(alert.external_id)
    except DeliveryFailed as refused:
        return alert, (_unread(alert.external_id, refused),)
    facts: dict[str, str] = {}
    for one in found[:ALERTS]:
        body = get_path(one, "body")
        for name, value in _facts(get_path(body, "details") or get_path(body, "cef_details", "details")):
            facts.setdefault(name, value)
    if len(found) > ALERTS:
        facts["alerts not read"] = f"{len(found) - ALERTS} of {len(found)}"
    labels = {name: str(value) for name, value in standard_labels(facts).items()}
    return _with(alert, standard(labels), {name: value for name, value in facts.items() if name not in labels}), ()


def _unread(incident: str, refused: DeliveryFailed) -> Gap:
    """Gap with PagerDuty's message, which is untrusted text: one line, redacted. Only a permanent refusal needs another
    token."""
    return Gap(
        tool="pagerduty_details",
        arguments={"resource": f"details of the PagerDuty incident {one_line(incident, NAME_CHARS)}"},
        query="",
        reason=f"could not be read: {one_line(str(refused), _REASON)}",
        permission="read incidents in PagerDuty (pagerduty.token)" if refused.permanent else "",
    )


def _with(alert: Alert, labels: dict[str, str], details: dict[str, str]) -> Alert:
    """The alert with the fetched details; fields of the webhook itself are not overwritten."""
    return alert.model_copy(update={"labels": {**labels, **alert.labels}, "details": {**details, **alert.details}})


def _facts(details: Any) -> Iterator[tuple[str, str]]:
    """Details as an object, or a text; nested values are left as text."""
    if not record(details) and text(details):
        yield "details", redact_text(text(details))
    for name, value in list(record(details).items())[:LABELS]:
        if key := one_line(name, NAME_CHARS):
            yield key, redact_named(key, redact_text(text(value)))
