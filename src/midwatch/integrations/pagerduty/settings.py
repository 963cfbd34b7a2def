"""Settings of PagerDuty."""

from pydantic import Field

from midwatch.domain.base import SettingsSection
from midwatch.domain.setting_types import RequestSeconds, Secret, WebAddress


class PagerDutySettings(SettingsSection):
    """Writing notes and reading the details of alerts. Without a token Midwatch knows only what webhooks say."""

    token: Secret | None = Field(
        default=None, description="REST API key; reading incidents and writing notes is all it needs"
    )
    email: str = Field(
        default="", description="e-mail of the PagerDuty user who signs the notes; account-level keys need it"
    )
    url: WebAddress = Field(
        default="https://api.pagerduty.com", description="https://api.eu.pagerduty.com for accounts in the EU"
    )
    timeout: RequestSeconds = Field(default=10.0, description="seconds one request may take")
