"""Datadog as an integration."""

from midwatch.domain.alert_source import AlertSource
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.authentication import by_token
    from midwatch.integrations.datadog.alerts import parse, recognises

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=by_token("datadog"),
        parse=parse,
        recognises=recognises,
    )


INTEGRATION = Integration(name="datadog", title="Datadog", alert_source=_alert_source)
