"""One Settings: defaults, then `midwatch.yaml`, then MIDWATCH_* in the environment (`__` between levels), then
flags."""

import os
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from midwatch.domain.investigation import Budget
from midwatch.kit.credentials import note_address, note_credential

_AWS_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE")


def home() -> Path:
    """Where Midwatch keeps its own files: $MIDWATCH_HOME, else ~/.midwatch."""
    return Path(os.environ.get("MIDWATCH_HOME") or Path.home() / ".midwatch")


class SettingsSection(BaseModel):
    """A part of the settings. A name that is not known is refused: what was meant would silently not be set."""

    model_config = ConfigDict(extra="forbid")


class KubernetesSettings(SettingsSection):
    """How the clusters are reached. Credentials stay in the kubeconfig; none are settings of Midwatch."""

    kubeconfig: Path | None = Field(
        default=None, description="kubeconfig file; otherwise $KUBECONFIG, ~/.kube/config, or the pod's own account"
    )
    contexts: tuple[str, ...] = Field(default=(), description="contexts to look into; otherwise the current one")


class TrafficSettings(SettingsSection):
    """NAT gateways, the jobs that move data, and whom it is sent to: a file of its own, described in
    docs/traffic.md."""

    file: Path | None = Field(
        default=None, description="traffic file; otherwise traffic.yaml beside midwatch.yaml, if it is there"
    )


class SenderSettings(SettingsSection):
    """What a sender proves itself with. Several secrets: during a rotation the old one still counts."""

    secrets: tuple[SecretStr, ...] = Field(default=(), description="shared secrets of the signature, newest first")
    tokens: tuple[SecretStr, ...] = Field(default=(), description="bearer tokens, or passwords of basic authentication")
    topics: tuple[str, ...] = Field(default=(), description="SNS topics that may send, and are confirmed by themselves")
    fields: Mapping[str, str] = Field(
        default_factory=dict, description="for generic JSON: our field → dotted path in theirs"
    )
    values: Mapping[str, str] = Field(
        default_factory=dict, description="for generic JSON: their value → ours (ok → resolved)"
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
        """Nothing is configured: such a sender needs an API key, or a server that was started with --open."""
        return not (self.secrets or self.tokens or self.topics)


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


class WebhookSettings(SettingsSection):
    """Where answers are sent as JSON."""

    url: str = Field(default="", description="address that gets every answer; empty: none")
    secret: SecretStr | None = Field(default=None, description="signs each request (X-Midwatch-Signature)")
    timeout: float = Field(default=10.0, gt=0, description="seconds one request may take")


class AwsSettings(SettingsSection):
    """Which account is looked into. Credentials come by AWS's own chain (environment, profile, role of the machine),
    never from here."""

    region: str = Field(
        default="", description="region of the gateways; otherwise $AWS_REGION, $AWS_DEFAULT_REGION or the profile's"
    )
    profile: str = Field(default="", description="profile of ~/.aws/config; otherwise $AWS_PROFILE")
    role_arn: str = Field(default="", description="role to assume, for an account other than that of the credentials")
    external_id: str = Field(default="", description="external id that the role asks for")

    @property
    def configured(self) -> bool:
        """Somebody said where to look: here, or in AWS's own variables."""
        return bool(
            self.region or self.profile or self.role_arn or any(os.environ.get(name) for name in _AWS_VARIABLES)
        )


class ServerSettings(SettingsSection):
    """`midwatch serve`: where it listens, where it keeps things, and how much it takes."""

    host: str = Field(
        default="127.0.0.1", description="address to listen on; beyond loopback only once an API key exists"
    )
    port: int = Field(default=8350, ge=0, le=65535, description="0 takes any free port")
    url: str = Field(default="", description="how others reach this server; used in links")
    database: str = Field(default="", description="postgresql://…; empty: SQLite in $MIDWATCH_HOME")
    workers: int = Field(
        default=2, ge=0, le=64, description="investigations at a time in this process; 0: other processes work"
    )
    requests_per_hour: int = Field(default=1000, gt=0, description="requests of one API key")
    webhooks_per_hour: int = Field(default=10_000, gt=0, description="deliveries of one source from one address")
    answer_within: float = Field(
        default=100.0,
        gt=0,
        le=600,
        description="seconds POST /query waits for an answer before it names the investigation instead",
    )
    queries_per_minute: int = Field(default=60, gt=0, description="POST /query, per key")
    keep_days: int = Field(
        default=90, gt=0, description="how long raw evidence and deliveries are kept; incidents and answers stay"
    )
    largest_body: int = Field(default=1_048_576, gt=0, description="bytes of a request's body")
    connections: int = Field(
        default=1000, ge=16, description="open connections; the longest idle one is closed for a new one"
    )
    connections_per_address: int = Field(
        default=200, ge=4, description="open connections of one address, those of `proxies` excepted"
    )
    head_within: float = Field(default=10.0, gt=0, description="seconds a request's head may take to arrive")
    body_within: float = Field(default=30.0, gt=0, description="seconds a request's body may take to arrive")
    streams: int = Field(default=200, gt=0, description="open event streams")
    streams_per_key: int = Field(default=20, gt=0, description="open event streams of one API key")
    proxies: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(),
        description="addresses or networks of reverse proxies whose `proxy_header` is believed; none by default",
    )
    proxy_header: Literal["x-forwarded-for", "forwarded"] = Field(
        default="x-forwarded-for", description="header in which the proxies say whose request it is"
    )


