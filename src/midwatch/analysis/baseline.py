"""Usual values of a stream, computed from the rows before: recent, at this time of day, and the rarity of a value."""

import math
from bisect import bisect_left, insort
from collections import deque
from itertools import islice

_DAY = 86_400  # seconds
_SLOT = 900  # seconds of a day that are taken together; load follows the clock by the quarter of an hour
_DAYS = 7  # a whole week, so that a weekend is never the majority
_KNOWN_DAYS = 3  # the least whose median one odd day does not move
_TAIL = 0.02  # of the values on a side: their mean excess is the slope of the tail
_TAIL_LEAST = 8  # values from which a mean excess is taken
_STEADY = 0.1  # of the interquartile range: a tail is not taken to be steeper, however regular the past was
_REFRESH = 8  # rows for which a tail that was worked out is good enough


class BaselineWindow:
    """The last `size` values, and their order."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: deque[float] = deque()
        self._ordered: list[float] = []

    def __len__(self) -> int:
        return len(self._ordered)

    def add(self, value: float) -> None:
        self._values.append(value)
        insort(self._ordered, value)
        if len(self._values) > self._size:
            del self._ordered[bisect_left(self._ordered, self._values.popleft())]

    def clear(self) -> None:
        self._values.clear()
        self._ordered.clear()

    def at(self, part: float) -> float:
        """The value below which `part` (0 to under 1) of the values lie; raises IndexError for no values."""
        return self._ordered[int(part * len(self._ordered))]

    def highest(self, count: int) -> list[float]:
        return self._ordered[-count:]

    def lowest(self, count: int) -> list[float]:
        return list(islice(self._ordered, count))


class Season:
    """Usual value at a time of day: the median of the last days' means of the same quarter of an hour."""

    def __init__(self) -> None:
        self._days: dict[int, deque[tuple[int, float, int]]] = {}

    def usual(self, time: float) -> float | None:
        """The usual value at this time of day; None before three whole days of values. Times are seconds since 1970."""
        day, slot = _slot(time)
        means = sorted(total / count for on, total, count in self._days.get(slot, ()) if on != day)
        return means[len(means) // 2] if len(means) >= _KNOWN_DAYS else None

    def add(self, time: float, value: float) -> None:
        day, slot = _slot(time)
        days = self._days.setdefault(slot, deque(maxlen=_DAYS + 1))
        total, count = days.pop()[1:] if days and days[-1][0] == day else (0.0, 0)
        days.append((day, total + value, count + 1))


def _slot(time: float) -> tuple[int, int]:
    day, second = divmod(time, _DAY)
    return int(day), int(second) // _SLOT


class Tails:
    """Rarity of extreme values: peaks over a threshold (Pickands 1975; Siffer et al. 2017) with exponential tails.

    Two parameters of the past say all of a tail, where it begins and its mean excess, so a few hundred rows are enough.
    """

    def __init__(self, size: int, least: int) -> None:
        """`size` is the number of remembered values, `least` the number from which on rarities are computed."""
        self._past = BaselineWindow(size)
        self._least = least
        self._stale = 0
        self._high = self._low = (0.0, 1.0)
        self._weight = 0.0

    def __len__(self) -> int:
        return len(self._past)

    def rarity(self, value: float) -> float:
        """Decimal exponent of one in how many values lies as far out; positive above, negative below, 0 within the
        usual."""
        if len(self._past) < self._least:
            return 0.0
        if self._stale <= 0:
            self._measure()
        self._stale -= 1
        begins, falls = self._high
        if value > begins:
            return self._weight + (value - begins) / falls * math.log10(math.e)
        begins, falls = self._low
        return -self._weight - (begins - value) / falls * math.log10(math.e) if value < begins else 0.0

    def add(self, value: float) -> None:
        self._past.add(value)

    def _measure(self) -> None:
        count = max(_TAIL_LEAST, int(_TAIL * len(self._past)))
        top, bottom = self._past.highest(count), self._past.lowest(count)
        quarter, three = self._past.at(0.25), self._past.at(0.75)
        # A spread within floating-point error is none.
        least = max(_STEADY * (three - quarter), 1e-9 * (abs(quarter) + abs(three)), 1e-300)
        self._high = top[0], max(sum(top) / count - top[0], least)
        self._low = bottom[-1], max(bottom[-1] - sum(bottom) / count, least)
        self._weight = math.log10(len(self._past) / count)
        self._stale = _REFRESH
