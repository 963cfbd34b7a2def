"""Replica counts, their citations, and whether a workload is still starting; shared by the analyzers of workloads."""

from datetime import datetime, timedelta

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.backing import json_field, live
from midwatch.domain.evidence import Citation
from midwatch.integrations.kubernetes.objects.meta import Condition
from midwatch.integrations.kubernetes.objects.workload import Workload, WorkloadStatus

STARTING = timedelta(minutes=2)  # an ordinary container start, image pull included
ROLLING = timedelta(minutes=5)  # an ordinary rollout; the API's own deadline is 10 minutes


def recent(cluster: Cluster, when: datetime | None, within: timedelta) -> bool:
    return when is not None and cluster.knows_young and cluster.clock - when < within


def never_ran(workload: Workload) -> bool:
    """A manifest rather than a live object: no controller has written a status, and no server an identity."""
    return (
        workload.status == WorkloadStatus()
        and not workload.metadata.uid
        and workload.metadata.creation_timestamp is None
    )


def still_starting(cluster: Cluster, workload: Workload) -> bool:
    """The workload, or each of its pods that is not ready, is younger than a normal start takes."""
    if recent(cluster, workload.metadata.creation_timestamp, STARTING):
        return True
    unready = [p for p in live(cluster.pods_of(workload.subject)) if not p.ready]
    return bool(unready) and all(
        recent(cluster, p.metadata.creation_timestamp or p.status.start_time, STARTING) for p in unready
    )


def cite_counts(cluster: Cluster, workload: Workload, **fields: int | None) -> tuple[Citation, ...]:
    """One citation for each count that stands in the object (zeros are left out of it); the object alone if none
    does."""
    quotes = [json_field(_camel(name), value) for name, value in fields.items() if value]
    return tuple(cluster.cite(workload, q) for q in quotes) or (cluster.cite(workload),)


def text_of(condition: Condition) -> str:
    """The message of a condition, else its reason, else type and status."""
    return (condition.message or condition.reason or f"{condition.type}={condition.status}").strip()


def quote_of(condition: Condition) -> str:
    return (condition.message or condition.reason or condition.type).strip()


def since(condition: Condition | None) -> datetime | None:
    return (condition.last_transition_time or condition.last_update_time) if condition else None


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
