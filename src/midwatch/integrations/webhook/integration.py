"""The outgoing webhook as an integration."""

from midwatch.domain.capabilities import Integration
from midwatch.integrations.webhook.settings import WebhookSettings

INTEGRATION = Integration(
    name="webhook",
    title="Outgoing webhook",
    settings=WebhookSettings,
    configured=lambda settings: bool(settings.url),
)
