"""Spikes in a series that somebody has as a file."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from midwatch.analysis.alarms import alarms
from midwatch.analysis.csv_series import CsvPoints, read_points
from midwatch.analysis.spikes import Spike, SpikeLimits, SpikeTrace, trace
from midwatch.services.errors import Refusal

LARGEST = 32 * 1024 * 1024  # bytes of a file
SCHEMA = "midwatch.spikes/1"


@dataclass(frozen=True)
class Detection:
    """`alarms` are rows where the series begins to be unlike its past, falls and restlessness among them."""

    points: CsvPoints
    trace: SpikeTrace
    alarms: list[int]

    @property
    def spikes(self) -> tuple[Spike, ...]:
        return self.trace.spikes

    @property
    def gaps(self) -> int:
        return sum(value is None for value in self.points.values)

    def json(self) -> dict[str, Any]:
        """What programs read: times in ISO 8601, UTC; amounts in the unit of the series."""
        times = self.points.times
        return {
            "schema": SCHEMA,
            "rows": len(times),
            "gaps": self.gaps,
            "from": moment(times[0]),
            "to": moment(times[-1]),
            "spikes": [_spike(spike) for spike in self.spikes],
            "alarms": [moment(times[row]) for row in self.alarms],
        }


def detect(body: bytes, limits: SpikeLimits) -> Detection:
    """Raises Refusal for a file that is no series."""
    if len(body) > LARGEST:
        raise Refusal(
            f"The series has more than the {LARGEST:,} bytes allowed.", "Cut the file, or take sums over longer steps"
        )
    try:
        points = read_points(body.decode())
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise Refusal(f"Line {line} is not UTF-8 text.", "Save the file as CSV in UTF-8") from error
    found = trace(points.times, points.values, limits)
    return Detection(points, found, alarms(points.times, points.values, limits))


def moment(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _spike(spike: Spike) -> dict[str, Any]:
    return {
        "onset": moment(spike.onset),
        "peak": moment(spike.at),
        "end": None if spike.end is None else moment(spike.end),
        "rows": [spike.first, spike.peak, spike.last],
        "top": spike.top,
        "usual": spike.usual,
        "factor": spike.factor,
        "volume": spike.volume,
        "excess": spike.excess,
    }
