"""Prometheus Alertmanager as an integration."""

from midwatch.domain.alert_source import AlertSource, Envelope
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.authentication import by_token
    from midwatch.integrations.alert_sources.setup_page import setup_page
    from midwatch.integrations.alertmanager.alerts import parse, recognises

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=by_token("alertmanager"),
        parse=parse,
        recognises=recognises,
        envelope=Envelope(
            always=("__alert_rule_namespace_uid__", "__alert_rule_uid__"),
        ),
        setup=setup_page(__package__ or ""),
    )


INTEGRATION = Integration(name="alertmanager", title="Prometheus Alertmanager", alert_source=_alert_source)
