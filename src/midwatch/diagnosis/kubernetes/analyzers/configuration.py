"""ConfigMaps, Secrets, keys and ServiceAccounts that a container references and the namespace does not have; users that
runAsNonRoot forbids."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.scheduling.explain import first_names
from midwatch.diagnosis.kubernetes.view.containers import ContainerView, clip, instances, say_of_pod, unready
from midwatch.diagnosis.kubernetes.view.references import absences
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Event, Secret
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import ServiceAccount
from midwatch.integrations.kubernetes.objects.pod import Pod

# The messages of the kubelet, for environment variables and for volumes alike (kubelet_pods.go, volume/configmap,
# volume/secret).
_OBJECT = re.compile(r'(configmap|secret|serviceaccount)s? "([^"]+)" not found')
_KEY = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) ([^/\s]+)/(\S+)")
_VOLUME_KEY = re.compile(r"references non-existent (config|secret) key: (\S+)")
_VOLUME = re.compile(r'for volume "([^"]+)"')
_ROOT = re.compile(
    r"container has runAsNonRoot and image will run as root|container's runAsUser breaks non-root policy"
)
_NAMED_USER = re.compile(r"container has runAsNonRoot and image has non-numeric user \(([^)]*)\)")
_SUB_PATH = re.compile(r"subPath|cannot find volume")
_PASSING = re.compile(r"failed to sync (?:configmap|secret) cache|services have not yet been read")

_TYPES: dict[str, type[Object]] = {"configmap": ConfigMap, "secret": Secret, "serviceaccount": ServiceAccount}
_MISSING = {"configmap": "K8S-101", "secret": "K8S-102", "serviceaccount": "K8S-109"}


def find(cluster: Cluster) -> Iterator[Finding]:
    for pod in unready(cluster):
        said = list(_reported(cluster, pod))
        yield from said
        if not any(i.has_run for i in instances(cluster, pod)):
            yield from _unreported(cluster, pod, {(f.code, f.facts.get("missing", "")) for f in said})


def _reported(cluster: Cluster, pod: Pod) -> Iterator[Finding]:
    for instance in instances(cluster, pod):
        if instance.waiting_reason == "CreateContainerConfigError":
            yield _refused(instance)
    mounts = {}
    for event in cluster.events(pod, "FailedMount"):
        if found := _mount(cluster, pod, event):
            mounts[found.code, found.facts.get("missing")] = found
    if not any(i.has_run for i in instances(cluster, pod)):
        yield from mounts.values()


def _refused(instance: ContainerView) -> Finding:
    """One container with CreateContainerConfigError, classified by the message of the kubelet."""
    message, cite = _words(instance)
    if (match := _OBJECT.search(message)) and not _exists(instance.cluster, instance.pod, match):
        proof = _absence(instance.cluster, instance.pod, match)
        return instance.finding(_MISSING[match[1]], cite(match[0]), *proof, missing=match[2])
    if match := _KEY.search(message):
        code = "K8S-103" if match[2] == "ConfigMap" else "K8S-104"
        keys, proof = _keys(instance, match)
        return instance.finding(code, cite(match[0]), *proof, missing=match[4], key=match[1], keys=keys)
    if match := _NAMED_USER.search(message):
        return instance.finding("K8S-106", cite(match[0]), user=match[1] or '""', image=instance.spec.image or "")
    if match := _ROOT.search(message):
        return instance.finding("K8S-105", cite(match[0]), image=instance.spec.image or "")
    if match := _SUB_PATH.search(message):
        return instance.finding("K8S-165", cite(message), said=clip(message))
    code = "K8S-108" if _PASSING.search(message) else "K8S-107"
    return instance.finding(code, cite(message or "CreateContainerConfigError"), said=clip(message))


def _keys(instance: ContainerView, match: re.Match[str]) -> tuple[str, tuple[Citation, ...]]:
    """The keys that the object has, where it was read: one of them is often the one that was meant."""
    held = instance.cluster.get(_TYPES[match[2].lower()], match[3], match[4])
    if not isinstance(held, ConfigMap | Secret):
        return "", ()
    more = (held.binary_data or {}) if isinstance(held, ConfigMap) else {}
    keys = sorted({**(held.data or {}), **more})
    return first_names(keys), (instance.cluster.cite(held, keys[0]),) if keys else ()


def _words(instance: ContainerView) -> tuple[str, Callable[[str], Citation]]:
    """The message of the kubelet and how to cite it: `kubectl describe` prints a waiting container without a message,
    and the event below."""
    if not instance.message and (events := [e for e in instance.events("Failed") if e.message]):
        return events[-1].message or "", partial(instance.cluster.cite_event, events[-1])
    if not instance.message and (loose := _loose_words(instance)):
        return loose
    return instance.message, instance.cite


def _loose_words(instance: ContainerView) -> tuple[str, Callable[[str], Citation]] | None:
    """The kubelet's message where it was pasted apart from the pod: of an object in the pod's namespace."""
    cluster, place = instance.cluster, instance.pod.namespace
    for log in cluster.unnamed_logs():
        for line in log.text.splitlines():
            if (match := _KEY.search(line)) and match[3] == place:
                return line, partial(cluster.cite_log, log)
    for event in cluster.all(Event):
        match = _KEY.search(event.message or "") if event.involved_object.kind == "Object" else None
        if match and match[3] == place:
            return event.message or "", partial(cluster.cite_event, event)
    return None


def _mount(cluster: Cluster, pod: Pod, event: Event) -> Finding | None:
    message = event.message or ""
    if (match := _OBJECT.search(message)) and not _exists(cluster, pod, match):
        proof = _absence(cluster, pod, match)
        return say_of_pod(
            cluster,
            pod,
            _MISSING[match[1]],
            cluster.cite_event(event, match[0]),
            *proof,
            onset=event.first,
            missing=match[2],
        )
    volume = _VOLUME.search(message)
    if volume and (match := _VOLUME_KEY.search(message)):
        code = "K8S-103" if match[1] == "config" else "K8S-104"
        name = _behind(pod, volume[1])
        cites = [cluster.cite_event(event, match[0])]
        if name:
            cites.append(cluster.cite(pod, name))
        return say_of_pod(
            cluster, pod, code, *cites, onset=event.first, missing=name or f"of volume {volume[1]}", key=match[2]
        )
    return None


def _behind(pod: Pod, volume: str) -> str:
    """The name of the ConfigMap or Secret of a volume; "" for a projected volume, which may have several."""
    found = next((v for v in pod.spec.volumes or () if v.name == volume), None)
    if found and found.config_map:
        return found.config_map.name or ""
    return (found.secret.secret_name or "") if found and found.secret else ""


def _exists(cluster: Cluster, pod: Pod, match: re.Match[str]) -> bool:
    """True when the object was created after the kubelet looked: then it is not missing any more."""
    return cluster.get(_TYPES[match[1]], pod.namespace, match[2]) is not None


def _absence(cluster: Cluster, pod: Pod, match: re.Match[str]) -> tuple[Citation, ...]:
    type_ = _TYPES[match[1]]
    return (
        (cluster.cite_absence(type_, pod.namespace, match[2]),)
        if cluster.missing(type_, pod.namespace, match[2])
        else ()
    )


def _unreported(cluster: Cluster, pod: Pod, said: set[tuple[str, str]]) -> Iterator[Finding]:
    """Missing objects that the kubelet has not reported (the pod waits for a node, or for another object)."""
    for absence in absences(cluster, pod):
        if (absence.code, absence.missing) in said:
            continue
        said.add((absence.code, absence.missing))
        yield say_of_pod(
            cluster,
            pod,
            absence.code,
            cluster.cite(pod, absence.missing),
            absence.proof,
            onset=pod.status.start_time or pod.metadata.creation_timestamp,
            missing=absence.missing,
            key=absence.key,
        )


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """The keys of a ConfigMap that lacks the one that is asked for, where only its name was read."""
    for pod in unready(cluster):
        for instance in (i for i in instances(cluster, pod) if i.waiting_reason == "CreateContainerConfigError"):
            match = _KEY.search(_words(instance)[0])
            held = cluster.get(ConfigMap, match[3], match[4]) if match and match[2] == "ConfigMap" else None
            if match and held is not None and held.data is None:
                place = {"namespace": match[3], "fields": f"metadata.name={match[4]}"}
                why = f"key {match[1]} was not found in it"
                yield ToolRequest(tool="kubernetes_list", arguments={"resource": "configmaps", **place}, why=why)


ANALYZER = Analyzer(find, asks, reads=(Pod, Event, ConfigMap, ServiceAccount, Secret))
