"""Opsgenie as an integration."""

from midwatch.domain.alert_source import AlertSource, Envelope
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.authentication import by_token
    from midwatch.integrations.alert_sources.setup_page import setup_page
    from midwatch.integrations.opsgenie.alerts import parse, recognises

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=by_token("opsgenie"),
        parse=parse,
        recognises=recognises,
        envelope=Envelope(
            always=("action", "by", "number", "teams", "team", "source", "responders"),
            named=("entity", "tags"),
        ),
        setup=setup_page(__package__ or ""),
    )


INTEGRATION = Integration(name="opsgenie", title="Opsgenie", alert_source=_alert_source)
