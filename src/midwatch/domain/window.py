from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Window:
    """From `since` up to and without `until`, in UTC."""

    since: datetime
    until: datetime

    def holds(self, when: datetime | None) -> bool:
        return when is not None and self.since <= when < self.until

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M} UTC"
