"""Origin of slowness among many slow services, separated from their waiting callers.

A service that waits is as slow as what it waits for, so a slow caller of a slow callee is a victim. The middle of the
answers is more reliable than their tail: a service whose own network is slow also slows a part of what its callees are
seen to answer, and only their tail. So where the median of some service rose, services of which only the tail rose are
never the origin.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from midwatch.analysis.degradation import Change, rise
from midwatch.analysis.series import Series

Key = TypeVar("Key", bound=Hashable)

_FACTOR = 2.0  # responses that take twice as long are noticed by users
_FLOOR_S = 0.01  # below it a rise is not noticeable, whatever the factor
_SHARE = 0.02  # of the largest rise: less is an echo of it
_LASTING = 0.25  # of the longest run: shorter ones come and go
_MIDDLES = ("latency_p50", "latency_mean")
_TAILS = ("latency_p99", "latency_p95", "latency_p90")


@dataclass(frozen=True)
class LatencyRise:
    """A risen series."""

    series: Series
    change: Change

    @property
    def seconds(self) -> float:
        """The rise of a duration in seconds; in the series' own unit for other signals."""
        return self.change.rise * (self.series.scale or 1.0)

    @property
    def length(self) -> int:
        return self.change.last - self.change.first + 1


@dataclass(frozen=True)
class SlowService:
    """One slow service. `worst` is the latency tail where that rose, else the median; `middle`: whether the median
    rose."""

    worst: LatencyRise
    middle: bool


@dataclass(frozen=True)
class Slowness(Generic[Key]):
    """Latency of all services. `measured` are all with known latency, `slow` those that became slow."""

    measured: frozenset[Key]
    slow: Mapping[Key, SlowService]

    def origins(self, calls: Mapping[Key, Collection[Key]], strained: Collection[Key] = ()) -> list[Key]:
        """Slow services that wait for no other slow one, and the `strained` (short of CPU, say) that are slow, or
        unmeasured with a slow caller; in the order of their onset. In a circle of callers it is the first that became
        slow."""
        short = [
            key for key in strained if key in self.slow or (key not in self.measured and self._waiting(key, calls))
        ]
        middles = [key for key, slow in self.slow.items() if slow.middle]
        suspects = dict.fromkeys([*short, *(middles or self.slow)])
        found = [key for key in suspects if key in short or not self._waits(key, suspects, calls)]
        if suspects and not found:
            found = [min(suspects, key=self._onset)]
        return sorted(found, key=self._onset)

    def _waiting(self, callee: Key, calls: Mapping[Key, Collection[Key]]) -> bool:
        return any(callee in calls.get(caller, ()) for caller in self.slow)

    def _waits(self, caller: Key, suspects: Collection[Key], calls: Mapping[Key, Collection[Key]]) -> bool:
        """Whether a suspect is called, directly or through services that are slow as well, or unmeasured."""
        waiting, seen = list(calls.get(caller, ())), {caller}
        while waiting:
            callee = waiting.pop()
            if callee in seen:
                continue
            seen.add(callee)
            if callee in suspects:
                return True
            if callee in self.slow or callee not in self.measured:
                waiting.extend(calls.get(callee, ()))
        return False

    def _onset(self, key: Key) -> float:
        slow = self.slow.get(key)
        return slow.worst.change.onset if slow else 0.0


def slowness(found: Mapping[Key, Iterable[Series]]) -> Slowness[Key]:
    """Slow services by their latencies; rises that are small beside the largest, or short beside the longest, are left
    out."""
    latencies = {key: [s for s in series if s.signal.startswith("latency")] for key, series in found.items()}
    middles = _material(
        {key: worse for key, known in latencies.items() if (worse := _largest_latency_rise(known, _MIDDLES))}
    )
    tails = _material(
        {key: worse for key, known in latencies.items() if (worse := _largest_latency_rise(known, _TAILS))}
    )
    slow = {
        key: SlowService(both[key], key in middles) for both in (middles | tails,) for key in latencies if key in both
    }
    return Slowness(frozenset(key for key, known in latencies.items() if any(any(s.values) for s in known)), slow)


def _largest_latency_rise(known: Sequence[Series], signals: Iterable[str]) -> LatencyRise | None:
    """The rise of the first measured signal; of several replicas the largest one."""
    present = {s.signal for s in known}
    chosen = next((signal for signal in signals if signal in present), "")
    return largest_rise([s for s in known if s.signal == chosen], factor=_FACTOR, floor_s=_FLOOR_S, positive=True)


def largest_rise(
    each: Iterable[Series], *, factor: float, floor: float = 0.0, floor_s: float = 0.0, positive: bool = False
) -> LatencyRise | None:
    """The largest rise among series of one signal, if any rose; `floor_s` is a floor in seconds, for durations."""
    risen = ((s, rise(s, factor=factor, floor=floor + floor_s / (s.scale or 1.0), positive=positive)) for s in each)
    return max((LatencyRise(s, change) for s, change in risen if change), key=lambda w: w.seconds, default=None)


def _material(found: Mapping[Key, LatencyRise]) -> dict[Key, LatencyRise]:
    largest = max((w.seconds for w in found.values()), default=0.0)
    longest = max((w.length for w in found.values()), default=0)
    return {key: w for key, w in found.items() if w.seconds >= _SHARE * largest and w.length >= _LASTING * longest}
