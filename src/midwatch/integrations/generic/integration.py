"""Any JSON as an integration."""

from midwatch.domain.alert_source import AlertSource
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.setup_page import setup_page
    from midwatch.integrations.generic.alerts import parse
    from midwatch.integrations.generic.signature import verify

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=verify,
        parse=parse,
        authenticates_by=("secrets", "tokens"),
        setup=setup_page(__package__ or ""),
    )


INTEGRATION = Integration(name="generic", title="Any JSON", alert_source=_alert_source)
