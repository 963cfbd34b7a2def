"""Settings of PagerDuty."""

from pydantic import Field, SecretStr

from midwatch.domain.base import SettingsSection


class PagerDutySettings(SettingsSection):
    """Writing notes and reading the details of alerts. Without a token Midwatch knows only what webhooks say."""

    token: SecretStr | None = Field(
        default=None, description="REST API key; reading incidents and writing notes is all it needs"
    )
    email: str = Field(
        default="", description="e-mail of the PagerDuty user who signs the notes; account-level keys need it"
    )
    url: str = Field(
        default="https://api.pagerduty.com", description="https://api.eu.pagerduty.com for accounts in the EU"
    )
    timeout: float = Field(default=10.0, gt=0, description="seconds one request may take")
