"""Pods, claims and Services that a ResourceQuota or a LimitRange rejects."""

import re
from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.failed_creates import FailedCreate, refusals
from midwatch.diagnosis.kubernetes.pod_requests import amounts
from midwatch.diagnosis.kubernetes.scheduling.explain import member
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import Confidence, Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Event, LimitRange, ResourceQuota
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Container, Pod
from midwatch.integrations.kubernetes.objects.quantity import amount
from midwatch.integrations.kubernetes.objects.saved_objects import UnappliedManifest
from midwatch.integrations.kubernetes.objects.storage import PersistentVolumeClaim
from midwatch.integrations.kubernetes.objects.workload import (
    DaemonSet,
    Deployment,
    Job,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
    Workload,
)

EXCEEDED = re.compile(
    r"exceeded quota: ([^,]{1,253}), requested: ((?:(?!, used: ).){1,400}), used: ((?:(?!, limited: ).){1,400})"
    r", limited: (.+?)(?:$|\n)"
)
UNSPECIFIED = re.compile(r"failed quota: ([^:]+): must specify ([^\s;]+)(?: for: ([\w,.-]+))?")
LIMIT = re.compile(r"(maximum|minimum) (\S+) usage per (\w+) is (\S+?), but (limit|request) is ([^\s.,\]]+)")
UNSET = re.compile(r"(maximum|minimum) (\S+) usage per (\w+) is (\S+?)\.\s+No (limit|request) is specified")
RATIO = re.compile(r"(?<!\S)(\S{1,253}) max limit to request ratio per (\w+) is (\S+?), but provided ratio is ([\d.]+)")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+]*://)?([a-z][a-z0-9-]*)(?:\.[a-z0-9.-]+)?(?::\d+)?(?:/\S*)?$")
_PAIR = re.compile(r"(?<![\w./-])([\w./-]++)=([^,\s]+)")
_CODES = {"pods": "K8S-702", "cpu": "K8S-703", "memory": "K8S-704", "storage": "K8S-705", "services": "K8S-706"}

# Kind → the quota's resources for it, and whether they count requested storage.
_COUNTED = {
    "Service": {"services": False, "count/services": False},
    "PersistentVolumeClaim": {
        "requests.storage": True,
        "persistentvolumeclaims": False,
        "count/persistentvolumeclaims": False,
    },
}
_UNAPPLIED = {"Service": "K8S-712", "PersistentVolumeClaim": "K8S-713"}


def find(cluster: Cluster) -> Iterator[Finding]:
    refused: set[Subject] = set()
    for refusal in refusals(cluster):
        if found := _quota(cluster, refusal) or _limit(cluster, refusal):
            refused.add(found.subject)
            yield found
    for quota in cluster.all(ResourceQuota):
        blocked = [*_services(cluster, quota), *_claims(cluster, quota)] or list(_unapplied(cluster, quota))
        yield from blocked
        if not blocked and quota.subject not in refused:
            yield from _full(cluster, quota)


def _quota(cluster: Cluster, refusal: FailedCreate) -> Finding | None:
    if match := EXCEEDED.search(refusal.text):
        requested, used, limited = (dict(_PAIR.findall(part)) for part in match.groups()[1:])
        short = _short(requested, used, limited)
        facts = {"quota": match[1], "resource": short}
        facts |= {
            "requested": requested.get(short, "?"),
            "used": used.get(short, "?"),
            "limited": limited.get(short, "?"),
        }
        cites = (refusal.cite, *_hard(cluster, refusal, match[1], short))
        return _about(refusal, ResourceQuota, match[1], _CODES.get(_family(short), "K8S-701"), cites, **facts)
    if match := UNSPECIFIED.search(refusal.text):
        facts = {"quota": match[1], "resource": match[2].replace(",", ", "), "where": _containers(match[3] or "")}
        return _about(refusal, ResourceQuota, match[1], "K8S-707", (refusal.cite,), **facts)
    return None


def _short(requested: dict[str, str], used: dict[str, str], limited: dict[str, str]) -> str:
    """The resource to name: compute before object counts, because one pod less would not free enough compute."""
    over = [r for r in requested if amount(requested[r]) + amount(used.get(r)) > amount(limited.get(r)) + 1e-9] or list(
        requested
    )
    return min(over, key=lambda r: (r == "pods", over.index(r)))


def _family(resource: str) -> str:
    """`requests.cpu` → cpu, `count/pods` → pods, `gold.storageclass.storage.k8s.io/requests.storage` → storage."""
    name = resource.rsplit("/", 1)[-1].removeprefix("requests.").removeprefix("limits.")
    return {"persistentvolumeclaims": "storage"}.get(name, "services" if name.startswith("services") else name)


def _containers(names: str) -> str:
    """`app` → container app, `app,proxy` → containers app, proxy; without names the rule is for each of them."""
    listed = names.replace(",", ", ")
    return f"container{'s' * (',' in names)} {listed}" if names else "each container"


