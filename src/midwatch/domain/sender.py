"""Authentication settings of alert senders."""

from collections.abc import Mapping

from pydantic import Field, SecretStr, field_validator

from midwatch.domain.base import SettingsSection


class SenderSettings(SettingsSection):
    """Credentials of one alert sender. Several secrets: during a rotation the old one stays valid."""

    secrets: tuple[SecretStr, ...] = Field(default=(), description="shared secrets of the signature, newest first")
    tokens: tuple[SecretStr, ...] = Field(default=(), description="bearer tokens, or passwords of basic authentication")
    topics: tuple[str, ...] = Field(default=(), description="SNS topics that may send, and are confirmed by themselves")
    fields: Mapping[str, str] = Field(
        default_factory=dict, description="for JSON of any other shape: our field → dotted path in theirs"
    )
    values: Mapping[str, str] = Field(
        default_factory=dict, description="for JSON of any other shape: their value → ours (ok → resolved)"
    )

    @field_validator("secrets", "tokens", "topics")
    @classmethod
    def _is_something(cls, values: tuple[SecretStr | str, ...]) -> tuple[SecretStr | str, ...]:
        texts = (v.get_secret_value() if isinstance(v, SecretStr) else v for v in values)
        if not all(text.strip() for text in texts):
            raise ValueError("an empty text proves nothing; leave it out, or check the variable that it comes from")
        return values

    @property
    def open(self) -> bool:
        """Whether nothing is configured: such a sender needs an API key, or a server started with --open."""
        return not (self.secrets or self.tokens or self.topics)
