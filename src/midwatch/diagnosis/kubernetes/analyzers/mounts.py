"""Volume mounts that fail (permission, hostPath, subPath) or time out. Disks and claims: volumes.py."""

import re
from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.containers import clip, instances, say_of_pod, unready
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.pod import Pod

_VOLUME = re.compile(r'volume "([^"]+)"')
_WAITS = "K8S-146"
# In order of precedence; a message can match several.
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("K8S-143", re.compile(r"hostPath type check failed", re.IGNORECASE)),
    ("K8S-165", re.compile(r"subPath", re.IGNORECASE)),
    ("K8S-142", re.compile(r"permission denied|access denied|operation not permitted", re.IGNORECASE)),
    (
        _WAITS,
        re.compile(
            r"Unable to attach or mount volumes.*timed out|timed out waiting for the condition",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
)


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in unready(cluster):
        if any(i.has_run for i in instances(cluster, pod)):
            continue
        events = cluster.events(pod, "FailedMount", "FailedAttachVolume", "FailedMapVolume")
        told = [f for event in events if (f := _told(cluster, pod, event))]
        found = {f.code: f for f in told}  # the newest of each kind
        if len({e.message for e in events}) > 1:
            found.pop(_WAITS, None)  # another event has the reason
        yield from found.values()


def _told(cluster: Cluster, pod: Pod, event: Event) -> Finding | None:
    message = event.message or ""
    code = next((c for c, sign in _SIGNS if sign.search(message)), None)
    if code is None:
        return None
    volume = _VOLUME.search(message)
    facts = {"volume": volume[1] if volume else "", "said": clip(message)}
    return say_of_pod(cluster, pod, code, cluster.cite_event(event), onset=event.first, facts=facts)


ANALYZER = Analyzer(find, reads=(Pod, Event))
