"""Overlap in time of a job with an event: whether the job can be its cause."""

from dataclasses import dataclass

# As the source document has them.
THROUGHOUT, BEGAN, ENDED, NEARBY = 1.0, 0.8, 0.6, 0.4


@dataclass(frozen=True)
class TimeOverlap:
    """Result of a comparison. `score` from 0 (cannot be) to 1; `how` is the predicate of a sentence about the job."""

    score: float
    how: str


def overlap(
    since: float, until: float, began: float | None, ended: float | None, near: float, slack: float = 0.0
) -> TimeOverlap:
    """Overlap of a job from `began` to `ended` (None: still running) with an event from `since` to `until`, all in
    epoch seconds.

    `near`: how far away, in seconds, something still counts as nearby. `slack`: how coarse the times are; what began
    within it of `since` may have been there from the start.
    """
    if began is None:
        return TimeOverlap(0.0, "has not started")
    if began > until:
        return (
            TimeOverlap(NEARBY, "started shortly after the spike")
            if began - until <= near
            else TimeOverlap(0.0, "started later")
        )
    if ended is not None and ended < since:
        return (
            TimeOverlap(NEARBY, "ended shortly before the spike")
            if since - ended <= near
            else TimeOverlap(0.0, "ended before")
        )
    if began <= since + slack:
        if ended is None or ended >= until:
            return TimeOverlap(THROUGHOUT, "ran throughout the spike")
        return TimeOverlap(ENDED, "ended during the spike")
    return TimeOverlap(BEGAN, "started during the spike")
