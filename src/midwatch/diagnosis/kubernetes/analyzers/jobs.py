"""Jobs that failed, are suspended, or run past their deadline. A failed Job is no finding after a later run of its
CronJob succeeded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from midwatch.analysis.codes import location
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.diagnosis.kubernetes.view.replicas import quote_of, since, text_of
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.workload import Job

_BY_REASON = {"BackoffLimitExceeded": "K8S-621", "DeadlineExceeded": "K8S-622", "PodFailurePolicy": "K8S-623"}
_GRACE = timedelta(minutes=1)  # the controller enforces a deadline within seconds
_EPOCH = datetime.min.replace(tzinfo=UTC)


def find(cluster: Cluster) -> Iterator[Finding]:
    for job in cluster.all(Job):
        failed, told = job.condition("Failed"), cluster.events(job, *_BY_REASON)
        if is_complete(job) or job.metadata.deletion_timestamp:
            continue
        if failed and failed.status == "True":
            if not _made_up_for(cluster, job):
                yield finding(
                    _BY_REASON.get(failed.reason or "", "K8S-621"),
                    job.subject,
                    owner=cluster.owner(job),
                    cites=(cluster.cite(job, quote_of(failed)),),
                    onset=since(failed),
                    at=location(job.subject),
                    reason=failed.reason or "",
                    text=text_of(failed),
                    failed=str(job.status.failed or 0),
                )
        elif told and not job.status.active:  # `kubectl describe` prints the event but no condition
            if not _made_up_for(cluster, job):
                yield _told(cluster, job, told[-1])
        elif job.spec.suspend:
            yield finding(
                "K8S-624",
                job.subject,
                owner=cluster.owner(job),
                cites=(cluster.cite(job, '"suspend":true'),),
                at=location(job.subject),
            )
        else:
            yield from _overdue(cluster, job)


def _told(cluster: Cluster, job: Job, event: Event) -> Finding:
    reason = event.reason or ""
    return finding(
        _BY_REASON[reason],
        job.subject,
        owner=cluster.owner(job),
        cites=(cluster.cite_event(event),),
        onset=event.first,
        at=location(job.subject),
        reason=reason,
        text=event.message or reason,
        failed=str(job.status.failed or 0),
    )


def is_complete(job: Job) -> bool:
    complete = job.condition("Complete")
    return complete is not None and complete.status == "True"


def siblings(cluster: Cluster, job: Job) -> list[Job]:
    """The Jobs of the same CronJob, oldest first; only the Job itself where there is none."""
    owner = cluster.owner(job)
    if owner == job.subject:
        return [job]
    runs = [j for j in cluster.all(Job, job.namespace) if cluster.owner(j) == owner]
    return sorted(runs, key=lambda j: (j.status.start_time or j.metadata.creation_timestamp or _EPOCH, j.name))


def _made_up_for(cluster: Cluster, job: Job) -> bool:
    runs = siblings(cluster, job)
    return any(is_complete(later) for later in runs[runs.index(job) + 1 :])


def _overdue(cluster: Cluster, job: Job) -> Iterator[Finding]:
    limit, start = job.spec.active_deadline_seconds, job.status.start_time
    if limit and start and job.status.active and (cluster.clock - start - _GRACE).total_seconds() > limit:
        ran = int((cluster.clock - start).total_seconds())
        cites = (cluster.cite(job, json_field("activeDeadlineSeconds", limit)),)
        yield finding(
            "K8S-625",
            job.subject,
            owner=cluster.owner(job),
            cites=cites,
            onset=start,
            at=location(job.subject),
            limit=str(limit),
            ran=str(ran),
        )


ANALYZER = Analyzer(find, reads=(Event, Job))
