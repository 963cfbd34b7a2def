"""ConfigMaps, Secrets and keys that a container needs and the namespace does not have."""

import re
from collections.abc import Iterator

from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.analyzers import Analyzer
from midwatch.integrations.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.codes import finding
from midwatch.integrations.kubernetes.objects.pod import ContainerStatus, Pod

# The kubelet's text: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables
_MISSING_CONFIG_MAP = re.compile(r'configmap "([^"]+)" not found')


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in cluster.all(Pod):
        for status in pod.statuses:
            waiting = status.state.waiting
            if waiting and waiting.reason == "CreateContainerConfigError":
                yield from _missing(cluster, pod, status, waiting.message or "")


def _missing(cluster: Cluster, pod: Pod, status: ContainerStatus, message: str) -> Iterator[Finding]:
    if match := _MISSING_CONFIG_MAP.search(message):
        yield finding(
            "K8S-101",
            pod.subject.model_copy(update={"container": status.name}),
            owner=cluster.owner(pod),
            cites=(cluster.cite(pod, match[0]),),
            onset=pod.status.start_time,
            missing=match[1],
            pod=pod.name,
        )


ANALYZER = Analyzer(find)
