"""Pods and claims that the API server rejected: the newest message per workload, from events or conditions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from midwatch.diagnosis.kubernetes.cluster import Cluster, fact, named_owner
from midwatch.domain.evidence import Citation
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.meta import Condition, Object
from midwatch.integrations.kubernetes.objects.workload import (
    DaemonSet,
    Deployment,
    Job,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
    Workload,
)

REASONS = ("FailedCreate", "ReplicaSetCreateError", "FailedCreatePod")
WORKLOADS: tuple[type[Object], ...] = (ReplicaSet, StatefulSet, DaemonSet, Job, ReplicationController, Deployment)
_NOISE = re.compile(r"^(?:\(combined from similar events\): )?(?:Error creating: )?")


@dataclass(frozen=True)
class FailedCreate:
    """`text` is the API server's message without the controller's prefix."""

    subject: Subject
    owner: Subject
    text: str
    cite: Citation
    onset: datetime | None
    conditioned: bool = False  # the object has a ReplicaFailure condition as well


@fact
def refusals(cluster: Cluster) -> Sequence[FailedCreate]:
    """Of all workloads, computed once for all analyzers."""
    return tuple(_refusals(cluster))


def _refusals(cluster: Cluster) -> Iterator[FailedCreate]:
    said: set[Subject] = set()
    for type_ in WORKLOADS:
        for obj in cluster.all(type_):
            owner = cluster.owner(obj)
            if isinstance(obj, Deployment) and owner in said:
                continue  # already reported by its ReplicaSet
            for refusal in _of(cluster, obj, owner):
                said.add(owner)
                yield refusal
    yield from _unseen(cluster)


def _of(cluster: Cluster, obj: Object, owner: Subject) -> Iterator[FailedCreate]:
    if _complete(obj):
        return
    if event := _newest(cluster.events(obj, *REASONS)):
        yield _from_event(cluster, event, obj.subject, owner, conditioned=bool(_conditions(obj)))
        return
    for condition in _conditions(obj):
        if text := condition.message:
            yield FailedCreate(
                obj.subject, owner, text, cluster.cite(obj, text), condition.last_transition_time, conditioned=True
            )


def _conditions(obj: Object) -> list[Condition]:
    found = (obj.status.conditions or ()) if isinstance(obj, Workload) else ()
    return [c for c in found if c.type == "ReplicaFailure" and c.reason == "FailedCreate" and c.status in ("True", "")]


def _newest(events: list[Event]) -> Event | None:
    return next((e for e in reversed(events) if e.message), None)


def _complete(obj: Object) -> bool:
    """All wanted pods exist by now: the rejection is outdated."""
    if isinstance(obj, DaemonSet):
        return 0 < (obj.status.desired_number_scheduled or 0) <= (obj.status.current_number_scheduled or 0)
    if isinstance(obj, Workload):
        return (obj.status.replicas or 0) >= obj.desired_replicas
    if isinstance(obj, Job):
        done = obj.condition("Complete")
        return bool(obj.status.active or obj.spec.suspend or (done and done.status == "True"))
    return False


def _unseen(cluster: Cluster) -> Iterator[FailedCreate]:
    """Events about workloads whose kind could not be listed."""
    newest: dict[Subject, Event] = {}
    known = {t.__name__: t for t in WORKLOADS}
    for event in cluster.all(Event):
        about = event.involved_object
        type_ = known.get(about.kind)
        if (
            event.reason in REASONS
            and event.message
            and type_
            and not cluster.is_complete(type_, about.namespace or "")
        ):
            subject = Subject(kind=about.kind, name=about.name, namespace=about.namespace or "")
            if cluster.get(type_, subject.namespace, subject.name) is None:
                newest[subject] = max(newest.get(subject, event), event, key=lambda e: (str(e.last), e.name))
    for subject, event in sorted(newest.items(), key=lambda item: str(item[0])):
        yield _from_event(cluster, event, subject, named_owner(subject))


def _from_event(
    cluster: Cluster, event: Event, subject: Subject, owner: Subject, *, conditioned: bool = False
) -> FailedCreate:
    text = _NOISE.sub("", event.message or "")
    return FailedCreate(subject, owner, text, cluster.cite_event(event, text), event.first, conditioned)
