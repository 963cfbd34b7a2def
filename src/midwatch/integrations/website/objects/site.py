"""A configured website."""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, RootModel, field_validator, model_validator

from midwatch.domain.base import SettingsSection


class SiteSettings(SettingsSection):
    """A website or API that is checked, and what stands behind it: trouble of these services explains trouble of the
    site."""

    url: str = Field(description="host name or URL; a host name without scheme means https://")
    services: tuple[str, ...] = Field(
        default=(), description="Kubernetes services or workloads behind the site, nearest first"
    )
    namespaces: tuple[str, ...] = Field(default=(), description="namespaces of these services")
    slow_ms: int = Field(default=3000, gt=0, le=3_600_000, description="response time limit in milliseconds")
    critical: bool = Field(
        default=True, description="included in the full health check; failures of other sites are warnings"
    )
    ca_file: Path | None = Field(default=None, description="PEM file of the private CA that signs its certificate")

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            parts = urlsplit(value if "://" in value else f"https://{value}")
            odd = parts.port == 0 or not value.isprintable() or " " in value  # a port that is no number raises here
        except ValueError:  # its message quotes the address, which may hold a password
            raise ValueError("invalid site: use a host name or an http(s) URL with a numeric port") from None
        if odd or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("invalid site: use a host name or an http(s) URL without user or password")
        return value

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.services and not self.namespaces:
            raise ValueError("namespaces is required with services")
        return self


class Sites(RootModel[tuple[SiteSettings, ...]]):
    """Websites and APIs to check: url, services, namespaces, slow_ms, critical, ca_file."""

    root: tuple[SiteSettings, ...] = ()
