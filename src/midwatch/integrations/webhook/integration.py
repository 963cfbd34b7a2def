"""The outgoing webhook as an integration."""

from collections.abc import Mapping

from midwatch.domain.capabilities import Integration, Selection, SystemConnection
from midwatch.integrations.webhook.settings import WebhookSettings


def _connect(
    settings: WebhookSettings, _selection: Selection, _used: Mapping[str, SystemConnection]
) -> SystemConnection:
    from midwatch.integrations.webhook.notify import WebhookClient, notifier

    sender = WebhookClient(settings)
    return SystemConnection(close=sender.close, notifier=notifier(sender))


INTEGRATION = Integration(
    name="webhook",
    title="Outgoing webhook",
    settings=WebhookSettings,
    configured=lambda settings: bool(settings.url),
    connect=_connect,
    notifies=True,
)
