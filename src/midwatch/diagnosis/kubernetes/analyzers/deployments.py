"""Deployments with unavailable replicas, and the changes of their last rollout. One symptom for each Deployment: its
pods have the cause."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.replicas import (
    ROLLING,
    cite_counts,
    never_ran,
    quote_of,
    recent,
    since,
    still_starting,
    text_of,
)
from midwatch.diagnosis.kubernetes.view.rollouts import last_rollout, revision
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import Deployment, ReplicaSet

_DAY, _NEWEST = timedelta(days=1), 5  # rollouts of workloads without a fault that are told


def find(cluster: Cluster) -> Iterator[Finding]:
    for deployment in cluster.all(Deployment):
        if never_ran(deployment) or deployment.desired_replicas == 0 or deployment.metadata.deletion_timestamp:
            continue
        trouble = _trouble(cluster, deployment)
        if trouble:
            yield trouble
            yield from _changed(cluster, deployment)
        elif deployment.subject in _rolled_out(cluster):
            yield from _changed(cluster, deployment)
        yield from _paused(cluster, deployment, bool(trouble))
        yield from _unseen(cluster, deployment)


def _trouble(cluster: Cluster, deployment: Deployment) -> Finding | None:
    failure, progress = deployment.condition("ReplicaFailure"), deployment.condition("Progressing")
    if failure and failure.status == "True":
        return _symptom(
            cluster,
            deployment,
            "K8S-607",
            cluster.cite(deployment, quote_of(failure)),
            since(failure),
            text_of(failure),
        )
    if progress and progress.reason == "ProgressDeadlineExceeded" and not _complete(deployment):
        return _symptom(
            cluster,
            deployment,
            "K8S-602",
            cluster.cite(deployment, quote_of(progress)),
            since(progress),
            text_of(progress),
        )
    if _lacking(deployment) and not _rolling(cluster, deployment):
        available = deployment.condition("Available")
        down = available if available and available.status == "False" else None
        proof = cluster.cite(deployment, quote_of(down)) if down else cluster.cite(deployment)
        return _symptom(cluster, deployment, "K8S-601", proof, since(down), text_of(down) if down else "")
    return None


def _symptom(
    cluster: Cluster, deployment: Deployment, code: str, proof: Citation, onset: datetime | None, text: str
) -> Finding:
    status = deployment.status
    counts = cite_counts(
        cluster,
        deployment,
        replicas=status.replicas,
        ready_replicas=status.ready_replicas,
        available_replicas=status.available_replicas,
        unavailable_replicas=status.unavailable_replicas,
    )
    return finding(
        code,
        deployment.subject,
        cites=(proof, *counts),
        onset=onset,
        wanted=str(deployment.desired_replicas),
        has=str(status.replicas or 0),
        ready=str(status.ready_replicas or 0),
        available=str(status.available_replicas or 0),
        text=text,
    )


def _complete(deployment: Deployment) -> bool:
    status = deployment.status
    return (status.available_replicas or 0) >= deployment.desired_replicas and (
        status.updated_replicas or 0
    ) >= deployment.desired_replicas


def _lacking(deployment: Deployment) -> bool:
    """Fewer available than desired, or more than desired because new pods do not become available and old ones stay."""
    replicas, available = deployment.status.replicas or 0, deployment.status.available_replicas or 0
    return available < deployment.desired_replicas or (replicas > deployment.desired_replicas and available < replicas)


def _rolling(cluster: Cluster, deployment: Deployment) -> bool:
    """A rollout, or the start of missing pods, within the usual time."""
    progress = deployment.condition("Progressing")
    under_way = progress is not None and progress.status == "True" and progress.reason != "NewReplicaSetAvailable"
    moved = (progress.last_update_time or progress.last_transition_time) if progress else None
    return (under_way and recent(cluster, moved, ROLLING)) or still_starting(cluster, deployment)


@fact
def _rolled_out(cluster: Cluster) -> frozenset[Subject]:
    """The Deployments of the newest rollouts within a day: what was changed is asked first, whatever is wrong."""
    last: dict[Subject, ReplicaSet] = {}
    for one in cluster.all(ReplicaSet):
        owner = cluster.owner(one)
        if owner.kind == "Deployment" and revision(one) > max(1, revision(last[owner]) if owner in last else 0):
            last[owner] = one
    dated = [(when, owner) for owner, one in last.items() if (when := one.metadata.creation_timestamp)]
    dated = [(when, owner) for when, owner in dated if recent(cluster, when, _DAY)]
    newest = sorted(dated, key=lambda pair: (pair[0], str(pair[1])), reverse=True)
    return frozenset(owner for _, owner in newest[:_NEWEST])


def _changed(cluster: Cluster, deployment: Deployment) -> Iterator[Finding]:
    rollout = last_rollout(cluster, deployment)
    if rollout and revision(rollout.new) >= revision(deployment):
        old, new = rollout.quotes
        when = rollout.new.metadata.creation_timestamp
        yield finding(
            "K8S-609",
            deployment.subject,
            cites=(cluster.cite(rollout.old, old), cluster.cite(rollout.new, new)),
            onset=when,
            revision=str(revision(rollout.new)),
            before=str(revision(rollout.old)),
            change="; ".join(rollout.differences),
            when=f"{when:%Y-%m-%d %H:%M} UTC" if when else "time unknown",
        )


def _paused(cluster: Cluster, deployment: Deployment, troubled: bool) -> Iterator[Finding]:
    if deployment.spec.paused:
        behind = (deployment.status.updated_replicas or 0) < deployment.desired_replicas
        if behind or troubled:
            yield finding("K8S-603", deployment.subject, cites=(cluster.cite(deployment, '"paused":true'),))


def _unseen(cluster: Cluster, deployment: Deployment) -> Iterator[Finding]:
    """The controller updates observedGeneration within seconds; the newest condition dates its last update."""
    wanted, seen = deployment.metadata.generation, deployment.status.observed_generation or 0
    worked = [c.last_update_time or c.last_transition_time for c in deployment.status.conditions or ()]
    created = deployment.metadata.creation_timestamp
    if 0 < seen < wanted and not any(recent(cluster, when, ROLLING) for when in (*worked, created)):
        cites = cite_counts(cluster, deployment, generation=wanted, observed_generation=seen)
        yield finding(
            "K8S-606", deployment.subject, cites=cites, confidence=Confidence.MEDIUM, wanted=str(wanted), seen=str(seen)
        )


ANALYZER = Analyzer(find, reads=(Pod, Deployment, ReplicaSet))
