"""One Settings: defaults, then `midwatch.yaml`, then MIDWATCH_* in the environment (`__` between levels), then flags."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from midwatch.domain.investigation import Budget


def home() -> Path:
    """Where Midwatch keeps its own files: $MIDWATCH_HOME, else ~/.midwatch."""
    return Path(os.environ.get("MIDWATCH_HOME") or Path.home() / ".midwatch")


class KubernetesSettings(BaseModel):
    """How the clusters are reached. Credentials stay in the kubeconfig; none are settings of Midwatch."""

    kubeconfig: Path | None = Field(
        default=None, description="kubeconfig file; otherwise $KUBECONFIG, ~/.kube/config, or the pod's own account"
    )
    contexts: tuple[str, ...] = Field(default=(), description="contexts to look into; otherwise the current one")


class SenderSettings(BaseModel):
    """What a sender proves itself with. Several secrets: during a rotation the old one still counts."""

    model_config = ConfigDict(extra="forbid")

    secrets: tuple[SecretStr, ...] = Field(default=(), description="shared secrets of the signature, newest first")
    tokens: tuple[SecretStr, ...] = Field(default=(), description="bearer tokens, or passwords of basic authentication")
    topics: tuple[str, ...] = Field(default=(), description="SNS topics that may send, and are confirmed by themselves")
    fields: Mapping[str, str] = Field(default_factory=dict, description="for generic JSON: our field → dotted path in theirs")
    values: Mapping[str, str] = Field(default_factory=dict, description="for generic JSON: their value → ours (ok → resolved)")

    @property
    def open(self) -> bool:
        """Nothing is configured: whoever reaches the address may send."""
        return not (self.secrets or self.tokens or self.topics)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MIDWATCH_", env_nested_delimiter="__", extra="forbid")

    kubernetes: KubernetesSettings = Field(default_factory=KubernetesSettings, description="clusters to look into")
    senders: dict[str, SenderSettings] = Field(
        default_factory=dict[str, SenderSettings], description="monitoring systems that send alerts: source → how it proves itself"
    )
    budget: Budget = Field(default_factory=Budget, description="hard limits of one investigation")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = YamlConfigSettingsSource(settings_cls, yaml_file=[home() / "midwatch.yaml", Path("midwatch.yaml")])
        return init_settings, env_settings, file
