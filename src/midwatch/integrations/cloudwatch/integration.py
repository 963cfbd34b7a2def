"""Amazon CloudWatch as an integration."""

from midwatch.domain.alert_source import AlertSource, Envelope
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.setup_page import setup_page
    from midwatch.integrations.cloudwatch.alerts import parse, recognises
    from midwatch.integrations.cloudwatch.sns import certificate_url, verify

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=verify,
        parse=parse,
        recognises=recognises,
        certificate_url=certificate_url,
        authenticates_by=("topics", "tokens"),
        envelope=Envelope(
            always=(
                "state",
                "state_before",
                "missing_data",
                "comparison",
                "statistic",
                "unit",
                "actions_suppressed_by",
                "account",
                "region",
            ),
            named=(
                "measured",
                "metric",
                "metric_namespace",
                "rule",
                "threshold",
                "triggered_by",
                "period_(s)",
                "evaluation_periods",
                "datapoints_to_alarm",
            ),
        ),
        setup=setup_page(__package__ or ""),
    )


INTEGRATION = Integration(name="cloudwatch", title="Amazon CloudWatch", alert_source=_alert_source)
