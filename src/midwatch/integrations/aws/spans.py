"""Time range of a request: validated, and aligned to the period of its metrics."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from midwatch.domain.tool import ToolError
from midwatch.domain.window import Window

LONGEST = timedelta(days=7)
KEPT = timedelta(days=455)  # retention of CloudWatch metrics
SETTLES = timedelta(minutes=3)  # the last points are still incomplete


@dataclass(frozen=True)
class Span:
    """A time range from `since` up to and without `until`, in steps of `period` seconds; `settled` is the end of the
    complete points."""

    since: int
    until: int
    period: int
    settled: int

    @property
    def times(self) -> range:
        """Start of each complete point, in seconds since 1970."""
        return range(self.since, min(self.until, self.settled), self.period)

    @property
    def window(self) -> Window:
        return Window(moment(self.since), moment(self.until))


@cache
def nat() -> dict[str, Any]:
    """Contents of nat.yaml."""
    return yaml.safe_load(files("midwatch.integrations.aws").joinpath("nat.yaml").read_text("utf-8"))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def valid_window(start: datetime, end: datetime, now: datetime) -> Window:
    """The range in UTC; a time without a zone is one in UTC. Raises ToolError for a range without data."""
    start, end = (t.astimezone(UTC) if t.tzinfo else t.replace(tzinfo=UTC) for t in (start, end))
    window = Window(start, end)
    if end <= start:
        raise ToolError(f"invalid time range {window}: end must be after start")
    if start >= now:
        raise ToolError(f"start {start:%Y-%m-%d %H:%M} UTC is in the future (now: {now:%Y-%m-%d %H:%M} UTC)")
    if end - start > LONGEST:
        hours = (end - start).total_seconds() / 3600
        raise ToolError(
            f"time range of {hours:.0f} h is too long: maximum {LONGEST.total_seconds() / 3600:.0f} h (7 days)"
        )
    if now - start > KEPT:
        raise ToolError(
            f"start {start:%Y-%m-%d} is more than {KEPT.days} days ago: CloudWatch does not retain metrics that long"
        )
    return window


def span(start: datetime, end: datetime, now: datetime) -> Span:
    """The aligned range: starts are rounded down to the period and ends up, as CloudWatch does. Raises ToolError."""
    window = valid_window(start, end, now)
    length, back = window.until - window.since, now - window.since
    period = next(
        p["seconds"]
        for p in nat()["periods"]
        if length <= timedelta(hours=p["hours"]) and back <= timedelta(days=p["days_back"])
    )
    since, until = _down(window.since, period), -(-window.until.timestamp() // period) * period
    found = Span(since, int(until), period, _down(now - SETTLES, period))
    if not found.times:
        raise ToolError(
            f"data of {window} is not complete yet: CloudWatch needs {SETTLES.seconds // 60} minutes; use an earlier "
            "start"
        )
    return found


def _down(when: datetime, period: int) -> int:
    return int(when.timestamp() // period) * period
