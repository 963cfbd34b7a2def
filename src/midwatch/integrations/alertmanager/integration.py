"""Prometheus Alertmanager as an integration."""

from importlib.resources import files

from midwatch.domain.alert_source import AlertSource, Envelope
from midwatch.domain.capabilities import Integration


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.authentication import by_token
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
        setup=files(__package__ or "").joinpath("setup.md").read_text,
    )


INTEGRATION = Integration(name="alertmanager", title="Prometheus Alertmanager", alert_source=_alert_source)
