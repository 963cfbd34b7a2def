"""Datadog as an integration."""

from importlib.resources import files

from midwatch.domain.alert_source import AlertSource, Envelope
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
        envelope=Envelope(
            always=("status", "transition", "monitor"),
            named=("metric", "query", "scope", "tags"),
        ),
        setup=files(__package__ or "").joinpath("setup.md").read_text,
    )


INTEGRATION = Integration(name="datadog", title="Datadog", alert_source=_alert_source)
