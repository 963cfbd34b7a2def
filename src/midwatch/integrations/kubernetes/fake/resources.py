"""What the fake API server serves: every kind Midwatch reads, and those that kubectl or a suspicious client may ask for
besides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from midwatch.integrations.kubernetes.objects.kinds import ALL

_WRITE = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_IN_ALL = (
    "pods",
    "services",
    "replicationcontrollers",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
)
OPTIONAL = (
    "metrics.k8s.io",
    "gateway.networking.k8s.io",
    "cert-manager.io",
    "acme.cert-manager.io",
    "helm.toolkit.fluxcd.io",
    "source.toolkit.fluxcd.io",
)  # served only when the cluster holds objects of them, as add-ons are


@dataclass(frozen=True)
class Resource:
    """`id` is unique over all groups: the plural, except for the metrics of pods and nodes."""

    id: str
    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = field(default=())

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name error messages use: `deployments.apps`, and just `pods` in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def verbs(self) -> tuple[str, ...]:
        return ("get", "list") if self.group == "metrics.k8s.io" else _WRITE

    @property
    def categories(self) -> tuple[str, ...]:
        return ("all",) if self.id in _IN_ALL or self.id == "horizontalpodautoscalers" else ()


def _read_by_midwatch() -> Iterable[Resource]:
    for id_, kind in ALL.items():
        version = kind.api.rsplit("/", 1)[1]
        below = ("log", "status") if id_ == "pods" else ()
        yield Resource(id_, kind.group, version, kind.plural, kind.name, kind.namespaced, kind.short, below)


def _added(group: str, version: str, *kinds: str, namespaced: bool = True) -> Iterable[Resource]:
    """Custom resources of an operator, as it installs them."""
    for kind in kinds:
        plural = f"{kind.lower().removesuffix('y')}ies" if kind.endswith("y") else f"{kind.lower()}s"
        yield Resource(f"{plural}.{group}", group, version, plural, kind, namespaced, subresources=("status",))


_STORAGE = "storage.k8s.io"
_OPERATORS = (
    *_added("cert-manager.io", "v1", "Certificate", "CertificateRequest", "Issuer"),
    *_added("cert-manager.io", "v1", "ClusterIssuer", namespaced=False),
    *_added("acme.cert-manager.io", "v1", "Order", "Challenge"),
    *_added("helm.toolkit.fluxcd.io", "v2", "HelmRelease"),
    *_added("source.toolkit.fluxcd.io", "v1", "GitRepository", "HelmRepository"),
)
_BESIDES = (
    Resource("podtemplates", "", "v1", "podtemplates", "PodTemplate"),
    Resource("controllerrevisions", "apps", "v1", "controllerrevisions", "ControllerRevision"),
    Resource("leases", "coordination.k8s.io", "v1", "leases", "Lease"),
    Resource("csidrivers", _STORAGE, "v1", "csidrivers", "CSIDriver", namespaced=False),
    Resource("csinodes", _STORAGE, "v1", "csinodes", "CSINode", namespaced=False),
    Resource("volumeattachments", _STORAGE, "v1", "volumeattachments", "VolumeAttachment", namespaced=False),
    Resource(
        "apiservices",
        "apiregistration.k8s.io",
        "v1",
        "apiservices",
        "APIService",
        namespaced=False,
        subresources=("status",),
    ),
    Resource("runtimeclasses", "node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", namespaced=False),
    Resource(
        "customresourcedefinitions",
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        namespaced=False,
        short=("crd", "crds"),
    ),
)

RESOURCES: Mapping[str, Resource] = {r.id: r for r in (*_read_by_midwatch(), *_BESIDES, *_OPERATORS)}
BY_PATH: Mapping[tuple[str, str, str], Resource] = {(r.group, r.version, r.plural): r for r in RESOURCES.values()}
BY_KIND: Mapping[tuple[str, str], Resource] = {(r.group, r.kind): r for r in RESOURCES.values()}
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(r.group for r in RESOURCES.values()))


def resource_of(api_version: str, kind: str) -> Resource:
    """The resource of an object; raises KeyError for a kind that is not served."""
    return BY_KIND[api_version.rsplit("/", 1)[0] if "/" in api_version else "", kind]
