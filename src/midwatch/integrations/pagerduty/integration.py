"""PagerDuty as an integration."""

from collections.abc import Mapping
from functools import partial

from midwatch.domain.alert_source import AlertSource, Envelope
from midwatch.domain.capabilities import Integration, Selection, SystemConnection
from midwatch.integrations.pagerduty.settings import PagerDutySettings


def _alert_source() -> AlertSource:
    from midwatch.integrations.alert_sources.setup_page import setup_page
    from midwatch.integrations.pagerduty.alerts import parse, recognises
    from midwatch.integrations.pagerduty.signature import verify

    return AlertSource(
        source=INTEGRATION.name,
        title=INTEGRATION.title,
        verify=verify,
        parse=parse,
        recognises=recognises,
        authenticates_by=("secrets", "tokens"),
        envelope=Envelope(
            always=("number", "client", "client_url", "event_action", "component_id"),
            named=("component", "group", "class"),
        ),
        setup=setup_page(__package__ or ""),
    )


def _connect(
    settings: PagerDutySettings, _selection: Selection, _used: Mapping[str, SystemConnection]
) -> SystemConnection:
    from midwatch.integrations.pagerduty.client import PagerDuty
    from midwatch.integrations.pagerduty.details import complete
    from midwatch.integrations.pagerduty.notify import notifier

    client = PagerDuty(settings)
    return SystemConnection(close=client.close, complete=partial(complete, client), notifier=notifier(client))


INTEGRATION = Integration(
    name="pagerduty",
    title="PagerDuty",
    settings=PagerDutySettings,
    configured=lambda settings: settings.token is not None,
    connect=_connect,
    alert_source=_alert_source,
    notifies=True,
)