class SiteSettings(SettingsSection):
    """A website or API that is checked, and what stands behind it: trouble of these services explains trouble of the
    site."""

    url: str = Field(description="host name or address; a bare host means https://")
    services: tuple[str, ...] = Field(
        default=(), description="Kubernetes services or workloads behind it, nearest first"
    )
    namespaces: tuple[str, ...] = Field(default=(), description="where these services run")
    slow_ms: int = Field(default=3000, gt=0, description="an answer that takes longer, in milliseconds, is slow")
    critical: bool = Field(
        default=True, description="part of a full health check; trouble of the others is only a warning"
    )
    ca_file: Path | None = Field(
        default=None, description="PEM file of an authority of your own that signs its certificate"
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            parts = urlsplit(value if "://" in value else f"https://{value}")
            odd = parts.port == 0 or not value.isprintable() or " " in value  # a port that is no number raises here
        except ValueError:  # its text quotes the address, which may hold a password
            raise ValueError("a site is a host name or an http(s) address with a number as its port") from None
        if odd or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("a site is a host name or an http(s) address, without a user or password")
        return value

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.services and not self.namespaces:
            raise ValueError("services need the namespaces they run in")
        return self


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MIDWATCH_", env_nested_delimiter="__", extra="forbid")

    kubernetes: KubernetesSettings = Field(default_factory=KubernetesSettings, description="clusters to look into")
    senders: dict[str, SenderSettings] = Field(
        default_factory=dict[str, SenderSettings],
        description="monitoring systems that send alerts: source → how it proves itself",
    )
    server: ServerSettings = Field(default_factory=ServerSettings, description="midwatch serve and midwatch worker")
    traffic: TrafficSettings = Field(
        default_factory=TrafficSettings, description="NAT gateways and the jobs behind their traffic"
    )
    pagerduty: PagerDutySettings = Field(default_factory=PagerDutySettings, description="notes on PagerDuty incidents")
    aws: AwsSettings = Field(default_factory=AwsSettings, description="NAT gateways, CloudWatch and flow logs")
    webhook: WebhookSettings = Field(default_factory=WebhookSettings, description="answers to an address of yours")
    sites: tuple[SiteSettings, ...] = Field(
        default=(), description="websites and APIs to check: url, services, namespaces, slow_ms, critical, ca_file"
    )
    budget: Budget = Field(default_factory=Budget, description="hard limits of one investigation")

    @model_validator(mode="after")
    def _notes_credentials(self) -> Self:
        """From here on no output repeats them."""
        secrets = [self.pagerduty.token, self.webhook.secret]
        for sender in self.senders.values():
            secrets += [*sender.secrets, *sender.tokens]
        for secret in secrets:
            note_credential(secret.get_secret_value() if secret else "")
        for url in (self.server.database, self.webhook.url, self.pagerduty.url):
            note_address(url)
        note_credential(self.aws.external_id)
        return self

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
