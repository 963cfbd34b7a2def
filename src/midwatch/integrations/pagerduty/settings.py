"""Settings of PagerDuty."""

from pydantic import Field

from midwatch.domain.base import SettingsSection
from midwatch.domain.setting_types import RequestSeconds, Secret, WebAddress


class PagerDutySettings(SettingsSection):
    """Writing notes and reading alert details. Without a token only webhook data is available."""

    token: Secret | None = Field(
        default=None, description="REST API key with permission to read incidents and write notes"
    )
    email: str = Field(
        default="", description="email of the PagerDuty user for notes; required with account-level keys"
    )
    url: WebAddress = Field(
        default="https://api.pagerduty.com", description="https://api.eu.pagerduty.com for accounts in the EU"
    )
    timeout: RequestSeconds = Field(default=10.0, description="request timeout in seconds")
