from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Window:
    """A period from `since` up to and without `until`, in UTC."""

    since: datetime
    until: datetime

    def contains(self, when: datetime | None) -> bool:
        return when is not None and self.since <= when < self.until

    def __str__(self) -> str:
        """The period as text; the end's date is left out where it equals the start's."""
        same = self.since.date() == self.until.date()
        return f"{self.since:%Y-%m-%d %H:%M} to {self.until:{'%H:%M' if same else '%Y-%m-%d %H:%M'}} UTC"
