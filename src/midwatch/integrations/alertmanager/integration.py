"""Prometheus Alertmanager as an integration."""

from midwatch.domain.alert_source import AlertSource
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.authentication import by_token
    from midwatch.integrations.alertmanager.alerts import parse, recognises

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=by_token("alertmanager"),
        parse=parse,
        recognises=recognises,
    )


INTEGRATION = Integration(name="alertmanager", title="Prometheus Alertmanager", alert_source=_alert_source)
