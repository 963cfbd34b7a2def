"""`kubectl describe` of jobs, cron jobs, autoscalers and disruption budgets."""

from datetime import datetime

from midwatch.integrations.kubernetes.text.described_workloads import conditions, counts
from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.podspec import template
from midwatch.integrations.kubernetes.text.times import parse_time
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import int_or_text, number, reference, selector, value_of


def job(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    pods = counts(doc.get("Pods Statuses"))
    ended = parse_time(doc.get("Completed At"))
    return {
        "spec": _job_spec(doc),
        "status": without_empty(
            startTime=parse_time(doc.get("Start Time")),
            completionTime=ended,
            # Only a job that completed has that time.
            conditions=[{"type": "Complete", "status": "True", "lastTransitionTime": ended}] if ended else None,
            active=pods.get("active", pods.get("running")),
            ready=pods.get("ready"),
            succeeded=pods.get("succeeded"),
            failed=pods.get("failed"),
        ),
    }


def _job_spec(doc: TreeNode) -> Json:
    return without_empty(
        parallelism=number(doc.get("Parallelism")),
        completions=number(doc.get("Completions")),
        backoffLimit=number(doc.get("Backoff Limit")),
        activeDeadlineSeconds=number(doc.get("Active Deadline Seconds")),
        suspend=_flag(doc.get("Suspend")) if doc.find("Parallelism") and not doc.find("Schedule") else None,
        template=template(doc),
    )


def cronjob(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    active = [name.strip() for name in (value_of(doc.get("Active Jobs")) or "").split(",")]
    return {
        "spec": without_empty(
            schedule=value_of(doc.get("Schedule")),
            timeZone=value_of(doc.get("Time Zone")),
            suspend=_flag(doc.get("Suspend")),
            concurrencyPolicy=value_of(doc.get("Concurrency Policy")),
            startingDeadlineSeconds=number(doc.get("Starting Deadline Seconds")),
            jobTemplate=without_empty(spec=_job_spec(doc)),
        ),
        "status": without_empty(
            lastScheduleTime=parse_time(doc.get("Last Schedule Time")),
            active=[{"kind": "Job", "name": name} for name in active if name],
        ),
    }


def _flag(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def autoscaler(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    target = reference(doc.get("Reference"))
    pods = counts(next((n.value for n in doc.children if n.key.endswith(" pods")), ""))
    return {
        "spec": without_empty(
            scaleTargetRef=without_empty(kind=target[0], name=target[1]) if target else None,
            minReplicas=number(doc.get("Min replicas")),
            maxReplicas=number(doc.get("Max replicas")),
        ),
        "status": without_empty(
            currentReplicas=pods.get("current"), desiredReplicas=pods.get("desired"), conditions=conditions(doc)
        ),
    }


def budget(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    shown = doc.find("Status")
    status = shown if shown and shown.children else doc
    least, most = value_of(doc.get("Min available", "Minimum available")), value_of(doc.get("Max unavailable"))
    return {
        "spec": without_empty(
            minAvailable=int_or_text(least) if least else None,
            maxUnavailable=int_or_text(most) if most else None,
            selector=selector(doc.get("Selector")),
        ),
        "status": without_empty(
            disruptionsAllowed=number(status.get("Allowed disruptions")),
            currentHealthy=number(status.get("Current")),
            desiredHealthy=number(status.get("Desired")),
            expectedPods=number(status.get("Total")),
        ),
    }
