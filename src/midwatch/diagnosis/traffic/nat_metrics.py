"""NAT gateway metrics from the evidence: totals, rates and spikes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise

from midwatch.analysis import series
from midwatch.analysis.series import Series
from midwatch.analysis.spikes import Spike, SpikeLimits, spikes
from midwatch.diagnosis.traffic.config import GB, NatGateway, Traffic
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.observation import Measurements
from midwatch.domain.subject import Subject
from midwatch.domain.window import Window

METRICS = "aws_nat_metrics"
# The used signals of integrations/aws/nat.yaml.
OUT, BACK = "egress", "ingress"
PEAK, CONNECTIONS = "peak_rate", "connections"
ERRORS, DROPPED, PACKETS = "port_allocation_errors", "packets_dropped", "egress_packets"
_FIVE_MINUTES = 300.0


@dataclass(frozen=True)
class TrafficBurst:
    """A spike in time: epoch seconds, seconds per point, and total bytes."""

    since: float
    until: float
    period: float
    volume: float


@dataclass(frozen=True)
class NatMetrics:
    """Metrics of one gateway, from one CloudWatch response for a window up to `until`; `period` is the seconds of one
    point."""

    evidence: str
    until: str
    gateway: NatGateway
    signals: dict[str, Series]
    partial: str

    @property
    def subject(self) -> Subject:
        return Subject(kind="NATGateway", name=self.gateway.id)

    @property
    def label(self) -> str:
        return f"{self.gateway.name} ({self.gateway.id})" if self.gateway.name else self.gateway.id

    @property
    def period(self) -> float:
        times = self.signals[OUT].times if OUT in self.signals else ()
        return min((b - a for a, b in pairwise(times)), default=_FIVE_MINUTES)

    def points(self, signal: str, window: Window) -> list[tuple[float, float]]:
        """(time, value) of the points in the window; missing points are left out."""
        found = self.signals.get(signal)
        since, until = window.since.timestamp(), window.until.timestamp()
        pairs = zip(found.times, found.values, strict=True) if found else ()
        return [(at, value) for at, value in pairs if value is not None and since - self.period < at < until]

    def total(self, signal: str, window: Window) -> float | None:
        """Sum of the window; None without any point."""
        points = self.points(signal, window)
        return sum(value for _, value in points) if points else None

    def highest(self, signal: str, window: Window) -> tuple[float, float] | None:
        """(time, value) of the highest point."""
        return max(self.points(signal, window), key=lambda p: p[1], default=None)

    def spikes(self, window: Window) -> tuple[Spike, ...]:
        """Spikes of the outgoing traffic that touch the window; the points before it are their reference."""
        since, until = window.since.timestamp(), window.until.timestamp()
        return tuple(s for s in self._spikes if s.onset < until and self.complete_at(s) > since)

    @cached_property
    def _spikes(self) -> tuple[Spike, ...]:
        """Spikes of the whole series, whose detection takes a tenth of a second for a week."""
        out = self.signals.get(OUT)
        if out is None:
            return ()
        share = self.period / _FIVE_MINUTES * GB
        usual, threshold = self.gateway.usual_gb, self.gateway.spike_gb
        limits = SpikeLimits(threshold=threshold and threshold * share, usual=usual and usual * share)
        return spikes(out.times, out.values, limits)

    def complete_at(self, spike: Spike) -> float:
        """End of the spike's last point, in epoch seconds."""
        return self.signals[OUT].times[spike.last] + self.period

    def burst(self, spike: Spike) -> TrafficBurst:
        return TrafficBurst(spike.onset, self.complete_at(spike), self.period, spike.volume)

    def cite(self, signal: str, rows: slice | None = None) -> Citation:
        """Citation of the values, as they stand in the evidence."""
        found = self.signals[signal]
        quote = series.quote(found.values[rows]) if rows else ""
        return Citation(
            evidence=self.evidence,
            quote=quote,
            subject=Subject(kind="Series", name=found.name, namespace=found.namespace),
        )


def nat_metrics(evidence: Sequence[Evidence], traffic: Traffic) -> tuple[NatMetrics, ...]:
    return tuple(_measured(evidence, traffic))


def _measured(evidence: Sequence[Evidence], traffic: Traffic) -> Iterator[NatMetrics]:
    for item in evidence:
        if item.tool != METRICS or not isinstance(item.observation, Measurements):
            continue
        by_gateway: dict[str, dict[str, Series]] = {}
        for one in series.decode(item.observation.body):
            by_gateway.setdefault(one.entity, {})[one.signal] = one
        name = str(item.arguments.get("gateway", ""))
        for entity, signals in (by_gateway or {name: {}}).items():
            yield NatMetrics(
                item.id,
                str(item.arguments.get("end", "")),
                traffic.gateway(entity) or NatGateway(id=entity),
                signals,
                item.observation.partial,
            )


def of(seen: Sequence[NatMetrics], window: Window) -> list[NatMetrics]:
    """Metrics of this window, not of the other one of a comparison."""
    return [m for m in seen if m.until == window.until.isoformat()]


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def gb(value: float) -> str:
    """Bytes in readable units: 12.5 GB, 420 MB."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}" if value < 999.5 * size else f"{value / size:.0f} {unit}"
    return f"{value:.0f} bytes"


def mbps(bytes_per_second: float) -> str:
    return f"{bytes_per_second * 8 / 1e6:,.1f} Mbps"


def times(factor: float) -> str:
    """A factor: 29×; 1.6×."""
    return f"{factor:.0f}×" if factor >= 10 else f"{factor:.1f}×"


def clock(at: datetime, beside: datetime | None = None) -> str:
    """Clock time, with the date only where it differs from that of `beside`."""
    return f"{at:%H:%M}" if beside and beside.date() == at.date() else f"{at:%Y-%m-%d %H:%M}"


def span(seconds: float) -> str:
    """A duration: 3 h 1 min; 45 s."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"
