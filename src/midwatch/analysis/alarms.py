"""Alarm detection: rows at which a series departs from its past in level, variability and time of day together.

Each is smoothed over two spans and given its rarity (one in 10^r values); the sum of the rarities is what independent
coincidences would have (Fisher's method), so one very rare sign alarms, and so do three that are each a little odd. The
alarm at a row rests on that row and those before it.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence

from midwatch.analysis.baseline import Season, Tails
from midwatch.analysis.spikes import SpikeLimits, spikes

_SPANS = (12, 30)  # rows: an hour of 5-minute values for sudden changes, two and a half for slow ones
_PAST = 4000  # values remembered: two weeks of 5-minute rows, so that a new level becomes usual
_LEAST = 100  # values before a tail is estimated: two of them form it
_RARE = 5.25  # together one in 10^5.25 rows: less than once in a year of 5-minute rows
_MOST = 8.0  # most that one sign counts: beyond one in 10^8 a tail is a guess
_COOL = 150  # rows that one alarm stands for: half a day of 5-minute rows; one page for one problem


class _Sign:
    """One smoothed view of the series."""

    def __init__(self) -> None:
        self._last: deque[float] = deque(maxlen=max(_SPANS))
        self._tails = [(span, Tails(_PAST, _LEAST)) for span in _SPANS]

    def rarity(self, value: float) -> float:
        """Learns the value and returns its rarity. Signed: above the usual values, or below."""
        self._last.append(value)
        recent = list(self._last)
        found = 0.0
        for span, tails in self._tails:
            if len(recent) >= span:
                mean = sum(recent[-span:]) / span
                found += max(-_MOST, min(_MOST, tails.rarity(mean))) / len(_SPANS)
                tails.add(mean)
        return found


def alarms(
    times: Sequence[float], values: Sequence[float | None], limits: SpikeLimits | None = None, *, drops: bool = True
) -> list[int]:
    """Rows at which an alarm begins, rising; each stands for 150 rows, in which no other begins.

    `times` are seconds since 1970, rising; None and rows left out are gaps. Without `drops` only rises alarm. While
    there is too little past to call anything rare, and wherever the fixed threshold is passed, a spike's first row is
    an alarm.
    """
    limits = limits or SpikeLimits()
    early = _early(values)
    until = early if limits.threshold is None else len(values)
    sudden = {
        s.first
        for s in spikes(times[:until], values[:until], limits)
        if s.first < early or _passes(values[s.first], limits)
    }
    found: list[int] = []
    for row, rarity in enumerate(rarities(times, values, drops=drops)):
        if (rarity >= _RARE or row in sudden) and (not found or row - found[-1] > _COOL):
            found.append(row)
    return found


def rarities(times: Sequence[float], values: Sequence[float | None], *, drops: bool = True) -> Iterator[float]:
    """For each row the decimal exponent of one in how many rows differs as much from the past; 0 for a gap."""
    season, level, unrest, clock = Season(), _Sign(), _Sign(), _Sign()
    before: float | None = None
    for time, value in zip(times, values, strict=True):
        if value is None or not math.isfinite(value):
            yield 0.0
            continue
        usual = season.usual(time)
        signs = [level.rarity(value), clock.rarity(value - usual) if usual is not None else 0.0]
        # Low variability does not alarm: a series that stops shows in its level.
        signs += (
            [max(unrest.rarity(abs(value - before) if drops else max(value - before, 0.0)), 0.0)]
            if before is not None
            else []
        )
        yield sum(abs(s) if drops else max(s, 0.0) for s in signs)
        season.add(time, value)
        before = value


def _early(values: Sequence[float | None]) -> int:
    """The first row with enough past for a tail estimate."""
    seen = 0
    for row, value in enumerate(values):
        seen += value is not None and math.isfinite(value)
        if seen > _LEAST + max(_SPANS):
            return row
    return len(values)


def _passes(value: float | None, limits: SpikeLimits) -> bool:
    return value is not None and limits.threshold is not None and value > limits.threshold
