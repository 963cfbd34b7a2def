"""Which kinds kubectl's verbs that change a workload take, and with effect.

From kubectl 1.32's own refusals, and from what the API server then lets through: a pod's spec is immutable but for its
image, a Job's template altogether, and a changed ReplicaSet replaces none of its pods.
"""

import re
from collections.abc import Mapping

from midwatch.domain.subject import Subject

_ROLLOUTS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_TEMPLATES = _ROLLOUTS | {"ReplicationController", "CronJob"}
_FIXED = frozenset({"Pod", "Job", "ReplicaSet"})  # changed only by being replaced

_NO_OBJECTS = frozenset({"Log", "Command", "Object"})  # what a finding may be about without a name in the cluster

# verb → kinds it is accepted for, and has an effect on
VERBS: Mapping[str, frozenset[str]] = {
    "rollout undo": _ROLLOUTS,
    "rollout restart": _ROLLOUTS,
    "rollout status": _ROLLOUTS,
    "rollout history": _ROLLOUTS,
    "set image": _TEMPLATES | {"Pod"},
    "set env": _TEMPLATES,
    "set resources": _TEMPLATES,
    "set env --list": _TEMPLATES | _FIXED,
    "scale": frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"}),
    "replace --force": _FIXED,
    "logs": (_ROLLOUTS | _FIXED | {"ReplicationController"}),
}
# verb → the fact that names the workload in a command with this verb. A command whose fact is missing is not printed.
FACTS: Mapping[str, str] = {
    "rollout undo": "rollout",
    "rollout restart": "rollout",
    "rollout status": "rollout",
    "rollout history": "rollout",
    "set image": "image_owner",
    "set env": "template",
    "set resources": "template",
    "set env --list": "pod_owner",
    "scale": "scalable",
    "replace --force": "replaceable",
    "logs": "log_owner",
}
# pod-template-hash: 8 to 10 of the letters that apimachinery uses for it
_HASHED = re.compile(r"(.{1,240})-[bcdfghjklmnpqrstvwxz2456789]{8,10}")
_POD_SPECS = {"Pod": "spec", "CronJob": "spec.jobTemplate.spec.template.spec"}


def _deployment(owner: Subject) -> Subject:
    """Of a ReplicaSet with a template hash in its name the Deployment: a change of the ReplicaSet itself is undone, or
    reaches no pod."""
    made = _HASHED.fullmatch(owner.name) if owner.kind == "ReplicaSet" else None
    return Subject(kind="Deployment", name=made[1], namespace=owner.namespace) if made else owner


def owner_facts(subject: Subject, owner: Subject) -> dict[str, str]:
    """`rollout`: `deployment/web`, and so on for each verb that takes the owner's kind; `editable` where an edit has an
    effect; `pod_spec`: the path of the pod's spec in the owner; `manifest_node`: the node of a static pod."""
    owner = _deployment(owner)
    place = f"{owner.kind.lower()}/{owner.name}"
    facts = {fact: place for verb, fact in FACTS.items() if owner.kind in VERBS[verb]}
    if owner.kind == "Node":
        return facts | ({"manifest_node": owner.name} if subject.kind == "Pod" else {})
    if owner.kind not in _FIXED | _NO_OBJECTS:
        facts["editable"] = place
    stateful = owner.kind == "StatefulSet"
    facts["made_by"] = "statefulset" if stateful else "replicaset"
    facts["wanted_metric"] = "replicas" if stateful else "spec_replicas"
    if owner.kind in _TEMPLATES | _FIXED:
        facts["pod_spec"] = _POD_SPECS.get(owner.kind, "spec.template.spec")
    return facts
