"""`Who deployed last?`: the newest rollout. Kubernetes records its time, revision and images, not the person."""

import re
from collections.abc import Iterator
from datetime import datetime

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.rollouts import revision
from midwatch.domain.finding import HealthyCheck, Table
from midwatch.integrations.kubernetes.objects.workload import ReplicaSet

_ASKED = re.compile(
    r"(?i)\bwho (?:\w+ ){0,2}(?:deployed|released|changed|rolled)\b"
    r"|\b(?:last|latest|newest|most recent) (?:deploy(?:ment)?s?|rollouts?|releases?)\b"
    r"|\bwhen (?:was|were|did)\b.{0,60}\b(?:deployed|released|rolled out|roll out)\b"
    r"|\bwhat (?:was|got|has been) (?:deployed|released|rolled out|changed)\b|\bwhat (?:has )?changed\b"
)
_CAUSE = "kubernetes.io/change-cause"
_SHOWN = 10


def last_change(cluster: Cluster) -> tuple[HealthyCheck, tuple[Table, ...]] | None:
    if not _ASKED.search(cluster.question.text):
        return None
    newest = sorted(_created(cluster), key=lambda one: one[0], reverse=True)
    names = cluster.question.names
    named = [one for one in newest if names & {one[1].namespace, cluster.owner(one[1]).name}]
    newest = named or newest
    if not newest:
        return None
    when, last = newest[0]
    owner = cluster.owner(last)
    cause = (last.metadata.annotations or {}).get(_CAUSE, "")
    text = (
        f"last rollout: {owner.namespace}/{owner.kind.lower()}/{owner.name}, revision {revision(last)}, at "
        f"{when:%Y-%m-%d %H:%M} UTC" + (f" ({cause})" if cause else "") + "; Kubernetes does not record who made it"
    )
    table = Table(
        title="Rollouts, newest first",
        columns=("workload", "revision", "created (UTC)", "images"),
        rows=tuple(_row(cluster, at, one) for at, one in newest[:_SHOWN]),
        cites=tuple(cluster.cite(one) for _, one in newest[:_SHOWN]),
        note="Who made a change is in the audit log of the API server, or in the CI system.",
    )
    return HealthyCheck(text=text, cites=(cluster.cite(last),)), (table,)


def _created(cluster: Cluster) -> Iterator[tuple[datetime, ReplicaSet]]:
    for one in cluster.all(ReplicaSet):
        if one.metadata.creation_timestamp and revision(one):
            yield one.metadata.creation_timestamp, one


def _row(cluster: Cluster, at: datetime, one: ReplicaSet) -> tuple[str, ...]:
    owner = cluster.owner(one)
    images = ", ".join(c.image or "" for c in one.spec.template.spec.containers) if one.spec.template else ""
    return (f"{owner.namespace}/{owner.name}", str(revision(one)), f"{at:%Y-%m-%d %H:%M}", images)
