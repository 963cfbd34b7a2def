"""Fallback for pods without a more specific finding: not ready, or restarted often."""

from collections.abc import Iterator
from datetime import timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.diagnosis.kubernetes.view.containers import ContainerView, age, instances, say_of_pod, unready
from midwatch.diagnosis.kubernetes.view.replicas import recent
from midwatch.diagnosis.kubernetes.view.terminations import crashed_containers
from midwatch.domain.finding import Confidence, Finding
from midwatch.integrations.kubernetes.objects.pod import Pod, State

_OFTEN = 5  # restarts; fewer come with updates of nodes and with dependencies that start later
_DAY = timedelta(days=1)
_STARTING = timedelta(minutes=2)


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in unready(cluster):
        if pod.status.phase == "Running" and not _young(cluster, pod):
            yield from _unexplained(cluster, pod)
    ill = {(i.pod.subject, i.name) for i in crashed_containers(cluster)}
    for pod in cluster.all(Pod):
        if not pod.is_finished and pod.metadata.deletion_timestamp is None:
            for instance in instances(cluster, pod):
                often = instance.status.restart_count >= _OFTEN and _restless(instance)
                if often and (pod.subject, instance.name) not in ill:
                    yield _restarts(instance)


def _young(cluster: Cluster, pod: Pod) -> bool:
    born = pod.status.start_time or pod.metadata.creation_timestamp
    return recent(cluster, born, _STARTING)


def _unexplained(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    """Saved objects may lack the kubelet's status: a pod without container statuses, a container without a state."""
    ready = pod.condition("Ready")
    if ready and ready.status == "False" and not pod.statuses:
        proof = cluster.cite(pod, json_field("type", "Ready"))
        yield say_of_pod(cluster, pod, "K8S-251", proof, onset=ready.last_transition_time, confidence=Confidence.MEDIUM)
    for instance in instances(cluster, pod):
        if not instance.status.ready and instance.status.state == State() and not instance.init:
            yield instance.finding(
                "K8S-251", instance.cite(json_field("name", instance.name)), confidence=Confidence.MEDIUM
            )


def _restless(instance: ContainerView) -> bool:
    """At least once a day over the life of the pod, and within the last day, as far as that is known."""
    count, ended, started = instance.status.restart_count, instance.last_termination, instance.pod.status.start_time
    if ended and age(instance.cluster, ended.finished_at) > _DAY:
        return False
    return started is None or age(instance.cluster, started) < count * _DAY


def _restarts(instance: ContainerView) -> Finding:
    count = instance.status.restart_count
    return instance.finding("K8S-214", instance.cite(json_field("restartCount", count)), count=str(count))


ANALYZER = Analyzer(find, reads=(Pod,))
