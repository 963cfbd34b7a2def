"""How trouble spreads in a cluster: from what a pod needs into the pod, from the pod into its workload and its
Services, from a Service into those who call it and the routes that lead to it.

Only what is in trouble or stands between is linked pod by pod; callers are found once per workload, from the hosts that
their environment, arguments and ConfigMaps name. So a healthy cluster of thousands of pods costs next to nothing.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.scheduling.default_scheduler import SCHEDULER_READS, schedulers
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, backing_of
from midwatch.diagnosis.kubernetes.view.custom_links import custom_links
from midwatch.domain.finding import Link
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Node
from midwatch.integrations.kubernetes.objects.custom import CustomResource
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import (
    Backend,
    Ingress,
    MutatingWebhookConfiguration,
    NetworkPolicy,
    Service,
    ValidatingWebhookConfiguration,
)
from midwatch.integrations.kubernetes.objects.pod import Container, Pod, Volume
from midwatch.integrations.kubernetes.objects.selectors import matches
from midwatch.integrations.kubernetes.objects.storage import PersistentVolumeClaim
from midwatch.integrations.kubernetes.objects.workload import HorizontalPodAutoscaler

# A host in a value: after a scheme or a user, before a port, or a cluster name. A bare word counts only in a setting
# for addresses.
_HOST = re.compile(
    r"(?:(?<=://)|(?<=@))([a-z0-9][a-z0-9.-]*)|\b([a-z0-9][a-z0-9.-]{0,252}+):\d{2,5}\b|\b([a-z0-9-]{1,63}+\.[a-z0-9-]{1,63}+\.svc)\b"
)
_WORD = re.compile(r"[a-z0-9][a-z0-9.-]*")
_ADDRESS_NAME = re.compile(
    r"(?i)(?:host|addr|address|url|uri|endpoint|server|servers|service|brokers?|dsn|upstream|backend|peer)s?$"
)


# Kinds that links are made of; what else is linked is named by these.
LINK_READS: tuple[type[Object], ...] = (
    *BACKING_READS,
    *SCHEDULER_READS,
    *(Service, ConfigMap, Node, HorizontalPodAutoscaler, PersistentVolumeClaim, Ingress, NetworkPolicy),
    *(ValidatingWebhookConfiguration, MutatingWebhookConfiguration, CustomResource),
)


def links(cluster: Cluster) -> Iterator[Link]:
    yield from _into_pods(cluster)
    yield from _storage(cluster)
    yield from _into_services(cluster)
    yield from callers(cluster)
    yield from _routes(cluster)
    yield from _policies(cluster)
    yield from _admission(cluster)
    yield from custom_links(cluster)
    for hpa in cluster.all(HorizontalPodAutoscaler):
        target = hpa.spec.scale_target_ref
        yield _link(Subject(kind=target.kind, name=target.name, namespace=hpa.namespace), hpa.subject, "is scaled by")


def _link(source: Subject, target: Subject, how: str) -> Link:
    return Link(source=source, target=target, how=how)


def _into_pods(cluster: Cluster) -> Iterator[Link]:
    stopped = schedulers(cluster)
    dead = {n.name for n in cluster.all(Node) if (ready := n.condition("Ready")) and ready.status != "True"}
    for pod in cluster.all(Pod):
        if pod.ready or pod.status.phase == "Succeeded":
            continue
        yield _link(pod.subject, cluster.owner(pod), "is a replica of")
        if not pod.spec.node_name:
            yield from (_link(s.subject, pod.subject, "places") for s in stopped)
        if pod.spec.node_name:
            node = Subject(kind="Node", name=pod.spec.node_name)
            yield Link(source=node, target=pod.subject, how="runs", total=node.name in dead)
        for kind, name in _needs(pod):
            yield _link(Subject(kind=kind, name=name, namespace=pod.namespace), pod.subject, "is needed by")


def _needs(pod: Pod) -> Iterator[tuple[str, str]]:
    if pod.spec.service_account_name:
        yield "ServiceAccount", pod.spec.service_account_name
    for secret in pod.spec.image_pull_secrets or ():
        yield "Secret", secret.name
    for volume in pod.spec.volumes or ():
        yield from _volume_needs(volume)
    for container in pod.spec.all_containers:
        yield from _container_needs(container)


def _volume_needs(volume: Volume) -> Iterator[tuple[str, str]]:
    if volume.persistent_volume_claim:
        yield "PersistentVolumeClaim", volume.persistent_volume_claim.claim_name
    if volume.config_map and volume.config_map.name:
        yield "ConfigMap", volume.config_map.name
    if volume.secret and volume.secret.secret_name:
        yield "Secret", volume.secret.secret_name


def _container_needs(container: Container) -> Iterator[tuple[str, str]]:
    for source in container.env_from or ():
        if source.config_map_ref:
            yield "ConfigMap", source.config_map_ref.name
        if source.secret_ref:
            yield "Secret", source.secret_ref.name
    for env in container.env or ():
        if env.value_from and env.value_from.config_map_key_ref:
            yield "ConfigMap", env.value_from.config_map_key_ref.name
        if env.value_from and env.value_from.secret_key_ref:
            yield "Secret", env.value_from.secret_key_ref.name


def _storage(cluster: Cluster) -> Iterator[Link]:
    for claim in cluster.all(PersistentVolumeClaim):
        if claim.spec.storage_class_name:
            yield _link(Subject(kind="StorageClass", name=claim.spec.storage_class_name), claim.subject, "provides")
        if claim.spec.volume_name:
            yield _link(Subject(kind="PersistentVolume", name=claim.spec.volume_name), claim.subject, "is bound to")


def _into_services(cluster: Cluster) -> Iterator[Link]:
    backing = backing_of(cluster)
    for service in cluster.all(Service):
        owners = {cluster.owner(pod): None for pod in backing.pods(service)}
        owners |= dict.fromkeys(w.subject for w in backing.providers(service))
        for owner in owners:
            yield _link(owner, service.subject, "serves")


def callers(cluster: Cluster) -> Iterator[Link]:
    """From each Service to the workloads whose settings name it."""
    services = {(s.namespace, s.name): s.subject for s in cluster.all(Service)}
    for owner, (pod, *_) in cluster.by_owner.items():
        called = {services.get(place_of(host, pod.namespace)): None for host in hosts(cluster, pod)}
        for service in called:
            if service is not None:
                yield _link(service, owner, "is called by")


def place_of(host: str, namespace: str) -> tuple[str, str]:
    """`cart` is a Service of one's own namespace, `cart.shop` and `cart.shop.svc.cluster.local` of another."""
    name, _, rest = host.partition(".")
    return (rest.split(".")[0] or namespace, name)


