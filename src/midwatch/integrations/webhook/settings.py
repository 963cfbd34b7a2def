"""Settings of the outgoing webhook."""

from pydantic import Field

from midwatch.domain.base import SettingsSection
from midwatch.domain.setting_types import RequestSeconds, Secret, WebAddress


class WebhookSettings(SettingsSection):
    """Webhook that receives reports as JSON."""

    url: WebAddress = Field(default="", description="URL that receives every report; empty: disabled")
    secret: Secret | None = Field(default=None, description="secret that signs each request (X-Midwatch-Signature)")
    timeout: RequestSeconds = Field(default=10.0, description="request timeout in seconds")
