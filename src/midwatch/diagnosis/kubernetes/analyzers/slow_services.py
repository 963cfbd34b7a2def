"""Services with high latency: the origin among them, and whether CPU, memory, packet loss or a node is the cause.

Rules, measured causes first: CPU shortage of an origin; lost packets or full memory; then the node, where several
origins have only their node in common; and last, without any of these and without a slow dependency, the network path.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from midwatch.analysis.series import Series
from midwatch.analysis.slowness import LatencyRise, Slowness, SlowService, largest_rise, slowness
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.series import MetricsView, measured_of
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.scheduling.explain import first_names
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, short
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Node
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.quantity import amount
from midwatch.integrations.kubernetes.objects.saved_objects import ServiceCall

_DOUBLED = 2.0
_FAR = 5.0  # times the rise of another origin: the other is then negligible
_CPU_FLOOR = 0.05  # cores; below it the container is idle
_THROTTLED_FLOOR = 0.25  # seconds throttled per second; callers notice a quarter
_LOSS_FACTOR = 3.0
_LOSS_FLOOR = 2.0  # retransmitted segments or dropped packets a second; a few are normal on any network
_FULL = 0.9  # of the memory limit: above it the kernel reclaims memory and the container waits
_QUOTED = 5  # values of a series that a citation shows
_SIGNALS = {
    "latency_p50": "median latency",
    "latency_mean": "mean latency",
    "cpu": "CPU",
    "cpu_throttled": "CPU throttling",
}


@dataclass(frozen=True)
class ServiceScene:
    """The measured services, the slow ones among them, and the origins of the slowdown."""

    cluster: Cluster
    measured: MetricsView
    slowness: Slowness[Subject]

    @cached_property
    def throttled_services(self) -> Mapping[Subject, list[LatencyRise]]:
        """Services whose CPU usage rose and that were throttled; without a throttling metric, by CPU usage alone."""
        return {about: found for about, series in self.measured.services.items() if (found := _strain(series))}

    @cached_property
    def origins(self) -> list[Subject]:
        return self.slowness.origins(self.measured.calls, self.throttled_services)

    @cached_property
    def slow(self) -> Mapping[Subject, SlowService]:
        return self.slowness.slow

    @cached_property
    def leading(self) -> Subject | None:
        """The origin that rose by far the most; None where several rose about as much, or one was not measured."""
        ranked = sorted(self.origins, key=lambda o: -self._seconds(o))
        if len(ranked) > 1 and self._seconds(ranked[0]) < _FAR * self._seconds(ranked[1]):
            return None
        return ranked[0] if all(o in self.slow for o in ranked) else None

    def _seconds(self, about: Subject) -> float:
        return self.slow[about].worst.seconds if about in self.slow else 0.0

    def cites(self, *found: LatencyRise) -> tuple[Citation, ...]:
        return tuple(self.cluster.cite_series(w.series, _telling(w)) for w in found)


def find(cluster: Cluster) -> Iterator[Finding]:
    if not cluster.series:
        return
    measured = measured_of(cluster)
    scene = ServiceScene(cluster, measured, slowness(measured.services))
    if not scene.origins:
        return
    roots = list(_lossy_node(scene)) or list(_slow_node(scene)) or [_root(scene, origin) for origin in scene.origins]
    yield from roots
    named = {f.subject for f in roots}
    yield from (_victim(scene, about, roots) for about in scene.slow if about not in named)


def _root(scene: ServiceScene, origin: Subject) -> Finding:
    slow = scene.slow.get(origin)
    first = (slow.worst,) if slow else ()
    confidence = Confidence.MEDIUM if origin == scene.leading or len(scene.origins) == 1 else Confidence.LOW
    if strain := scene.throttled_services.get(origin):
        sure = Confidence.HIGH if len(strain) > 1 else confidence
        return _say(scene, "K8S-951", origin, (*first, *strain), sure)
    if lost := _lost(scene.measured.series[origin]):
        return _say(scene, "K8S-953", origin, (*first, lost), confidence)
    if full := _full(scene, origin):
        return _say(scene, "K8S-954", origin, first, confidence, *full)
    if scene.leading not in (origin, None):
        return _say(scene, "K8S-959", origin, first, confidence)
    return _say(scene, "K8S-952", origin, first, confidence, facts={"callees": _callees(scene, origin)})


def _callees(scene: ServiceScene, origin: Subject) -> str:
    called = scene.measured.calls.get(origin, set[Subject]())
    if unknown := [callee for callee in called if callee not in scene.slowness.measured]:
        return f"callees without metrics: {first_names(map(short, unknown))}"
    return "no callee is slow" if called else "no known callees"


def _victim(scene: ServiceScene, about: Subject, roots: Sequence[Finding]) -> Finding:
    """Slow because of a dependency: one of its callees, or the origin where the callees are not known."""
    called = [callee for callee in scene.measured.calls.get(about, ()) if callee in scene.slow]
    peers = tuple(dict.fromkeys((*(f.subject for f in roots), *sorted(called, key=str))))
    reasons = first_names(short(f.subject) for f in roots)
    return _say(
        scene, "K8S-957", about, (scene.slow[about].worst,), Confidence.MEDIUM, peers=peers, facts={"reasons": reasons}
    )


def _say(
    scene: ServiceScene,
    code: str,
    about: Subject,
    found: Sequence[LatencyRise],
    confidence: Confidence,
    *cites: Citation,
    peers: tuple[Subject, ...] = (),
    facts: Mapping[str, str] | None = None,
) -> Finding:
    first = found[0]
    onset = datetime.fromtimestamp(first.change.onset, UTC)
    return finding(
        code,
        about,
        cites=(*scene.cites(*found), *cites),
        confidence=confidence,
        onset=onset if first.series.zoned else None,
        peers=peers,
        changes="; ".join(_spell(w) for w in found),
        clock=f"{onset:%H:%M:%S}{' UTC' if first.series.zoned else ''}",
        owner=about,
        nodes=first_names(scene.measured.nodes(about)) or "its node",
        **(facts or {}),
    )


# -- nodes


def _slow_node(scene: ServiceScene) -> Iterator[Finding]:
    """Several origins that share a node, while others that were measured run elsewhere."""
    if len(scene.origins) < 2 or any(origin in scene.throttled_services for origin in scene.origins):
        return
    places = [scene.measured.nodes(origin) for origin in scene.origins]
    elsewhere = any(not scene.measured.nodes(other) & places[0] for other in scene.slowness.measured)
    node = scene.cluster.get(Node, "", next(iter(places[0]), ""))
    if node is None or any(place != places[0] or len(place) != 1 for place in places) or not elsewhere:
        return
    found = [scene.slow[origin].worst for origin in scene.origins if origin in scene.slow]
    cite = scene.cluster.cite(node)
    yield _say(
        scene,
        "K8S-955",
        node.subject,
        found,
        Confidence.MEDIUM,
        cite,
        facts={"victims": first_names(map(short, scene.origins))},
    )


def _lossy_node(scene: ServiceScene) -> Iterator[Finding]:
    """A node that runs something slow and loses far more than every other such node."""
    inhabited = {node for about in scene.slow for node in scene.measured.nodes(about)}
    losing = {
        about: lost
        for about, series in scene.measured.series.items()
        if about.name in inhabited and (lost := _node_loss(about, series))
    }
    ranked = sorted(losing, key=lambda about: -losing[about].change.after)
    if not ranked or (
        len(ranked) > 1 and losing[ranked[1]].change.after * _LOSS_FACTOR > losing[ranked[0]].change.after
    ):
        return
    here = [about for about in scene.slow if ranked[0].name in scene.measured.nodes(about)]
    found = (losing[ranked[0]], scene.slow[here[0]].worst)
    yield _say(scene, "K8S-956", ranked[0], found, Confidence.MEDIUM, facts={"victims": first_names(map(short, here))})


def _node_loss(about: Subject, series: Sequence[Series]) -> LatencyRise | None:
    return _lost(series) if about.kind == "Node" else None


# -- resource causes


def _strain(series: Sequence[Series]) -> list[LatencyRise]:
    busy = largest_rise(_of(series, "cpu"), factor=_DOUBLED, floor=_CPU_FLOOR)
    held = largest_rise(_of(series, "cpu_throttled"), factor=_DOUBLED, floor=_THROTTLED_FLOOR)
    if _of(series, "cpu_throttled"):
        return [held, busy] if held and busy else []
    return [busy] if busy else []


def _lost(series: Sequence[Series]) -> LatencyRise | None:
    found = (
        largest_rise(_of(series, signal), factor=_LOSS_FACTOR, floor=_LOSS_FLOOR)
        for signal in ("tcp_retransmits", "network_drops")
    )
    return next((w for w in found if w), None)


def _full(scene: ServiceScene, origin: Subject) -> tuple[Citation, ...]:
    """Citations that a replica came near its memory limit and was not near it before."""
    pod = next(iter(scene.cluster.pods_of(origin)), None)
    limits = [(c.resources.limits or {}).get("memory") for c in pod.spec.containers] if pod else []
    most = sum(amount(x) for x in limits if x is not None)
    if pod is None or not most or None in limits:
        return ()
    for one in _of(scene.measured.series[origin], "memory"):
        known = [v for v in one.values if v is not None]
        if known and max(known) >= _FULL * most > known[0]:
            return (scene.cluster.cite_series(one, [max(known)]), scene.cluster.cite(pod))
    return ()


def _of(series: Sequence[Series], signal: str) -> list[Series]:
    return [s for s in series if s.signal == signal]


# -- texts


def _telling(found: LatencyRise) -> list[float | None]:
    """The values at the beginning of the run."""
    return list(found.series.values[found.change.first : found.change.first + _QUOTED])


def _spell(found: LatencyRise) -> str:
    signal = found.series.signal
    name = _SIGNALS.get(signal) or signal.replace("latency_", "").replace("_", " ") + (
        " latency" if "latency" in signal else ""
    )
    before, after, unit = found.change.before, found.change.after, found.series.unit
    if unit:
        return f"{name} {_short(before)} → {_short(after)} {unit}"
    return f"{name} {after / before:.3g} times as high" if before > 0 else f"{name} risen from 0"


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


ANALYZER = Analyzer(find, reads=(*BACKING_READS, Node, Service, ConfigMap, ServiceCall, Series))
