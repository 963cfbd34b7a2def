"""Settings of AWS."""

import os
from collections.abc import Iterable

from pydantic import Field

from midwatch.domain.base import SettingsSection

_AWS_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE")


class AwsSettings(SettingsSection):
    """Which account is looked into. Credentials come by AWS's own chain (environment, profile, role of the machine),
    never from here."""

    region: str = Field(
        default="", description="region of the gateways; otherwise $AWS_REGION, $AWS_DEFAULT_REGION or the profile's"
    )
    profile: str = Field(default="", description="profile of ~/.aws/config; otherwise $AWS_PROFILE")
    role_arn: str = Field(default="", description="role to assume, for an account other than that of the credentials")
    external_id: str = Field(default="", repr=False, description="external id that the role asks for")

    @property
    def is_configured(self) -> bool:
        """Somebody said where to look: here, or in AWS's own variables."""
        return bool(
            self.region or self.profile or self.role_arn or any(os.environ.get(name) for name in _AWS_VARIABLES)
        )

    def credentials(self) -> Iterable[str]:
        return (self.external_id,)
