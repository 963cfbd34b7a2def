"""Settings of PagerDuty."""

from pydantic import Field, SecretStr

from midwatch.domain.base import SettingsSection


class PagerDutySettings(SettingsSection):
    """Writing notes and reading alert details. Without a token only webhook data is available."""

    token: SecretStr | None = Field(
        default=None, description="REST API key with permission to read incidents and write notes"
    )
    email: str = Field(
        default="", description="email of the PagerDuty user for notes; required with account-level keys"
    )
    url: str = Field(
        default="https://api.pagerduty.com", description="https://api.eu.pagerduty.com for accounts in the EU"
    )
    timeout: float = Field(default=10.0, gt=0, description="request timeout in seconds")
