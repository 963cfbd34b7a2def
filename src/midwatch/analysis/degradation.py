"""Detects a lasting change of a series: its onset and its factor.

What is normal is read off the early part of the series (or the part before a known moment): its median, and how far its
values usually are from it (the median absolute deviation, which a few outliers do not move). A change is a run of
values above (or below) all of: `factor` times the normal value, the normal value plus `floor`, and the normal value
plus `_NOISE` deviations. A run has to last: one scrape that went wrong is no incident.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from midwatch.analysis.series import Series

_EARLY = 0.25  # of the series: people save the hour around an incident, and its beginning is from before it
_LEAST = 3  # minimum number of values
_LASTS = 3  # minimum length of a change, in values
_NOISE = 6.0  # deviations; 6 × MAD is 4 standard deviations of normal noise (MAD × 1.4826 = σ)
_LULL = 2  # values within a run that may be missing or normal: load comes and goes


@dataclass(frozen=True)
class Change:
    """A change of level. `before` and `after` are in the unit of the series; `after` is the median of the run from
    `first` to `last` (inclusive).

    `onset` is the time of the first value of the run, in seconds since 1970; `factor` is after/before, infinite from
    nothing.
    """

    before: float
    after: float
    onset: float
    first: int
    last: int

    @property
    def rise(self) -> float:
        return self.after - self.before

    @property
    def factor(self) -> float:
        return self.after / self.before if self.before > 0 else float("inf")


def median(values: Sequence[float]) -> float:
    """The median. Raises IndexError for no values."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def rise(
    series: Series, *, factor: float, floor: float = 0.0, until: float | None = None, positive: bool = False
) -> Change | None:
    """The rise of a series, if any. `until` ends the reference period (seconds since 1970). `positive`: a 0 means that
    nothing was measured, as for a latency without requests. `floor` is in the unit of the series."""
    points = [(n, v) for n, v in enumerate(series.values) if v is not None and (v > 0 or not positive)]
    early = _early(series, points, until)
    later = points[len(early) :]
    if len(early) < _LEAST or len(later) < _LASTS:
        return None
    before = median(early)
    spread = median([abs(v - before) for v in early])
    limit = max(before * factor, before + floor, before + _NOISE * spread)
    run = max(_runs(later, limit), key=lambda r: (_weight(r, limit), -r[0][0]), default=None)
    if run is None:
        return None
    return Change(before, median([v for _, v in run if v > limit]), series.times[run[0][0]], run[0][0], run[-1][0])


def _early(series: Series, points: Sequence[tuple[int, float]], until: float | None) -> list[float]:
    if until is not None:
        return [v for n, v in points if series.times[n] < until]
    return [v for _, v in points[: max(_LEAST, round(len(points) * _EARLY))]]


def _runs(points: Sequence[tuple[int, float]], limit: float) -> Iterator[list[tuple[int, float]]]:
    """Lasting stretches above the limit; short lulls within one do not end it."""
    run: list[tuple[int, float]] = []
    for point in points:
        if point[1] <= limit:
            continue
        if run and point[0] - run[-1][0] > _LULL + 1:
            yield from (run,) if len(run) >= _LASTS else ()
            run = []
        run.append(point)
    yield from (run,) if len(run) >= _LASTS else ()


def _weight(run: Sequence[tuple[int, float]], limit: float) -> float:
    return sum(value - limit for _, value in run)
