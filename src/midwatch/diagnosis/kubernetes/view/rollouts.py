"""Changes of a rollout: the difference between the two newest ReplicaSets of a Deployment."""

from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.integrations.kubernetes.objects.pod import Container, PodSpec
from midwatch.integrations.kubernetes.objects.workload import Deployment, ReplicaSet

REVISION = "deployment.kubernetes.io/revision"
_OF_CONTAINERS = (
    ("command", "command"),
    ("args", "arguments"),
    ("env_from", "envFrom"),
    ("ports", "ports"),
    ("resources", "resources"),
    ("liveness_probe", "liveness probe"),
    ("readiness_probe", "readiness probe"),
    ("startup_probe", "startup probe"),
    ("volume_mounts", "volume mounts"),
    ("security_context", "security context"),
)
_OF_PODS = (
    ("volumes", "volumes"),
    ("service_account_name", "service account"),
    ("node_selector", "node selector"),
    ("affinity", "affinity"),
    ("tolerations", "tolerations"),
    ("priority_class_name", "priority class"),
    ("security_context", "pod security context"),
    ("image_pull_secrets", "image pull secrets"),
)


@dataclass(frozen=True)
class Rollout:
    old: ReplicaSet
    new: ReplicaSet
    differences: tuple[str, ...]

    @property
    def quotes(self) -> tuple[str, str]:
        """Of the old and of the new ReplicaSet: its revision as it stands there."""
        return json_field(REVISION, self.old.annotations[REVISION]), json_field(
            REVISION, self.new.annotations[REVISION]
        )


def last_rollout(cluster: Cluster, deployment: Deployment) -> Rollout | None:
    """None when there was only one revision, or the older one is no longer kept."""
    owned = [r for r in cluster.all(ReplicaSet, deployment.namespace) if revision(r) and _owned(r, deployment)]
    owned.sort(key=lambda r: (revision(r), r.name))
    if len(owned) < 2:
        return None
    old, new = owned[-2:]
    found = tuple(_differences(old.spec.template.spec, new.spec.template.spec))
    return Rollout(old, new, found) if found else None


def revision(replica_set: ReplicaSet | Deployment) -> int:
    text = replica_set.annotations.get(REVISION, "")
    return int(text) if text.isdigit() else 0


def _owned(replica_set: ReplicaSet, deployment: Deployment) -> bool:
    return any(
        o.kind == "Deployment" and o.name == deployment.name for o in replica_set.metadata.owner_references or ()
    )


def _differences(old: PodSpec, new: PodSpec) -> Iterator[str]:
    before = {c.name: c for c in old.all_containers}
    after = {c.name: c for c in new.all_containers}
    yield from (f"container {name} was added" for name in after if name not in before)
    yield from (f"container {name} was removed" for name in before if name not in after)
    for name in after:
        if name in before:
            yield from _within(before[name], after[name])
    yield from (f"{words} changed" for field, words in _OF_PODS if _differs(old, new, field))


def _within(old: Container, new: Container) -> Iterator[str]:
    if old.image != new.image:
        yield f"image of {new.name}: {old.image} → {new.image}"
    before, after = ({e.name: e for e in c.env or ()} for c in (old, new))
    changed = [n for n in sorted({*before, *after}) if before.get(n) != after.get(n)]
    if changed:
        # Names only: the values may be secret.
        yield f"environment of {new.name}: {', '.join(changed)}"
    yield from (f"{words} of {new.name} changed" for field, words in _OF_CONTAINERS if _differs(old, new, field))


def _differs(old: PodSpec | Container, new: PodSpec | Container, field: str) -> bool:
    """An empty list and none at all are the same to the API."""
    return (getattr(old, field) or None) != (getattr(new, field) or None)