def _hard(cluster: Cluster, refusal: FailedCreate, name: str, resource: str) -> Iterator[Citation]:
    quota = cluster.get(ResourceQuota, refusal.subject.namespace, name)
    hard = (quota.spec.hard or {}) if quota else {}
    if quota and resource in hard:
        yield cluster.cite(quota, member(resource, hard[resource]))


def _about(
    refusal: FailedCreate,
    type_: type[ResourceQuota | LimitRange],
    name: str,
    code: str,
    cites: tuple[Citation, ...],
    **facts: str,
) -> Finding:
    subject = Subject(kind=type_.__name__, name=name, namespace=refusal.subject.namespace)
    return _told(code, subject, refusal, cites, facts)


def _told(
    code: str, subject: Subject, refusal: FailedCreate, cites: tuple[Citation, ...], facts: dict[str, str]
) -> Finding:
    sure = Confidence.HIGH
    return finding(
        code, subject, owner=refusal.owner, cites=cites, confidence=sure, onset=refusal.onset, peers=(), **facts
    )


def _limit(cluster: Cluster, refusal: FailedCreate) -> Finding | None:
    text = refusal.text
    if match := LIMIT.search(text):
        bound, resource, scope, value, side, given = match.groups()
        facts = {
            "bound": bound,
            "resource": resource,
            "scope": scope,
            "value": value,
            "given": f"{side} is {given}",
        }
    elif match := UNSET.search(text):
        bound, resource, scope, value, side = match.groups()
        facts = {"bound": bound, "resource": resource, "scope": scope, "value": value, "given": f"no {side} is set"}
    elif match := RATIO.search(text):
        resource, scope, value, given = match.groups()
        facts = {
            "bound": "maximum limit-to-request ratio of",
            "resource": resource,
            "scope": scope,
            "value": value,
            "given": f"ratio is {given}",
        }
    else:
        return None
    ranges = [r for r in cluster.all(LimitRange, refusal.subject.namespace) if _declares(r, facts)]
    if len(ranges) != 1:
        return _told("K8S-708", refusal.subject, refusal, (refusal.cite,), facts | {"range": "of the namespace"})
    cites = (refusal.cite, cluster.cite(ranges[0], facts["resource"]))
    return _about(refusal, LimitRange, ranges[0].name, "K8S-708", cites, range=ranges[0].name, **facts)


def _declares(range_: LimitRange, facts: dict[str, str]) -> bool:
    for item in range_.spec.limits or ():
        bounds = {"maximum": item.max, "minimum": item.min}.get(facts["bound"]) or {}
        if (
            item.type == facts["scope"]
            and facts["resource"] in bounds
            and amount(bounds[facts["resource"]]) == amount(facts["value"])
        ):
            return True
    return False


def _exhausted(quota: ResourceQuota, *resources: str) -> str:
    hard, used = amounts(quota.status.hard or quota.spec.hard), amounts(quota.status.used)
    return next((r for r in resources if r in hard and r in used and used[r] >= hard[r]), "")


def _numbers(quota: ResourceQuota, resource: str) -> dict[str, str]:
    hard, used = quota.status.hard or quota.spec.hard or {}, quota.status.used or {}
    return {
        "quota": quota.name,
        "resource": resource,
        "used": str(used.get(resource, "?")),
        "limited": str(hard.get(resource, "?")),
    }


def _services(cluster: Cluster, quota: ResourceQuota) -> Iterator[Finding]:
    """A rejected Service leaves no event. Evidence is a full quota and a workload that others call by a name without a
    Service."""
    resource = _exhausted(quota, "services", "count/services")
    if not resource or not cluster.is_complete(Service, quota.namespace):
        return
    callers = _called(cluster, quota.namespace)
    for workload in (*cluster.all(Deployment, quota.namespace), *cluster.all(StatefulSet, quota.namespace)):
        if workload.name in callers and cluster.missing(Service, quota.namespace, workload.name):
            caller, env = callers[workload.name]
            yield finding(
                "K8S-709",
                quota.subject,
                owner=workload.subject,
                cites=(
                    cluster.cite(quota, member(resource, (quota.status.used or {})[resource])),
                    cluster.cite_absence(Service, quota.namespace, workload.name),
                    cluster.cite(caller, env),
                ),
                confidence=Confidence.MEDIUM,
                onset=quota.metadata.creation_timestamp,
                peers=(),
                service=workload.name,
                caller=f"{cluster.owner(caller).kind.lower()}/{cluster.owner(caller).name}",
                **_numbers(quota, resource),
            )


def _called(cluster: Cluster, namespace: str) -> dict[str, tuple[Pod | Workload, str]]:
    """Host names in environment values → the pod that has them and the value, for example `orders:8080`."""
    found: dict[str, tuple[Pod | Workload, str]] = {}
    for pod in cluster.pods_in(namespace):
        for value in _values(pod.spec.all_containers):
            if (match := _HOST.match(value)) and match[1] not in found:
                found[match[1]] = (pod, value)
    return found


