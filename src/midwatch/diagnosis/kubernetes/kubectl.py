"""Which kinds kubectl's verbs that change a workload take, and with effect.

From kubectl 1.32's own refusals, and from what the API server then lets through: a pod's spec is immutable but for its
image, a Job's template altogether, and a changed ReplicaSet replaces none of its pods.
"""

from collections.abc import Mapping

from midwatch.domain.subject import Subject

_ROLLOUTS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_TEMPLATES = _ROLLOUTS | {"ReplicationController", "CronJob"}
_FIXED = frozenset({"Pod", "Job", "ReplicaSet"})  # changed only by being replaced

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
_POD_SPECS = {"Pod": "spec", "CronJob": "spec.jobTemplate.spec.template.spec"}


def owner_facts(subject: Subject, owner: Subject) -> dict[str, str]:
    """`rollout`: `deployment/web`, and so on for each verb that takes the owner's kind; `editable` where an edit has an
    effect; `pod_spec`: the path of the pod's spec in the owner; `manifest_node`: the node of a static pod."""
    place = f"{owner.kind.lower()}/{owner.name}"
    facts = {fact: place for verb, fact in FACTS.items() if owner.kind in VERBS[verb]}
    if owner.kind == "Node":
        return facts | ({"manifest_node": owner.name} if subject.kind == "Pod" else {})
    if owner.kind not in _FIXED:
        facts["editable"] = place
    if owner.kind in _TEMPLATES | _FIXED:
        facts["pod_spec"] = _POD_SPECS.get(owner.kind, "spec.template.spec")
    return facts
