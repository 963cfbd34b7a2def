"""Settings of the traffic area."""

from pathlib import Path

from pydantic import Field

from midwatch.domain.base import SettingsSection


class TrafficSettings(SettingsSection):
    """NAT gateways, the jobs that move data, and whom it is sent to: a file of its own, described in
    docs/traffic.md."""

    file: Path | None = Field(
        default=None, description="traffic file; otherwise traffic.yaml beside midwatch.yaml, if it is there"
    )
