"""Settings of the outgoing webhook."""

from pydantic import Field, SecretStr

from midwatch.domain.base import SettingsSection


class WebhookSettings(SettingsSection):
    """Where answers are sent as JSON."""

    url: str = Field(default="", description="address that gets every answer; empty: none")
    secret: SecretStr | None = Field(default=None, description="signs each request (X-Midwatch-Signature)")
    timeout: float = Field(default=10.0, gt=0, description="seconds one request may take")
