"""Grafana Alerting's webhook: the group of Alertmanager with values, panels and silences added."""

from typing import Any

from midwatch.domain.alert import Alert, AlertSeverity, Delivery
from midwatch.domain.alert_source import WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources import prometheus_alerts
from midwatch.integrations.alert_sources.normalize import RawAlert, alert, decode, get_path, items, record, text
from midwatch.integrations.alert_sources.vocabulary import severity

# Grafana's alerts for a rule without data or with an error: the monitoring is broken, not (yet) the monitored object.
_BLIND = {"DatasourceNoData": "No data", "DatasourceError": "The rule cannot be evaluated"}


def recognises(document: object) -> bool:
    return prometheus_alerts.is_group(document) and prometheus_alerts.is_grafana(document)


def parse(hook: WebhookRequest, _: SenderSettings) -> Delivery:
    document = decode(hook.body)
    alerts = items(get_path(document, "alerts"))
    if alerts and all(_tried(record(a)) for a in alerts):
        return Delivery(ignored="Test notification of the contact point.")
    return prometheus_alerts.delivery(document, lambda item: _alert(item, hook), "Grafana")


def _tried(item: dict[str, Any]) -> bool:
    return prometheus_alerts.name(item) == "TestAlert" and get_path(item, "labels", "instance") == "Grafana"


def _alert(item: dict[str, Any], hook: WebhookRequest) -> Alert | None:
    labels = record(item.get("labels"))
    blind = _BLIND.get(prometheus_alerts.name(item), "")
    title = (
        f"{blind}: {text(labels.get('rulename')) or text(prometheus_alerts.title(item))}"
        if blind
        else text(prometheus_alerts.title(item))
    )
    if not title:
        return None
    unseen = blind or get_path(item, "annotations", "grafana_state_reason") in ("NoData", "Error")
    said = RawAlert(
        title=title,
        status=prometheus_alerts.state(item, hook.received_at),
        severity=AlertSeverity.MEDIUM if unseen else severity(text(labels.get("severity") or labels.get("priority"))),
        fingerprint=item.get("fingerprint"),
        external_id=item.get("fingerprint"),
        summary=prometheus_alerts.summary(item),
        labels=labels,
        details=prometheus_alerts.details(item) | _values(item),
        links=[
            *prometheus_alerts.links(item),
            ("Dashboard", item.get("dashboardURL")),
            ("Panel", item.get("panelURL")),
            ("Silence", item.get("silenceURL")),
        ],
        starts_at=item.get("startsAt"),
        ends_at=item.get("endsAt"),
    )
    return alert("grafana", said, hook.received_at)


def _values(item: dict[str, Any]) -> dict[str, Any]:
    """Measured values by the letter of their query; the older text where there are none."""
    values = record(item.get("values"))
    return {f"value {letter}": value for letter, value in values.items()} or {"values": item.get("valueString")}
