"""Settings of the outgoing webhook."""

from pydantic import Field, SecretStr

from midwatch.domain.base import SettingsSection


class WebhookSettings(SettingsSection):
    """Webhook that receives reports as JSON."""

    url: str = Field(default="", description="URL that receives every report; empty: disabled")
    secret: SecretStr | None = Field(default=None, description="secret that signs each request (X-Midwatch-Signature)")
    timeout: float = Field(default=10.0, gt=0, description="request timeout in seconds")
