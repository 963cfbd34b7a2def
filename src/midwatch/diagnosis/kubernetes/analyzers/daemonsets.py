"""DaemonSets that are not ready on all nodes, or run on nodes that they exclude."""

from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.replicas import cite_counts, still_starting
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import DaemonSet


def find(cluster: Cluster) -> Iterator[Finding]:
    for workload in cluster.all(DaemonSet):
        status = workload.status
        wanted, ready, stray = (
            status.desired_number_scheduled or 0,
            status.number_ready or 0,
            status.number_misscheduled or 0,
        )
        if workload.metadata.deletion_timestamp:
            continue
        if ready < wanted and not still_starting(cluster, workload):
            cites = cite_counts(cluster, workload, desired_number_scheduled=wanted, number_ready=ready)
            yield finding(
                "K8S-615",
                workload.subject,
                cites=cites,
                wanted=str(wanted),
                ready=str(ready),
                missing=str(wanted - ready),
            )
        if stray:
            yield finding(
                "K8S-616",
                workload.subject,
                cites=cite_counts(cluster, workload, number_misscheduled=stray),
                stray=str(stray),
            )


ANALYZER = Analyzer(find, reads=(Pod, DaemonSet))
