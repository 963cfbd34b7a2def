"""Settings of the outgoing webhook."""

from pydantic import Field

from midwatch.domain.base import SettingsSection
from midwatch.domain.setting_types import RequestSeconds, Secret, WebAddress


class WebhookSettings(SettingsSection):
    """Where answers are sent as JSON."""

    url: WebAddress = Field(default="", description="address that gets every answer; empty: none")
    secret: Secret | None = Field(default=None, description="signs each request (X-Midwatch-Signature)")
    timeout: RequestSeconds = Field(default=10.0, description="seconds one request may take")
