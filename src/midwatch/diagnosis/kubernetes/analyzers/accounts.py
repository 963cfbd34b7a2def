"""References to ServiceAccounts and pull secrets that do not exist: running pods keep running, new pods fail."""

import re
from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.failed_creates import refusals
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.diagnosis.kubernetes.view.containers import instances, say_of_pod
from midwatch.diagnosis.kubernetes.view.replicas import never_ran
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event, Secret
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import ServiceAccount
from midwatch.integrations.kubernetes.objects.pod import Pod, PodSpec
from midwatch.integrations.kubernetes.objects.workload import (
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
    Workload,
)

_WITH_TEMPLATE: tuple[type[Object], ...] = (
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    ReplicationController,
    Job,
    CronJob,
)
_EVERYWHERE = "default"  # every namespace gets this account from a controller
_PULLING = frozenset({"ErrImagePull", "ImagePullBackOff"})
_LOST_SECRET = re.compile(r"Unable to retrieve some image pull secrets \(([^)]+)\)")


def find(cluster: Cluster) -> Iterator[Finding]:
    yield from _nameless(cluster)
    for pod in cluster.all(Pod):
        if not pod.is_finished:
            told = _without_pull_secret(cluster, pod)
            # While a pull fails, images.py reports the missing secret.
            yield from (f for f in told if not any(i.waiting_reason in _PULLING for i in instances(cluster, pod)))
    for account in cluster.all(ServiceAccount):
        yield from _secrets(cluster, account)


def _nameless(cluster: Cluster) -> Iterator[Finding]:
    """FailedCreate events expire after an hour; the template and the list of ServiceAccounts remain."""
    named = [w for kind in _WITH_TEMPLATE for w in cluster.all(kind) if not w.metadata.owner_references]
    lost = [(w, name) for w in named if (name := _account(w)) and cluster.missing(ServiceAccount, w.namespace, name)]
    told = {r.owner for r in refusals(cluster)} if lost else set[Subject]()
    for workload, name in lost:
        if workload.subject in told or any(
            not p.ready and not p.is_finished for p in cluster.pods_of(workload.subject)
        ):
            continue  # the message of the API server, or the finding about the waiting pod, is more specific
        cites = (cluster.cite(workload, name), cluster.cite_absence(ServiceAccount, workload.namespace, name))
        lacking = _lacking(workload)
        sure = Confidence.MEDIUM if lacking else Confidence.HIGH
        yield finding("K8S-720" if lacking else "K8S-732", workload.subject, cites=cites, confidence=sure, account=name)


def _account(workload: Object) -> str:
    name = _pods_of(workload).service_account_name or ""
    return "" if name == _EVERYWHERE else name


def _pods_of(workload: Object) -> PodSpec:
    if isinstance(workload, CronJob):
        return workload.spec.job_template.spec.template.spec
    return workload.spec.template.spec if isinstance(workload, Workload | Job) else PodSpec()


def _lacking(workload: Object) -> bool:
    """Whether desired pods do not exist: then the missing ServiceAccount is the cause."""
    if isinstance(workload, DaemonSet):
        return (workload.status.current_number_scheduled or 0) < (workload.status.desired_number_scheduled or 0)
    if isinstance(workload, Workload):
        return not never_ran(workload) and (workload.status.replicas or 0) < workload.desired_replicas
    return False


def _without_pull_secret(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    for event in reversed(cluster.events(pod, "FailedToRetrieveImagePullSecret")):
        if match := _LOST_SECRET.search(event.message or ""):
            yield say_of_pod(
                cluster, pod, "K8S-129", cluster.cite_event(event, match[0]), onset=event.first, secret=match[1]
            )
            return
    for secret in pod.spec.image_pull_secrets or ():
        if secret.name and cluster.missing(Secret, pod.namespace, secret.name):
            cites = (
                cluster.cite(pod, json_field("name", secret.name)),
                cluster.cite_absence(Secret, pod.namespace, secret.name),
            )
            yield say_of_pod(cluster, pod, "K8S-129", *cites, secret=secret.name)


def _secrets(cluster: Cluster, account: ServiceAccount) -> Iterator[Finding]:
    for code, references in (("K8S-131", account.image_pull_secrets), ("K8S-130", account.secrets)):
        for name in dict.fromkeys(r.name for r in references or () if r.name):
            if cluster.missing(Secret, account.namespace, name):
                cites = (
                    cluster.cite(account, json_field("name", name)),
                    cluster.cite_absence(Secret, account.namespace, name),
                )
                yield finding(code, account.subject, cites=cites, secret=name)


ANALYZER = Analyzer(
    find,
    reads=(
        Pod,
        Event,
        Deployment,
        ReplicaSet,
        StatefulSet,
        DaemonSet,
        Job,
        CronJob,
        ServiceAccount,
        ReplicationController,
        Secret,
    ),
)
