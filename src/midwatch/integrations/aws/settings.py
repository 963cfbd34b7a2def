"""Settings of AWS."""

import os
from collections.abc import Iterable

from pydantic import Field

from midwatch.domain.base import SettingsSection

_AWS_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE")


class AwsSettings(SettingsSection):
    """AWS account to read. Credentials come from the AWS default chain (environment, profile, instance role), never
    from settings."""

    region: str = Field(
        default="",
        description="region of the gateways; default: $AWS_REGION, $AWS_DEFAULT_REGION or the region of the profile",
    )
    profile: str = Field(default="", description="profile in ~/.aws/config; default: $AWS_PROFILE")
    role_arn: str = Field(default="", description="role to assume in another account")
    external_id: str = Field(default="", repr=False, description="external ID required by the role")

    @property
    def is_configured(self) -> bool:
        """Whether an account is configured: here, or in AWS's own variables."""
        return bool(
            self.region or self.profile or self.role_arn or any(os.environ.get(name) for name in _AWS_VARIABLES)
        )

    def credentials(self) -> Iterable[str]:
        return (self.external_id,)
