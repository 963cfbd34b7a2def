"""Sentry as an integration."""

from midwatch.domain.alert_source import AlertSource, Envelope
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.setup_page import setup_page
    from midwatch.integrations.sentry.alerts import parse, recognises
    from midwatch.integrations.sentry.signature import verify

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=verify,
        parse=parse,
        recognises=recognises,
        authenticates_by=("secrets", "tokens"),
        envelope=Envelope(
            always=(
                "platform",
                "logger",
                "event",
                "release",
                "tag_release",
                "number",
                "times_seen",
                "users",
                "tag_level",
                "tag_handled",
                "tag_mechanism",
                "tag_runtime",
                "tag_sentry_user",
            ),
            named=("aggregate", "culprit", "query", "rule", "thresholds", "window_(min)"),
        ),
        setup=setup_page(__package__ or ""),
    )


INTEGRATION = Integration(name="sentry", title="Sentry", alert_source=_alert_source)
