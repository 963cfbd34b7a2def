"""Grafana Alerting as an integration."""

from midwatch.domain.alert_source import AlertSource, Envelope
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.setup_page import setup_page
    from midwatch.integrations.grafana.alerts import parse, recognises
    from midwatch.integrations.grafana.signature import verify

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=verify,
        parse=parse,
        recognises=recognises,
        authenticates_by=("secrets", "tokens"),
        envelope=Envelope(
            always=(
                "__alert_rule_namespace_uid__",
                "__alert_rule_uid__",
                "__dashboardUid__",
                "__panelId__",
                "__value_string__",
                "grafana_folder",
                "grafana_state_reason",
                "ref_id",
                "datasource_uid",
            ),
        ),
        setup=setup_page(__package__ or ""),
    )


INTEGRATION = Integration(name="grafana", title="Grafana Alerting", alert_source=_alert_source)
