"""Spike detection: onset, peak and end of values far above the usual ones.

Usual is the higher of two: the median of the last rows, and what other days had at this time, so neither a slow rise
nor what comes every night is a spike. A value is one when it is above all of: `factor` times the usual value, the usual
noise, and, once there is enough past, what comes once in a year. A spike is not learned as usual, until it has lasted
so long that it is. Only rises: `alarms` detects falls as well. A row is judged by itself and the rows before it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from midwatch.analysis.baseline import BaselineWindow, Season, Tails

FACTOR = 1.5  # times the usual value: smaller rises are normal load changes
_RECENT = 36  # values whose median is usual: three hours of 5-minute rows, half of them after any change
_PAST = 2016  # values whose distance from usual is remembered: a week of 5-minute rows
_LEAST = 4  # minimum number of values
_KNOWN = 12  # values from which the series' own past counts for more than a configured usual value
_NOISE = 8.0  # deviations (1.4826 × the median absolute one): also where the noise is exponential, one in a thousand
_UNSURE = 12  # values from which a deviation is within a factor of two
_TAIL_KNOWN = 100  # values before a tail is estimated
_RARE = 5.0  # one in 10^5 rows: a year of 5-minute rows
_LULL = 2  # rows within a spike that may be missing or usual: load comes and goes


@dataclass(frozen=True)
class SpikeLimits:
    """Known limits of a series, in its own unit.

    `threshold`: a value above is a spike whatever is usual, as long as it lasts. `usual`: what is normal, used as long
    as fewer than 12 values were seen. `factor`: how many times the usual value a spike is at least, and `floor` by how
    much above. `settles`: rows after which a higher level is no longer a spike, but usual.
    """

    threshold: float | None = None
    usual: float | None = None
    factor: float = FACTOR
    floor: float = 0.0
    settles: int = 144


@dataclass(frozen=True)
class Spike:
    """One spike. `first`, `peak` and `last` are row numbers; `onset`, `at` and `end` their times in seconds since 1970.

    `end` is None for one that still goes on at the last row. `top` is the highest value and `usual` what was to be
    expected there; `volume` is the sum of the values from first to last, `excess` that of what they have above usual.
    """

    first: int
    peak: int
    last: int
    onset: float
    at: float
    end: float | None
    top: float
    usual: float
    volume: float
    excess: float

    @property
    def factor(self) -> float | None:
        """Multiple of the usual value; None when that is 0 or less."""
        return self.top / self.usual if self.usual > 0 else None


@dataclass
class _Run:
    """Rows of a spike so far: (row, value, usual), and the number of rows at its end that are a lull."""

    rows: list[tuple[int, float, float]] = field(default_factory=list[tuple[int, float, float]])
    last: int = -1  # row of the last high value

    def spike(self, times: Sequence[float], *, ongoing: bool) -> Spike:
        rows = [r for r in self.rows if r[0] <= self.last]
        peak, top, usual = max(rows, key=lambda r: r[1])
        first = rows[0][0]
        end = None if ongoing else times[self.last]
        volume = math.fsum(v for _, v, _ in rows)
        excess = math.fsum(v - u for _, v, u in rows)
        return Spike(first, peak, self.last, times[first], times[peak], end, top, usual, volume, excess)


class _Past:
    """Usual values before the current row."""

    def __init__(self, limits: SpikeLimits) -> None:
        self._limits = limits
        self._season = Season()
        self._recent, self._away = BaselineWindow(_RECENT), BaselineWindow(_PAST)
        self._tails = Tails(_PAST, _TAIL_KNOWN)
        self._seen = 0

    def usual(self, time: float) -> float | None:
        """The usual value; None without enough past."""
        if self._seen < _KNOWN and self._limits.usual is not None:
            return self._limits.usual
        if not self._seen:
            return None
        clock = self._season.usual(time)
        recent = self._recent.at(0.5)
        return recent if clock is None else max(recent, clock)

    def high(self, value: float, usual: float | None) -> bool:
        if self._limits.threshold is not None and value > self._limits.threshold:
            return True
        if usual is None or value <= max(usual + self._limits.floor, usual * self._limits.factor):
            return False
        if self._seen < _KNOWN and self._limits.usual is not None:
            return value > 2 * usual  # its noise is unknown: twice is beyond normal noise
        if self._seen < _LEAST:
            return False
        noise = 1.4826 * self._away.at(0.5) * (1 + _UNSURE / self._seen)
        rare = len(self._tails) < _TAIL_KNOWN or self._tails.rarity(value - usual) >= _RARE
        return rare and value - usual > _NOISE * noise

    def notice(self, time: float, value: float) -> None:
        """Adds the value to the seasonal statistics: one odd day does not move a median."""
        self._season.add(time, value)

    def learn(self, value: float, usual: float | None) -> None:
        self._seen += 1
        self._recent.add(value)
        if usual is not None:
            self._away.add(abs(value - usual))
            self._tails.add(value - usual)

    def settle(self, values: Sequence[float]) -> None:
        """Makes the level of the last rows the usual one."""
        self._recent.clear()
        for value in values[-_RECENT:]:
            self._recent.add(value)
        self._seen = max(self._seen, len(values))


@dataclass(frozen=True)
class SpikeTrace:
    """The spikes, and for each row the usual value before it: None for a gap, and without enough past."""

    spikes: tuple[Spike, ...]
    usual: tuple[float | None, ...]


def spikes(
    times: Sequence[float], values: Sequence[float | None], limits: SpikeLimits | None = None
) -> tuple[Spike, ...]:
    """Spikes of a series, in order. `times` are seconds since 1970, rising; None and rows left out are gaps, never
    zeros."""
    return trace(times, values, limits).spikes


def trace(times: Sequence[float], values: Sequence[float | None], limits: SpikeLimits | None = None) -> SpikeTrace:
    """The spikes, and their reference values."""
    limits = limits or SpikeLimits()
    past, found, usuals = _Past(limits), list[Spike](), list[float | None]()
    run: _Run | None = None
    for row, (time, value) in enumerate(zip(times, values, strict=True)):
        if value is None or not math.isfinite(value):
            usuals.append(None)
            continue
        usual = past.usual(time)
        usuals.append(usual)
        if past.high(value, usual):
            run = run or _Run()
            run.last = row
        if run and row - run.last > _LULL:
            found.append(run.spike(times, ongoing=False))
            _resume(past, run)
            run = None
        if run:
            run.rows.append((row, value, usual if usual is not None else 0.0))
            if _has_settled(run, limits):
                found.append(run.spike(times, ongoing=False))
                past.settle([v for _, v, _ in run.rows])
                run = None
        else:
            past.learn(value, usual)
        past.notice(time, value)
    if run:
        found.append(run.spike(times, ongoing=run.rows[-1][0] == run.last))
    return SpikeTrace(tuple(found), tuple(usuals))


def _resume(past: _Past, run: _Run) -> None:
    """Learns the values after a spike that turned out to be usual."""
    for row, value, usual in run.rows:
        if row > run.last:
            past.learn(value, usual)


def _has_settled(run: _Run, limits: SpikeLimits) -> bool:
    lasts = len(run.rows) >= limits.settles
    return lasts and (limits.threshold is None or any(v <= limits.threshold for _, v, _ in run.rows[-_RECENT:]))