def _values(containers: list[Container]) -> Iterator[str]:
    return (e.value for c in containers for e in c.env or () if e.value and (":" in e.value or "." in e.value))


def _claims(cluster: Cluster, quota: ResourceQuota) -> Iterator[Finding]:
    resource = _exhausted(quota, "persistentvolumeclaims", "requests.storage", "count/persistentvolumeclaims")
    if not resource:
        return
    for pod in cluster.pods_in(quota.namespace):
        for volume in pod.spec.volumes or ():
            name = volume.persistent_volume_claim.claim_name if volume.persistent_volume_claim else ""
            if name and not pod.is_finished and cluster.missing(PersistentVolumeClaim, quota.namespace, name):
                yield finding(
                    "K8S-710",
                    quota.subject,
                    owner=cluster.owner(pod),
                    cites=(
                        cluster.cite(quota, member(resource, (quota.status.used or {})[resource])),
                        cluster.cite_absence(PersistentVolumeClaim, quota.namespace, name),
                    ),
                    confidence=Confidence.MEDIUM,
                    onset=quota.metadata.creation_timestamp,
                    peers=(),
                    claim=name,
                    **_numbers(quota, resource),
                )


def _unapplied(cluster: Cluster, quota: ResourceQuota) -> Iterator[Finding]:
    """Objects of a manifest that the cluster does not have and the quota would reject: only the client that applied it
    got the error."""
    for manifest in cluster.all(UnappliedManifest, quota.namespace):
        if resource := _short_of(quota, manifest):
            owner = _user(cluster, manifest)
            own = owner.kind == manifest.object_kind  # then the message begins with it
            yield finding(
                _UNAPPLIED[manifest.object_kind],
                quota.subject,
                owner=owner,
                cites=(cluster.cite(quota, resource), cluster.cite(manifest)),
                confidence=Confidence.MEDIUM,
                onset=quota.metadata.creation_timestamp,
                peers=(),
                wanted="" if own else f"{manifest.object_kind} {manifest.object_name}",
                asked=manifest.storage if _COUNTED[manifest.object_kind][resource] else "1",
                **_numbers(quota, resource),
            )


def _short_of(quota: ResourceQuota, manifest: UnappliedManifest) -> str:
    """The first resource of which the quota has too little left for the object; "" where it fits."""
    hard, used = amounts(quota.status.hard or quota.spec.hard), amounts(quota.status.used)
    for resource, is_storage in _COUNTED.get(manifest.object_kind, {}).items():
        need = amount(manifest.storage) if is_storage else 1.0
        if resource in hard and used.get(resource, 0.0) + need > hard[resource]:
            return resource
    return ""


def absent_services(cluster: Cluster) -> dict[tuple[str, str], Subject]:
    """Namespace and name of each Service that a full quota keeps out → the quota."""
    found: dict[tuple[str, str], Subject] = {}
    for quota in cluster.all(ResourceQuota):
        names = {f.facts["service"] for f in _services(cluster, quota)}
        manifests = (m for m in cluster.all(UnappliedManifest, quota.namespace) if m.object_kind == "Service")
        names |= {m.object_name for m in manifests if _short_of(quota, m)}
        found |= {(quota.namespace, name): quota.subject for name in names}
    return found


def _user(cluster: Cluster, manifest: UnappliedManifest) -> Subject:
    """The workload that waits for the rejected object."""
    for pod in cluster.pods_in(manifest.namespace):
        if any(
            v.persistent_volume_claim and v.persistent_volume_claim.claim_name == manifest.object_name
            for v in pod.spec.volumes or ()
        ):
            return cluster.owner(pod)
    return Subject(kind=manifest.object_kind, name=manifest.object_name, namespace=manifest.namespace)


def _full(cluster: Cluster, quota: ResourceQuota) -> Iterator[Finding]:
    hard = quota.status.hard or quota.spec.hard or {}
    if resource := _exhausted(quota, *(r for r in sorted(hard) if amount(hard[r]) > 0)):
        proof = cluster.cite(quota, member(resource, (quota.status.used or {})[resource]))
        facts, sure = _numbers(quota, resource), Confidence.HIGH
        yield finding(
            "K8S-711",
            quota.subject,
            owner=quota.subject,
            cites=(proof,),
            confidence=sure,
            onset=None,
            peers=(),
            **facts,
        )


ANALYZER = Analyzer(
    find,
    reads=(
        Pod,
        Event,
        Deployment,
        ReplicaSet,
        StatefulSet,
        DaemonSet,
        Service,
        Job,
        PersistentVolumeClaim,
        ResourceQuota,
        LimitRange,
        ReplicationController,
        UnappliedManifest,
    ),
)
