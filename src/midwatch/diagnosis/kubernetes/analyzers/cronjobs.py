"""CronJobs with an invalid schedule, suspended, with missed runs, or whose last run failed."""

from collections.abc import Iterator
from datetime import timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.jobs import siblings
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.diagnosis.kubernetes.view.replicas import quote_of, recent, since, text_of
from midwatch.domain.finding import Confidence, Finding
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.schedule import fault
from midwatch.integrations.kubernetes.objects.workload import CronJob, Job

# Reasons of the warning events of the CronJob controller about missed runs
_MISSED = ("TooManyMissedTimes", "MissSchedule", "FailedNeedsStart")
_PATIENCE = timedelta(minutes=10)  # a run that takes longer has a Job
_REFUSED = ("InvalidSchedule", "UnparseableSchedule", "UnknownTimeZone", "UnsupportedSchedule")


def find(cluster: Cluster) -> Iterator[Finding]:
    for cron in cluster.all(CronJob):
        yield from _settings(cluster, cron)
        if cron.spec.suspend:
            yield finding("K8S-633", cron.subject, cites=(cluster.cite(cron, '"suspend":true'),))
            continue
        yield from _missed(cluster, cron)
        failed = list(_failed(cluster, cron))
        yield from failed or _fruitless(cluster, cron)


def _settings(cluster: Cluster, cron: CronJob) -> Iterator[Finding]:
    schedule, deadline = cron.spec.schedule, cron.spec.starting_deadline_seconds
    refused = cluster.events(cron, *_REFUSED)
    if wrong := fault(schedule):
        cites = (cluster.cite(cron, json_field("schedule", schedule) if schedule else ""),)
        yield finding("K8S-631", cron.subject, cites=cites, schedule=schedule or "(empty)", wrong=wrong)
    elif refused:
        event = refused[-1]
        text = event.message or event.reason or ""
        yield finding(
            "K8S-631",
            cron.subject,
            cites=(cluster.cite_event(event),),
            onset=event.first,
            schedule=schedule,
            wrong=text,
        )
    if deadline is not None and deadline < 0:
        cites = (cluster.cite(cron, json_field("startingDeadlineSeconds", deadline)),)
        yield finding("K8S-632", cron.subject, cites=cites, deadline=str(deadline))


def _missed(cluster: Cluster, cron: CronJob) -> Iterator[Finding]:
    """A run after the warning supersedes it."""
    ran = cron.status.last_schedule_time
    told = [e for e in cluster.events(cron, *_MISSED) if ran is None or e.last is None or e.last > ran]
    if told:
        event = told[-1]
        text = event.message or event.reason or ""
        yield finding("K8S-635", cron.subject, cites=(cluster.cite_event(event),), onset=event.first, text=text)


def _failed(cluster: Cluster, cron: CronJob) -> Iterator[Finding]:
    mine = [j for j in cluster.all(Job, cron.namespace) if cluster.owner(j) == cron.subject]
    if not mine:
        return
    newest = siblings(cluster, mine[0])[-1]
    failed = newest.condition("Failed")
    if failed and failed.status == "True":
        yield finding(
            "K8S-634",
            cron.subject,
            cites=(cluster.cite(newest, quote_of(failed)),),
            onset=since(failed),
            peers=(newest.subject,),
            job=newest.name,
            text=text_of(failed),
        )


def _fruitless(cluster: Cluster, cron: CronJob) -> Iterator[Finding]:
    """It has run without a recorded success, and its Jobs are deleted or were not read."""
    ran = cron.status.last_schedule_time
    if ran is None or cron.status.last_successful_time or cron.status.active or recent(cluster, ran, _PATIENCE):
        return
    if not any(cluster.owner(j) == cron.subject for j in cluster.all(Job, cron.namespace)):
        when = f"{ran:%Y-%m-%d %H:%M} UTC"
        yield finding(
            "K8S-636",
            cron.subject,
            cites=(cluster.cite(cron, '"lastScheduleTime"'),),
            confidence=Confidence.LOW,
            when=when,
        )


ANALYZER = Analyzer(find, reads=(Event, Job, CronJob))
