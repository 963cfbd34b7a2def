"""Units that the source left out, where the numbers themselves tell."""

from collections.abc import Sequence
from dataclasses import replace

from midwatch.analysis.degradation import median
from midwatch.analysis.series import Series

# Services answer in 0.5 ms to 500 ms: the typical latency of all of them is above this number in milliseconds, and
# below it in seconds.
_BETWEEN = 0.5


def with_units(found: Sequence[Series]) -> list[Series]:
    """Latencies without a unit are taken for milliseconds or seconds, all of one source for the same."""
    bare = [v for s in found if s.signal.startswith("latency") and not s.unit for v in s.values if v]
    if not bare:
        return list(found)
    unit = "ms" if median(bare) >= _BETWEEN else "s"
    return [replace(s, unit=unit) if s.signal.startswith("latency") and not s.unit else s for s in found]
