"""How trouble reaches a custom resource: from what its spec refers to, what it owns and deployed, what its message
names."""

import re
from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.view.conditions import Grade, problems
from midwatch.domain.finding import Link
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.custom import CustomResource, catalogue
from midwatch.integrations.kubernetes.objects.kinds import BY_NAME
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import DaemonSet, Deployment, Job, StatefulSet

_DEPLOYED: tuple[type[Object], ...] = (Deployment, StatefulSet, DaemonSet, Job, Pod)
# `Deployment/shop/web`, `secret "shop-tls"`, `pod web-0`, `Service shop/web`.
_NAMED = re.compile(
    r"(?<![\w.])(?P<kind>[A-Za-z]{3,40})(?:\.[a-z][\w.]*)?(?P<mark>[/ ]\s?[\"'`]?)"
    r"(?:(?P<space>[a-z0-9][a-z0-9-]{0,62})/)?(?P<name>[a-z0-9][a-z0-9.-]{0,252})"
)
_LONGEST = 4096  # characters of a message in which names are looked for


@fact
def failing_resources(cluster: Cluster) -> dict[Subject, CustomResource]:
    """The custom resources that are not well."""
    found = ((o, problems(o)) for o in cluster.all(CustomResource))
    return {o.about: o for o, p in found if p and p[0].grade <= Grade.STARTING}


@fact
def _chain(cluster: Cluster) -> dict[Subject, list[Link]]:
    """Links between custom resources, by where they lead: from an owned one to its owner, from a source to its user."""
    found: dict[Subject, list[Link]] = {}
    for obj in cluster.all(CustomResource) if failing_resources(cluster) else ():
        for owner in obj.metadata.owner_references or ():
            parent = Subject(kind=owner.kind, name=owner.name, namespace=obj.namespace)
            found.setdefault(parent, []).append(Link(source=obj.about, target=parent, how="is part of"))
        for one in obj.references or ():
            source = Subject(kind=one.kind, name=one.name, namespace=one.namespace)
            found.setdefault(obj.about, []).append(Link(source=source, target=obj.about, how="is needed by"))
    return found


def failing_sources(cluster: Cluster, obj: CustomResource) -> Iterator[Subject]:
    """The custom resources in trouble that this one stands on, however far."""
    waiting, seen = [obj.about], {obj.about}
    while waiting:
        for link in _chain(cluster).get(waiting.pop(), ()):
            if link.source not in seen:
                seen.add(link.source)
                waiting.append(link.source)
                if link.source in failing_resources(cluster):
                    yield link.source


def core_objects(cluster: Cluster, text: str, namespace: str = "") -> Iterator[Subject]:
    """The objects that a message names by kind and name: with a slash or in quotes, or such as exist."""
    kinds = _kinds(cluster)
    for match in _NAMED.finditer(text[:_LONGEST]):
        kind = kinds.get(match["kind"].lower()) or kinds.get(match["kind"].lower().removesuffix("s"))
        subject = Subject(kind=kind or "", name=match["name"].rstrip(".-"), namespace=match["space"] or namespace)
        if kind and (match["mark"].strip() or _exists(cluster, subject)):
            yield subject


def _exists(cluster: Cluster, subject: Subject) -> bool:
    """`secret does not exist` names none that is called `does`."""
    known = BY_NAME.get(subject.kind)
    found = known and cluster.get(known.type, subject.namespace if known.namespaced else "", subject.name)
    return found is not None or any(o.about == subject for o in cluster.all(CustomResource))


@fact
def _kinds(cluster: Cluster) -> dict[str, str]:
    names = {name.lower(): name for name in BY_NAME}
    return names | {o.object_kind.lower(): o.object_kind for o in cluster.all(CustomResource)}


def custom_links(cluster: Cluster) -> Iterator[Link]:
    """Nothing where no custom resource is in trouble."""
    unhealthy = failing_resources(cluster)
    if not unhealthy:
        return
    for found in _chain(cluster).values():
        yield from found
    for subject, obj in unhealthy.items():
        for named in core_objects(cluster, problems(obj)[0].said, obj.namespace):
            if named != subject:
                yield Link(source=named, target=subject, how="is named by")
    yield from _deployed(cluster, unhealthy)


def _deployed(cluster: Cluster, unhealthy: dict[Subject, CustomResource]) -> Iterator[Link]:
    """Workloads that a resource in trouble owns, or that bear the labels of what deployed them."""
    labelled = {
        kind: labels for kind, labels in catalogue()["manages"].items() if any(s.kind == kind for s in unhealthy)
    }
    for type_ in _DEPLOYED:
        for obj in cluster.all(type_):
            owners = {(o.kind, obj.namespace, o.name) for o in obj.metadata.owner_references or ()}
            owners |= {
                (k, obj.labels.get(space, ""), obj.labels.get(name, "")) for k, (name, space) in labelled.items()
            }
            for kind, namespace, name in sorted(owners):
                target = Subject(kind=kind, name=name, namespace=namespace)
                if name and target in unhealthy:
                    yield Link(source=obj.subject, target=target, how="deploys")
