"""Settings of the traffic area."""

from pathlib import Path

from pydantic import Field

from midwatch.domain.base import SettingsSection


class TrafficSettings(SettingsSection):
    """NAT gateways, jobs that move data, and vendors that receive it: a separate file, see docs/traffic.md."""

    file: Path | None = Field(
        default=None, description="path of the traffic file; default: traffic.yaml next to midwatch.yaml, if it exists"
    )
