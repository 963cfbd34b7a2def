"""Groups alerts into incidents before any cost is spent.

An alert has keys of its own (the workload, node or resource in its labels; its service) and may be joined by wider
ones: an alert about a pod joins the incident of the node it runs on, while two pods on a healthy node have nothing to
do with each other.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from midwatch.domain.alert import Alert, AlertStatus
from midwatch.domain.base import Model
from midwatch.domain.incident import Incident, IncidentStatus, StoredAlert
from midwatch.engine.cluster_match import keys_elsewhere, keys_in_any_cluster

WINDOW = timedelta(
    minutes=30
)  # related alerts of one outage arrive within the slowest common evaluation and group intervals
REOPEN = timedelta(minutes=15)  # an alert that fires again this soon was not fixed
FLAPS = 3  # openings within FLAP_WINDOW: contracts of the field count three cycles an hour as flapping
FLAP_WINDOW = timedelta(hours=1)

# Labels that name a workload, in the order of how directly they do.
_WORKLOADS = (
    "deployment",
    "statefulset",
    "daemonset",
    "cronjob",
    "job_name",
    "horizontalpodautoscaler",
    "persistentvolumeclaim",
)
_POD = re.compile(
    r"-(?:[a-f0-9]{6,10}-[a-z0-9]{5}|[bcdfghjklmnpqrstvwxz2456789]{4,10}-[a-z0-9]{5}|\d{1,5}|[a-z0-9]{5})$"
)
_CRON = re.compile(r"-\d{8,10}$")


class Keys(Model, frozen=True):
    """Grouping keys of an alert. `own` are stored with the incident for later alerts; `joins` are looked up."""

    own: tuple[str, ...]
    joins: tuple[str, ...]


def keys(alert: Alert) -> Keys:
    """Keys that this alert shares with other alerts about the same problem; always its own fingerprint."""
    labels = alert.labels
    cluster = labels.get("cluster", "")
    workload, name = _workload(alert, cluster)
    node = labels.get("node", "") or labels.get("host", "")
    at_node = (f"node:{cluster}/{node}",) if node else ()
    things = (workload,) if workload else _resources(alert) or at_node
    service = (
        (f"service:{alert.service.lower()}",)
        if alert.service and (not things or _names_workload(alert.service, name))
        else ()
    )
    own = (f"alert:{alert.source}/{alert.fingerprint}", *things, *service)
    joins = (*own, *at_node)
    return Keys(own=(*own, *keys_in_any_cluster(own)), joins=tuple(dict.fromkeys((*joins, *keys_elsewhere(joins)))))


def _workload(alert: Alert, cluster: str) -> tuple[str, str]:
    """Key and name of the workload; the owner is derived from the pod's name, as its ReplicaSet or StatefulSet wrote
    it."""
    labels = alert.labels
    named = next((labels[label] for label in _WORKLOADS if labels.get(label)), "")
    name = named or _POD.sub("", labels.get("pod", ""))
    name = _CRON.sub("", name)
    return (f"workload:{cluster}/{labels.get('namespace', '')}/{name}", name) if name else ("", "")


def _resources(alert: Alert) -> tuple[str, ...]:
    return tuple(
        f"resource:{alert.labels[label]}"
        for label in ("resource", "resource_id", "instance_id")
        if alert.labels.get(label)
    )


def _names_workload(service: str, workload: str) -> bool:
    """Whether the service label names the workload: an exporter's `service` label does not name the workload it reports
    on."""
    one, other = service.lower(), workload.lower()
    return not other or one.startswith(other) or other.startswith(one)


class GroupingAction(StrEnum):
    OPEN = "open"  # a new incident
    JOIN = "join"  # another alert of an open incident
    REPEAT = "repeat"  # the same alert again
    REOPEN = "reopen"  # it was over, and is not
    END = "end"  # one alert is over
    NOTHING = "nothing"  # the resolve of an unknown alert


class GroupingDecision(Model, frozen=True):
    """The decision for one alert. `investigate` is false when an investigation is running or has just ended; `why` is
    the timeline entry. `resolved`: the incident ended with this alert."""

    action: GroupingAction
    incident_id: str = ""
    investigate: bool = False
    resolved: bool = False
    why: str = ""


def decide(
    alert: Alert,
    known: StoredAlert | None,
    incident: Incident | None,
    related: Sequence[Incident],
    openings: int,
    now: datetime,
) -> GroupingDecision:
    """Decides the grouping of an alert.

    `known` is the same alert as it was stored, `incident` where it belongs; `related` are open incidents that share a
    key, newest first; `openings` is how often `incident` was opened within FLAP_WINDOW.
    """
    if alert.status is AlertStatus.RESOLVED:
        return _decide_resolved(known, incident)
    if known is not None and incident is not None:
        if incident.status is not IncidentStatus.RESOLVED:
            if known.alert.status is AlertStatus.RESOLVED:
                return GroupingDecision(action=GroupingAction.JOIN, incident_id=incident.id, why="firing again")
            return GroupingDecision(action=GroupingAction.REPEAT, incident_id=incident.id, why="repeated")
        if incident.resolved_at is not None and now - incident.resolved_at < REOPEN:
            flapping = openings >= FLAPS
            why = (
                f"opened {openings} times within an hour: flapping, not investigated again"
                if flapping
                else "firing again"
            )
            investigate = not flapping and alert.status is AlertStatus.FIRING
            return GroupingDecision(
                action=GroupingAction.REOPEN, incident_id=incident.id, investigate=investigate, why=why
            )
    if near := next((i for i in related if now - i.updated_at < WINDOW), None):
        return GroupingDecision(
            action=GroupingAction.JOIN, incident_id=near.id, why=f"same resource as incident {near.number}"
        )
    return GroupingDecision(
        action=GroupingAction.OPEN, investigate=alert.status is AlertStatus.FIRING, why="no open incident matches"
    )


def _decide_resolved(known: StoredAlert | None, incident: Incident | None) -> GroupingDecision:
    if known is None or incident is None or known.alert.status is AlertStatus.RESOLVED:
        return GroupingDecision(action=GroupingAction.NOTHING, why="resolve of an alert that is not open")
    return GroupingDecision(action=GroupingAction.END, incident_id=incident.id, why="alert resolved")
