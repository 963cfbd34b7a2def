"""Alertmanager's webhook: one group, each alert with its own status. Nothing in it is signed."""

from typing import Any

from midwatch.domain.alert import Alert, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources import prometheus_alerts
from midwatch.integrations.alert_sources.normalize import RawAlert, alert, decode, get_path, record, text
from midwatch.integrations.alert_sources.vocabulary import severity


def recognises(document: object) -> bool:
    return prometheus_alerts.is_group(document) and not prometheus_alerts.is_grafana(document)


def parse(hook: WebhookRequest, _: SenderSettings) -> Delivery:
    document = decode(hook.body)
    group = ("Alertmanager", get_path(document, "externalURL"))
    return prometheus_alerts.delivery(document, lambda item: _alert(item, group, hook), "Alertmanager")


def _alert(item: dict[str, Any], group: tuple[str, Any], hook: WebhookRequest) -> Alert | None:
    labels, title = record(item.get("labels")), text(prometheus_alerts.title(item))
    if not title:
        return None
    said = RawAlert(
        title=title,
        status=prometheus_alerts.state(item, hook.received_at),
        severity=severity(text(labels.get("severity") or labels.get("priority"))),
        fingerprint=item.get("fingerprint"),
        external_id=item.get("fingerprint"),
        summary=prometheus_alerts.summary(item),
        labels=labels,
        details=prometheus_alerts.details(item),
        links=[*prometheus_alerts.links(item), group],
        starts_at=item.get("startsAt"),
        ends_at=item.get("endsAt"),
    )
    return alert("alertmanager", said, hook.received_at)
