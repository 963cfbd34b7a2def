"""Objects of any kind whose status says that something is wrong."""

import re
from collections.abc import Iterator
from datetime import timedelta

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.conditions import Grade, StatusProblem, problems
from midwatch.diagnosis.kubernetes.view.containers import clip
from midwatch.diagnosis.kubernetes.view.custom_links import core_objects, failing_resources, failing_sources
from midwatch.diagnosis.kubernetes.view.replicas import recent
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.observation import Resources
from midwatch.integrations.kubernetes.objects.custom import PLURAL, CustomResource

# A controller needs some rounds until a new object is as wanted; cloud resources and certificates take minutes.
_STARTING = timedelta(minutes=10)
_MAY_FAIL = ("Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "PersistentVolumeClaim", "Node")
# What the API server says of an object that it did not take: the object itself runs, or does not exist.
_REJECTED = re.compile(r"(?i)invalid|immutable|forbidden|denied|not found|no matches for kind|conflict")
_API_SERVICE = "apiregistration.k8s.io"


def find(cluster: Cluster) -> Iterator[Finding]:
    for obj in cluster.all(CustomResource):
        if found := problems(obj):
            yield _say(cluster, obj, found[0], [p.label for p in found[1:] if p.grade is found[0].grade])
        if obj.suspended:
            yield _say(cluster, obj, StatusProblem(Grade.HELD, "spec.suspend=true", "", "", ""), [])


def _say(cluster: Cluster, obj: CustomResource, problem: StatusProblem, others: list[str]) -> Finding:
    code = _code(cluster, obj, problem)
    also = [label for label in dict.fromkeys(others) if label != problem.label]
    return finding(
        code,
        obj.about,
        cites=(cluster.cite(obj, problem.quote),),
        confidence=Confidence.MEDIUM if code == "K8S-685" else Confidence.HIGH,
        onset=problem.since,
        condition=problem.label,
        reason=problem.reason if problem.reason != problem.said else "",
        said=clip(problem.said),
        also=f"also {', '.join(also[:3])}" if also else "",
        resource=obj.resource,
        place=f"-n {obj.namespace}" if obj.namespace else "",
        secret=f'writes Secret "{obj.writes}"' if obj.writes else "",
        service=next((f"{r.namespace}/{r.name}" for r in obj.references or () if r.kind == "Service"), ""),
    )


def _code(cluster: Cluster, obj: CustomResource, problem: StatusProblem) -> str:
    young = recent(cluster, problem.since or obj.metadata.creation_timestamp, _STARTING)
    match problem.grade:
        case Grade.FAILED if obj.object_group == _API_SERVICE:
            return "K8S-689"
        case Grade.FAILED:
            return "K8S-685" if problem.named and _is_origin(cluster, obj, problem) else "K8S-684"
        case Grade.STARTING if not young:
            return "K8S-684"
        case Grade.UNKNOWN if not young:
            return "K8S-687"
        case Grade.WARNING:
            return "K8S-688"
        case _:
            return "K8S-686"


def _is_origin(cluster: Cluster, obj: CustomResource, problem: StatusProblem) -> bool:
    """Whether the trouble begins here, as far as is known: nothing that it stands on is in trouble, and its message
    blames no workload or resource that may be."""
    blamed = () if _REJECTED.search(problem.said) else core_objects(cluster, problem.said, obj.namespace)
    if any(s.kind in _MAY_FAIL or s in failing_resources(cluster) for s in blamed if s != obj.about):
        return False
    return not any(failing_sources(cluster, obj))


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """The sources of what is in trouble, where they are in another namespace than was read."""
    seen = (e.observation for e in cluster.evidence)
    read = {s.scope for s in seen if isinstance(s, Resources) and s.resource == PLURAL}
    for obj in cluster.all(CustomResource) if "" not in read else ():
        for reference in obj.references or ():
            place = reference.namespace
            if place and place not in {obj.namespace, *read} and problems(obj):
                yield ToolRequest(tool="kubernetes_custom_resources", arguments={"namespace": place})


ANALYZER = Analyzer(find, asks, reads=(CustomResource,))
