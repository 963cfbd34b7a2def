"""Addresses in environment variables and Secrets with a port that the Service does not expose, or without a Service."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.analyzers.quotas import absent_services
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.diagnosis.kubernetes.view.failed_connections import NameMiss, misses
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import CausalRole, Confidence, Finding
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import ResourceQuota
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SecretAddress, UnappliedManifest
from midwatch.integrations.kubernetes.objects.workload import Deployment, StatefulSet

_ADDRESS = re.compile(r"(?:^|//|@)(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):(?P<port>\d{2,5})(?=$|[/,;?])")
_NUMERIC = re.compile(r"[\d.]+")
_ALIKE = 0.88  # of two names: one letter of eight or more is wrong


@dataclass(frozen=True)
class Setting:
    """`name` is the variable, `value` all of its text, `host` and `port` the address in it."""

    pod: Pod
    owner: Subject
    name: str
    value: str
    host: str
    port: int

    @property
    def place(self) -> tuple[str, str]:
        """Namespace and Service, as the cluster's DNS reads the host."""
        name, _, rest = self.host.partition(".")
        return rest.split(".")[0] or self.pod.namespace, name


def find(cluster: Cluster) -> Iterator[Finding]:
    named = list(_settings(cluster))
    failed = misses(cluster)
    by_name: dict[str, list[Setting]] = defaultdict(list)
    for setting in named:
        by_name[setting.name].append(setting)
    kept_out = absent_services(cluster)
    for setting in named:
        namespace, name = setting.place
        service = cluster.get(Service, namespace, name)
        if service is not None:
            yield from _port(cluster, setting, service, failed)
        elif cluster.is_complete(Service, namespace):
            quota = kept_out.get((namespace, name))
            for found in _name(cluster, setting, by_name[setting.name], failed):
                yield _effect_of(quota, found) if quota else found
    for address in cluster.all(SecretAddress):
        if address.fits is False:
            yield from _secret(cluster, address)


def _effect_of(quota: Subject, found: Finding) -> Finding:
    """The address is right: the Service would be there, but for the quota."""
    return found.model_copy(update={"role": CausalRole.SYMPTOM, "peers": (quota,)})


def _settings(cluster: Cluster) -> Iterator[Setting]:
    """Once for each workload: replicas of one template have the same environment."""
    seen: set[tuple[Subject, str]] = set()
    for pod in cluster.all(Pod):
        if pod.is_finished:
            continue
        key = (cluster.owner(pod), pod.labels.get("pod-template-hash", ""))
        if key not in seen:
            seen.add(key)
            yield from settings(cluster, pod)


def settings(cluster: Cluster, pod: Pod) -> Iterator[Setting]:
    """The addresses inside the cluster in the environment of a pod."""
    owner = cluster.owner(pod)
    for env in (e for c in pod.spec.all_containers for e in c.env or ()):
        for match in _ADDRESS.finditer(env.value or ""):
            inside = "." not in match["host"] or match["host"].split(".")[1] in cluster.namespaces
            if inside and not _NUMERIC.fullmatch(match["host"]):
                yield Setting(pod, owner, env.name, env.value or "", match["host"], int(match["port"]))


def _secret(cluster: Cluster, address: SecretAddress) -> Iterator[Finding]:
    """Once for each workload that takes its environment from the Secret."""
    service = cluster.get(Service, address.place, address.service)
    if service is None:
        return
    users = {
        cluster.owner(p): p
        for p in reversed(cluster.pods_in(address.namespace))
        if not p.is_finished and _uses(p, address)
    }
    for owner, pod in users.items():
        yield finding(
            "K8S-526",
            pod.subject,
            owner=owner,
            cites=(cluster.cite(address, '"fits":false'), cluster.cite(pod, address.secret), cluster.cite(service)),
            confidence=Confidence.MEDIUM if pod.ready else Confidence.HIGH,
            onset=pod.metadata.creation_timestamp,
            secret=address.secret,
            key=address.port_key,
            service=service.name,
            where=service.namespace,
            serves=", ".join(str(p.port) for p in service.spec.ports or ()),
        )


