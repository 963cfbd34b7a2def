"""Datadog as an integration."""

from midwatch.domain.alert_source import AlertSource, Envelope
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.authentication import by_token
    from midwatch.integrations.alert_sources.setup_page import setup_page
    from midwatch.integrations.datadog.alerts import parse, recognises

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=by_token("datadog"),
        parse=parse,
        recognises=recognises,
        envelope=Envelope(
            always=("status", "transition", "monitor"),
            named=("metric", "query", "scope", "tags"),
        ),
        setup=setup_page(__package__ or ""),
    )


INTEGRATION = Integration(name="datadog", title="Datadog", alert_source=_alert_source)
