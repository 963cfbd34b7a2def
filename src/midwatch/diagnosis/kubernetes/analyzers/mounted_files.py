"""Files that a container does not find below a mounted ConfigMap or Secret: the missing key, and the rollout that asked
for it."""

from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.logs import missing_file
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.diagnosis.kubernetes.view.containers import ContainerView
from midwatch.diagnosis.kubernetes.view.mounts import MountedFile, mounted_file
from midwatch.diagnosis.kubernetes.view.rollouts import Rollout, last_rollout, revision
from midwatch.diagnosis.kubernetes.view.terminations import crashed_containers, onset
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Finding
from midwatch.domain.observation import LogLines
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Event, Secret
from midwatch.integrations.kubernetes.objects.pod import Container, Pod
from midwatch.integrations.kubernetes.objects.workload import Deployment, ReplicaSet

_SHOWN = 6  # keys of a map by name


@dataclass(frozen=True)
class MissingFile:
    """A path that the log says is not there, and the citation of that line."""

    instance: ContainerView
    path: str
    cite: Citation

    @property
    def source(self) -> MountedFile | None:
        pod = self.instance.pod
        return mounted_file(self.instance.cluster, pod.namespace, pod.spec, self.instance.spec, self.path)


def find(cluster: Cluster) -> Iterator[Finding]:
    for missing in _missing(cluster):
        rollout = _rollout(missing.instance)
        source = missing.source
        if source is None:
            yield from _unmounted(missing, rollout)
        elif source.has_key is False:
            yield _without_key(missing, source, rollout)


def _missing(cluster: Cluster) -> Iterator[MissingFile]:
    for instance in crashed_containers(cluster):
        if (told := missing_file(instance)) and told[0].startswith("/"):
            yield MissingFile(instance, *told)


def _rollout(instance: ContainerView) -> Rollout | None:
    """The last rollout, when the pod is of its new revision."""
    cluster = instance.cluster
    owner = cluster.owner(instance.pod)
    deployment = cluster.get(Deployment, owner.namespace, owner.name) if owner.kind == "Deployment" else None
    rollout = last_rollout(cluster, deployment) if deployment else None
    mine = instance.pod.metadata.owner_references or ()
    return rollout if rollout and any(o.name == rollout.new.name for o in mine) else None


def _without_key(missing: MissingFile, source: MountedFile, rollout: Rollout | None) -> Finding:
    instance = missing.instance
    cluster, known = instance.cluster, source.keys
    proof = [missing.cite, instance.cite(source.name)]
    if source.seen is not None and known:
        proof.append(cluster.cite(source.seen, json_field(known[0], "")[:-2]))
    facts = {"file": missing.path, "source": f"{source.kind} {source.name}", "mount": source.mount, "key": source.key}
    facts["source_kind"], facts["source_name"] = source.kind.lower(), source.name
    shown = ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
    facts["keys"] = shown or "none"
    code, changed = "K8S-944", {}
    if rollout:
        code, changed = "K8S-943", _change(instance, source, rollout)
        proof += [cluster.cite(rollout.old, rollout.quotes[0]), cluster.cite(rollout.new, rollout.quotes[1])]
    return instance.finding(code, *proof, onset=onset(instance), facts=facts | changed)


def _change(instance: ContainerView, source: MountedFile, rollout: Rollout) -> dict[str, str]:
    """The rollout in words, with what the revision before took from the same place."""
    before = rollout.old.spec.template.spec
    container = next((c for c in before.all_containers if c.name == instance.name), Container())
    old = mounted_file(instance.cluster, instance.pod.namespace, before, container, f"{source.mount}/{source.key}")
    if old is not None and old.name != source.name:
        used = f"mounted {old.kind} {old.name}"
    else:
        used = ", ".join(k for k in source.keys if k in _words(container) and k not in _words(instance.spec))
        used = f"read {used}" if used else ""
    return _dated(rollout) | {"used": f", which {used}" if used else ""}


def _words(container: Container) -> str:
    settings = [e.value or "" for e in container.env or ()]
    return " ".join([*(container.command or ()), *(container.args or ()), *settings])


def _dated(rollout: Rollout) -> dict[str, str]:
    when = rollout.new.metadata.creation_timestamp
    return {
        "revision": str(revision(rollout.new)),
        "before": str(revision(rollout.old)),
        "when": f"{when:%Y-%m-%d %H:%M} UTC" if when else "time unknown",
        "change": "; ".join(rollout.differences),
    }


def _unmounted(missing: MissingFile, rollout: Rollout | None) -> Iterator[Finding]:
    """Nothing is mounted at the path; before the last rollout something was."""
    instance = missing.instance
    cluster, pod = instance.cluster, instance.pod
    if rollout is None:
        return
    before = rollout.old.spec.template.spec
    container = next((c for c in before.all_containers if c.name == instance.name), Container())
    if old := mounted_file(cluster, pod.namespace, before, container, missing.path):
        proof = (missing.cite, cluster.cite(rollout.old, old.name), cluster.cite(rollout.new, rollout.quotes[1]))
        facts = {"file": missing.path, "source": f"{old.kind} {old.name}", "mount": old.mount} | _dated(rollout)
        yield instance.finding("K8S-945", *proof, onset=onset(instance), facts=facts)


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """The keys of the one ConfigMap, where only names were read."""
    for missing in _missing(cluster):
        source = missing.source
        if source is not None and source.kind == "ConfigMap" and source.has_key is None:
            place = {"namespace": missing.instance.pod.namespace, "fields": f"metadata.name={source.name}"}
            why = f"{missing.path} was not found below its mount"
            yield ToolRequest(tool="kubernetes_list", arguments={"resource": "configmaps", **place}, why=why)


ANALYZER = Analyzer(find, asks, reads=(Pod, Event, ConfigMap, Secret, Deployment, ReplicaSet, LogLines))
