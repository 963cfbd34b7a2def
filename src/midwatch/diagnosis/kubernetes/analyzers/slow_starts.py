"""Containers that are not ready yet and whose log counts up: they are still starting, nothing failed."""

from collections.abc import Iterator
from datetime import timedelta

from midwatch.analysis.log_progress import progress
from midwatch.analysis.log_timestamps import moment
from midwatch.analysis.logs import lines
from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import age, clip
from midwatch.diagnosis.kubernetes.view.terminations import crashed_containers, is_crashed, onset
from midwatch.domain.finding import Finding
from midwatch.domain.observation import LogLines
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Pod

_SILENT = timedelta(minutes=10)  # since the newest step: then it hangs


def find(cluster: Cluster) -> Iterator[Finding]:
    for instance in crashed_containers(cluster):
        log = cluster.log(instance.pod, instance.name)
        step = progress(lines(log.text)) if log and not is_crashed(instance) else None
        if log and step and age(cluster, moment(step.text)) < _SILENT:
            cite = cluster.cite_log(log, step.text)
            yield instance.finding("K8S-236", cite, onset=onset(instance), said=clip(step.said))


ANALYZER = Analyzer(find, reads=(Pod, Event, LogLines))
