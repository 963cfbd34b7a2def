"""The ConfigMaps, Secrets and ServiceAccounts of a pod, and which of them are proved to be missing."""

from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.domain.evidence import Citation
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Secret
from midwatch.integrations.kubernetes.objects.network import ServiceAccount
from midwatch.integrations.kubernetes.objects.pod import ConfigMapVolume, Container, KeyToPath, Pod, SecretVolume

# Every namespace gets these from a controller; lists and dumps often leave them out.
_AUTOMATIC = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt", "default"})


@dataclass(frozen=True)
class ConfigReference:
    """`keys` are the required keys; without keys only the object is required."""

    type: type[ConfigMap] | type[Secret]
    name: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Absence:
    code: str
    missing: str
    proof: Citation
    key: str = ""


def references(pod: Pod) -> Iterator[ConfigReference]:
    """All references that are not optional."""
    for container in pod.spec.all_containers:
        yield from _of_container(container)
    for volume in pod.spec.volumes or ():
        yield from _of_volume(volume.config_map, volume.secret)
        for source in (volume.projected.sources if volume.projected else None) or ():
            yield from _of_volume(source.config_map, source.secret)


def _of_container(container: Container) -> Iterator[ConfigReference]:
    for source in container.env_from or ():
        if source.config_map_ref and not source.config_map_ref.optional:
            yield ConfigReference(ConfigMap, source.config_map_ref.name)
        if source.secret_ref and not source.secret_ref.optional:
            yield ConfigReference(Secret, source.secret_ref.name)
    for env in container.env or ():
        chosen = env.value_from
        if chosen and chosen.config_map_key_ref and not chosen.config_map_key_ref.optional:
            yield ConfigReference(ConfigMap, chosen.config_map_key_ref.name, (chosen.config_map_key_ref.key,))
        if chosen and chosen.secret_key_ref and not chosen.secret_key_ref.optional:
            yield ConfigReference(Secret, chosen.secret_key_ref.name, (chosen.secret_key_ref.key,))


def _of_volume(config_map: ConfigMapVolume | None, secret: SecretVolume | None) -> Iterator[ConfigReference]:
    if config_map and config_map.name and not config_map.optional:
        yield ConfigReference(ConfigMap, config_map.name, _keys(config_map.items))
    if secret and not secret.optional and (name := secret.secret_name or secret.name):
        yield ConfigReference(Secret, name, _keys(secret.items))


def _keys(items: list[KeyToPath] | None) -> tuple[str, ...]:
    return tuple(item.key for item in items or ())


def absences(cluster: Cluster, pod: Pod) -> Iterator[Absence]:
    for reference in references(pod):
        yield from _absent(cluster, pod.namespace, reference)
    account = pod.spec.service_account_name
    if account and account not in _AUTOMATIC and cluster.missing(ServiceAccount, pod.namespace, account):
        yield Absence("K8S-109", account, cluster.cite_absence(ServiceAccount, pod.namespace, account))


def _absent(cluster: Cluster, namespace: str, reference: ConfigReference) -> Iterator[Absence]:
    whole, part = ("K8S-101", "K8S-103") if reference.type is ConfigMap else ("K8S-102", "K8S-104")
    if reference.name in _AUTOMATIC:
        return
    if cluster.missing(reference.type, namespace, reference.name):
        yield Absence(whole, reference.name, cluster.cite_absence(reference.type, namespace, reference.name))
        return
    seen = cluster.get(reference.type, namespace, reference.name)
    present = _present(seen) if seen else frozenset[str]()
    for key in reference.keys:
        # Lists of names come without keys: an object that shows none proves nothing.
        if seen and present and key not in present:
            yield Absence(part, reference.name, cluster.cite(seen), key)


def _present(seen: ConfigMap | Secret) -> frozenset[str]:
    binary = seen.binary_data if isinstance(seen, ConfigMap) else None
    return frozenset(seen.data or ()) | frozenset(binary or ())
