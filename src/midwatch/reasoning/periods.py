"""Questions about the past: what began after the period cannot be its cause, and the present says little of it."""

from collections.abc import Sequence
from datetime import datetime

from midwatch.domain.diagnosis import Cause
from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.finding import Analysis
from midwatch.domain.observation import AlertText
from midwatch.domain.window import Window


def past_period(analysis: Analysis, evidence: Sequence[Evidence]) -> Window | None:
    """The period that was asked about, where it was over when the state was taken."""
    period, taken = analysis.period, _state_time(evidence)
    return period if period and taken and period.until < taken else None


def split_later(causes: Sequence[Cause], period: Window | None) -> tuple[list[Cause], list[Cause]]:
    """The causes that can be of the period, and those that began after its end. Without an onset nobody knows."""
    later = [c for c in causes if period and _began_after(c, period.until)]
    return [c for c in causes if c not in later], later


def unread_history(period: Window, evidence: Sequence[Evidence]) -> Gap:
    taken = _state_time(evidence)
    only = f"; only the state of {taken:%Y-%m-%d %H:%M} UTC was read" if taken else ""
    reason = f"the state of {period} is not kept{only}"
    return Gap(tool="history", arguments={}, query="", reason=reason, essential=True)


def _began_after(cause: Cause, end: datetime) -> bool:
    onsets = [f.onset for f in (cause.finding, *cause.explains)]
    return all(onset is not None and onset > end for onset in onsets)


def _state_time(evidence: Sequence[Evidence]) -> datetime | None:
    """Of a dump its own time; a dump that names no date is taken for one of the time it was read, at the latest."""
    times = [
        e.snapshot.at if e.snapshot and e.snapshot.dated else e.taken_at
        for e in evidence
        if not isinstance(e.observation, AlertText)
    ]
    return max(times, default=None)