def hosts(cluster: Cluster, pod: Pod) -> Iterator[str]:
    for container in pod.spec.all_containers:
        for word in (*(container.command or ()), *(container.args or ())):
            yield from hosts_in(word)
        for env in container.env or ():
            yield from hosts_in(env.value or "", bare=_of_address(env.name))
    for name in _config_maps(pod):
        config = cluster.get(ConfigMap, pod.namespace, name)
        for key, value in (config.data or {}).items() if config else ():
            yield from hosts_in(value, bare=_of_address(key) and len(value) < 256)


@lru_cache(maxsize=4096)
def _of_address(name: str) -> bool:
    return _ADDRESS_NAME.search(name) is not None


def _config_maps(pod: Pod) -> Iterable[str]:
    return dict.fromkeys(name for kind, name in _needs(pod) if kind == "ConfigMap")


def hosts_in(text: str, *, bare: bool = False) -> Iterator[str]:
    if ":" in text or "@" in text or ".svc" in text:
        for match in _HOST.finditer(text):
            yield match[1] or match[2] or match[3]
    if bare:
        yield from _WORD.findall(text)


def _routes(cluster: Cluster) -> Iterator[Link]:
    for ingress in cluster.all(Ingress):
        backends = [ingress.spec.default_backend]
        backends += [path.backend for rule in ingress.spec.rules or () if rule.http for path in rule.http.paths or ()]
        for name in dict.fromkeys(_service_names(backends)):
            yield _link(
                Subject(kind="Service", name=name, namespace=ingress.namespace), ingress.subject, "stands behind"
            )


def _service_names(backends: Iterable[Backend | None]) -> Iterator[str]:
    return (b.service.name for b in backends if b and b.service)


def _policies(cluster: Cluster) -> Iterator[Link]:
    for policy in cluster.all(NetworkPolicy):
        chosen = (p for p in cluster.pods_in(policy.namespace) if matches(policy.spec.pod_selector, p.labels))
        for owner in dict.fromkeys(cluster.owner(p) for p in chosen):
            yield _link(policy.subject, owner, "fences in")


def _admission(cluster: Cluster) -> Iterator[Link]:
    for kind in (ValidatingWebhookConfiguration, MutatingWebhookConfiguration):
        for configuration in cluster.all(kind):
            for webhook in configuration.webhooks or ():
                if service := webhook.client_config.service:
                    source = Subject(kind="Service", name=service.name, namespace=service.namespace)
                    yield _link(source, configuration.subject, "answers for")
