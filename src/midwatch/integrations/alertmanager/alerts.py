"""The webhook of Alertmanager: one group, each alert with its own status. Nothing in it is signed."""

from typing import Any

from midwatch.domain.alert import Alert, Delivery
from midwatch.integrations import labelled
from midwatch.integrations.inbox import Hook
from midwatch.integrations.normal import Said, alert, decode, dig, record, text
from midwatch.integrations.words import severity
from midwatch.settings import SenderSettings


def recognises(document: object) -> bool:
    return labelled.is_group(document) and not labelled.is_grafana(document)


def parse(hook: Hook, _: SenderSettings) -> Delivery:
    document = decode(hook.body)
    group = ("Alertmanager", dig(document, "externalURL"))
    return labelled.delivery(document, lambda item: _alert(item, group, hook), "Alertmanager")


def _alert(item: dict[str, Any], group: tuple[str, Any], hook: Hook) -> Alert | None:
    labels, title = record(item.get("labels")), text(labelled.title(item))
    if not title:
        return None
    said = Said(
        title=title,
        status=labelled.state(item, hook.received_at),
        severity=severity(text(labels.get("severity") or labels.get("priority"))),
        fingerprint=item.get("fingerprint"),
        external_id=item.get("fingerprint"),
        summary=labelled.summary(item),
        labels=labels,
        details=labelled.details(item),
        links=[*labelled.links(item), group],
        starts_at=item.get("startsAt"),
        ends_at=item.get("endsAt"),
    )
    return alert("alertmanager", said, hook.received_at)
