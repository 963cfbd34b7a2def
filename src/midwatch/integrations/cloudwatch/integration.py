"""Amazon CloudWatch as an integration."""

from midwatch.domain.alert_source import AlertSource
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.cloudwatch.alerts import parse, recognises
    from midwatch.integrations.cloudwatch.sns import certificate_url, verify

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=verify,
        parse=parse,
        recognises=recognises,
        certificate_url=certificate_url,
    )


INTEGRATION = Integration(name="cloudwatch", title="Amazon CloudWatch", alert_source=_alert_source)