def _uses(pod: Pod, address: SecretAddress) -> bool:
    for container in pod.spec.all_containers:
        whole = any(s.secret_ref and s.secret_ref.name == address.secret for s in container.env_from or ())
        keys = [
            e.value_from.secret_key_ref for e in container.env or () if e.value_from and e.value_from.secret_key_ref
        ]
        if whole or any(k.name == address.secret and k.key == address.port_key for k in keys):
            return True
    return False


def _port(cluster: Cluster, setting: Setting, service: Service, failed: Sequence[NameMiss]) -> Iterator[Finding]:
    """A headless or ExternalName Service resolves to addresses only: there the caller chooses the port."""
    ports = [p.port for p in service.spec.ports or ()]
    if not ports or setting.port in ports or service.spec.cluster_ip == "None" or service.spec.type == "ExternalName":
        return
    cites = (_cite(cluster, setting), cluster.cite(service, json_field("port", ports[0])))
    facts = {"service": service.name, "serves": ", ".join(map(str, ports))}
    yield _say(cluster, "K8S-518", setting, cites, failed, **facts)


def _name(cluster: Cluster, setting: Setting, same: Sequence[Setting], failed: Sequence[NameMiss]) -> Iterator[Finding]:
    """Many images have default addresses of components that are not installed: a finding needs a Service with a similar
    name, another workload with a valid address, or a log line."""
    namespace, name = setting.place
    others = [s for s in same if s.owner != setting.owner and cluster.get(Service, *s.place)]
    known = [s.name for s in cluster.all(Service, namespace)]
    near = sorted((k for k in known if _alike(name, k)), key=lambda k: (-_likeness(name, k), k))
    if others:
        hint = f"{others[0].owner.kind.lower()}/{others[0].owner.name} uses {others[0].value}"
        proof = (_cite(cluster, others[0]),)
    elif near:
        hint, proof = f"similar name: {near[0]}", (cluster.cite(_service(cluster, namespace, near[0])),)
    elif _logged(setting, failed):
        hint, proof = "its log has a failed lookup", ()
    else:
        return
    cites = (_cite(cluster, setting), cluster.cite_absence(Service, namespace, name), *proof)
    yield _say(cluster, "K8S-519", setting, cites, failed, missing=name, hint=hint)


def _service(cluster: Cluster, namespace: str, name: str) -> Service:
    return next(s for s in cluster.all(Service, namespace) if s.name == name)


def _alike(name: str, known: str) -> bool:
    longer, shorter = sorted((name, known), key=len, reverse=True)
    return (len(shorter) > 3 and longer.startswith(shorter + "-")) or _likeness(name, known) >= _ALIKE


def _likeness(name: str, known: str) -> float:
    return SequenceMatcher(None, name, known).ratio()


def _logged(setting: Setting, failed: Sequence[NameMiss]) -> NameMiss | None:
    host = re.compile(rf"(?<![\w.-]){re.escape(setting.host)}(?![\w-])")
    return next(
        (
            m
            for m in failed
            if m.pod.metadata.owner_references == setting.pod.metadata.owner_references and host.search(m.line)
        ),
        None,
    )


def _cite(cluster: Cluster, setting: Setting) -> Citation:
    return cluster.cite(setting.pod, json_field("value", setting.value))


def _say(
    cluster: Cluster, code: str, setting: Setting, cites: tuple[Citation, ...], failed: Sequence[NameMiss], **facts: str
) -> Finding:
    miss = _logged(setting, failed)
    if miss:
        cites = (*cites, cluster.cite_log(miss.log, miss.line))
    return finding(
        code,
        setting.pod.subject,
        owner=setting.owner,
        cites=cites,
        confidence=Confidence.HIGH if miss else Confidence.MEDIUM,
        onset=setting.pod.metadata.creation_timestamp,
        target=f"{setting.host}:{setting.port}",
        setting=setting.name,
        where=setting.place[0],
        peers=(),
        **facts,
    )


ANALYZER = Analyzer(
    find, reads=(Pod, Service, SecretAddress, LogLines, ResourceQuota, UnappliedManifest, Deployment, StatefulSet)
)
