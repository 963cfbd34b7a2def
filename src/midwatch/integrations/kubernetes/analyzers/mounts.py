"""Volumes that cannot be attached or mounted, while the pod waits for them."""

import re
from collections.abc import Iterator

from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.analyzers import Analyzer
from midwatch.integrations.kubernetes.analyzers.instances import clip, instances, say_of_pod, unready
from midwatch.integrations.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Pod

_REASONS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
_VOLUME = re.compile(r'(?:for volume|Multi-Attach error for volume) "([^"]+)"|volume "([^"]+)"')
_CLAIM = re.compile(r'persistentvolumeclaims? "([^"]+)" not found')
# Objects and keys that are missing are told by configuration.py.
_ELSEWHERE = re.compile(r'(?:configmap|secret|serviceaccount)s? "[^"]+" not found|references non-existent (?:config|secret) key')
# In the order in which they are tried; a message can hold several.
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("K8S-141", re.compile(r"Multi-Attach error|already (?:exclusively )?(?:attached|used by)", re.IGNORECASE)),
    ("K8S-143", re.compile(r"hostPath type check failed", re.IGNORECASE)),
    ("K8S-165", re.compile(r"subPath", re.IGNORECASE)),
    ("K8S-142", re.compile(r"permission denied|access denied|operation not permitted", re.IGNORECASE)),
    ("K8S-146", re.compile(r"Unable to attach or mount volumes.*timed out|timed out waiting for the condition", re.IGNORECASE | re.DOTALL)),
)


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in unready(cluster):
        if any(i.begun for i in instances(cluster, pod)):
            continue
        told = [_told(cluster, pod, event) for event in cluster.events(pod, *_REASONS)]
        found = {f.code: f for f in told if f}  # the newest of each kind
        if len(found) > 1:
            found.pop("K8S-146", None)
        yield from found.values()


def _told(cluster: Cluster, pod: Pod, event: Event) -> Finding | None:
    message = event.message or ""
    if _ELSEWHERE.search(message):
        return None
    if match := _CLAIM.search(message):
        claim = Subject(kind="PersistentVolumeClaim", name=match[1], namespace=pod.namespace)
        cite = cluster.cite_event(event, match[0])
        return say_of_pod(cluster, pod, "K8S-140", cite, onset=event.first, peers=(claim,), missing=match[1])
    general = "K8S-145" if event.reason == "FailedAttachVolume" else "K8S-144"
    code = next((c for c, sign in _SIGNS if sign.search(message)), general)
    cites: tuple[Citation, ...] = (cluster.cite_event(event),)
    volume = _VOLUME.search(message)
    name = (volume[1] or volume[2]) if volume else ""
    return say_of_pod(cluster, pod, code, *cites, onset=event.first, volume=name, said=clip(message))


ANALYZER = Analyzer(find)
