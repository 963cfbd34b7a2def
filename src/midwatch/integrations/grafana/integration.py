"""Grafana Alerting as an integration."""

from midwatch.domain.alert_source import AlertSource
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.grafana.alerts import parse, recognises
    from midwatch.integrations.grafana.signature import verify

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=verify,
        parse=parse,
        recognises=recognises,
    )


INTEGRATION = Integration(name="grafana", title="Grafana Alerting", alert_source=_alert_source)
