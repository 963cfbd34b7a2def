"""Saved alerts about latency and packet loss, used where no latency was measured. They name the affected workload; a
node with packet loss may be the cause."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from midwatch.analysis.series import Series
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.series import MetricsView, measured_of
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.scheduling.explain import first_names
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, short
from midwatch.diagnosis.kubernetes.view.containers import clip
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Node
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.saved_objects import FiringAlert
from midwatch.integrations.kubernetes.objects.signals import alert_concern, entity, namespace

_STANDS_OUT = 3.0  # times the value of the next node: the other nodes only see the loss of the worst one


@dataclass(frozen=True)
class AlertOnSubject:
    alert: FiringAlert
    about: Subject

    @property
    def value(self) -> float:
        try:
            return float(self.alert.value)
        except ValueError:
            return 0.0


def find(cluster: Cluster) -> Iterator[Finding]:
    alerts = list(cluster.all(FiringAlert))
    if not alerts or any(s.signal.startswith("latency") for s in cluster.series):
        return
    measured = measured_of(cluster)
    slow = [
        t
        for a in alerts
        if alert_concern(_words(a)) == "slow" and (t := _about(measured, a)) and t.about.kind != "Node"
    ]
    lossy = [
        t
        for a in alerts
        if alert_concern(_words(a)) == "loss" and (t := _about(measured, a)) and t.about.kind == "Node"
    ]
    roots = list(_losing(cluster, lossy, slow))
    yield from roots
    for told in slow:
        yield finding(
            "K8S-958",
            told.about,
            cites=(cluster.cite(told.alert, told.alert.alert),),
            confidence=Confidence.MEDIUM,
            onset=told.alert.since,
            peers=tuple(f.subject for f in roots),
            alert=told.alert.alert,
            said=clip(told.alert.message, 120),
        )


def _losing(cluster: Cluster, lossy: Sequence[AlertOnSubject], slow: Sequence[AlertOnSubject]) -> Iterator[Finding]:
    """The node with the highest packet loss; LOW confidence where several have about the same."""
    if not lossy or not slow:
        return
    first, *others = sorted(lossy, key=lambda t: (-t.value, t.about.name))
    sure = all(first.value > _STANDS_OUT * other.value for other in others)
    yield finding(
        "K8S-956",
        first.about,
        cites=(cluster.cite(first.alert, first.alert.alert), *(cluster.cite(t.alert, t.alert.alert) for t in slow)),
        confidence=Confidence.MEDIUM if sure else Confidence.LOW,
        onset=first.alert.since,
        changes=clip(f"{first.alert.alert} {first.alert.message}".strip(), 160),
        clock=f"{first.alert.since:%H:%M:%S} UTC" if first.alert.since else "the alert began",
        victims=first_names(short(t.about) for t in slow),
    )


def _about(measured: MetricsView, alert: FiringAlert) -> AlertOnSubject | None:
    labels = alert.about or {}
    name, _ = entity(labels)
    about = measured.subject(name, namespace(labels)) if name else None
    return AlertOnSubject(alert, about) if about else None


def _words(alert: FiringAlert) -> str:
    return f"{alert.alert} {alert.message}"


ANALYZER = Analyzer(find, reads=(*BACKING_READS, Node, Service, FiringAlert, Series))
