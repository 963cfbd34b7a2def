"""Every kind of object that Midwatch reads, declared once: plural → where the API serves it and the fields that are
decoded."""

from dataclasses import dataclass

from midwatch.integrations.kubernetes.objects import access, cluster, delivery, network, pod, storage, workload
from midwatch.integrations.kubernetes.objects.meta import Object


@dataclass(frozen=True)
class ResourceKind:
    """`api` is the path of the group and version ("api/v1", "apis/apps/v1"); `short` are kubectl's abbreviations."""

    plural: str
    api: str
    type: type[Object]
    namespaced: bool = True
    short: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.type.__name__

    @property
    def group(self) -> str:
        """The API group as RBAC spells it; "" is the core group."""
        parts = self.api.split("/")
        return parts[1] if parts[0] == "apis" else ""

    def path(self, namespace: str = "") -> str:
        place = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"/{self.api}{place}/{self.plural}"


_CORE, _APPS, _BATCH, _NET = "api/v1", "apis/apps/v1", "apis/batch/v1", "apis/networking.k8s.io/v1"
_ADMISSION, _STORAGE, _GATEWAY = (
    "apis/admissionregistration.k8s.io/v1",
    "apis/storage.k8s.io/v1",
    "apis/gateway.networking.k8s.io/v1",
)
_RBAC = "apis/rbac.authorization.k8s.io/v1"
_METRICS = "apis/metrics.k8s.io/v1beta1"

# In the order in which they are asked for: what runs first, then what it stands on.
KINDS: dict[str, ResourceKind] = {
    kind.plural: kind
    for kind in (
        ResourceKind("pods", _CORE, pod.Pod, short=("po",)),
        ResourceKind("events", _CORE, cluster.Event, short=("ev",)),
        ResourceKind("nodes", _CORE, cluster.Node, namespaced=False, short=("no",)),
        ResourceKind("namespaces", _CORE, cluster.Namespace, namespaced=False, short=("ns",)),
        ResourceKind("deployments", _APPS, workload.Deployment, short=("deploy",)),
        ResourceKind("replicasets", _APPS, workload.ReplicaSet, short=("rs",)),
        ResourceKind("statefulsets", _APPS, workload.StatefulSet, short=("sts",)),
        ResourceKind("daemonsets", _APPS, workload.DaemonSet, short=("ds",)),
        ResourceKind("services", _CORE, network.Service, short=("svc",)),
        ResourceKind("endpointslices", "apis/discovery.k8s.io/v1", network.EndpointSlice),
        ResourceKind("endpoints", _CORE, network.Endpoints, short=("ep",)),
        ResourceKind("jobs", _BATCH, workload.Job),
        ResourceKind("cronjobs", _BATCH, workload.CronJob, short=("cj",)),
        ResourceKind(
            "horizontalpodautoscalers", "apis/autoscaling/v2", workload.HorizontalPodAutoscaler, short=("hpa",)
        ),
        ResourceKind("persistentvolumeclaims", _CORE, storage.PersistentVolumeClaim, short=("pvc",)),
        ResourceKind("persistentvolumes", _CORE, storage.PersistentVolume, namespaced=False, short=("pv",)),
        ResourceKind("storageclasses", _STORAGE, storage.StorageClass, namespaced=False, short=("sc",)),
        ResourceKind("configmaps", _CORE, cluster.ConfigMap, short=("cm",)),
        ResourceKind("serviceaccounts", _CORE, network.ServiceAccount, short=("sa",)),
        ResourceKind("resourcequotas", _CORE, cluster.ResourceQuota, short=("quota",)),
        ResourceKind("limitranges", _CORE, cluster.LimitRange, short=("limits",)),
        ResourceKind("ingresses", _NET, network.Ingress, short=("ing",)),
        ResourceKind("ingressclasses", _NET, network.IngressClass, namespaced=False),
        ResourceKind("networkpolicies", _NET, network.NetworkPolicy, short=("netpol",)),
        ResourceKind("poddisruptionbudgets", "apis/policy/v1", workload.PodDisruptionBudget, short=("pdb",)),
        ResourceKind(
            "validatingwebhookconfigurations", _ADMISSION, network.ValidatingWebhookConfiguration, namespaced=False
        ),
        ResourceKind(
            "mutatingwebhookconfigurations", _ADMISSION, network.MutatingWebhookConfiguration, namespaced=False
        ),
        ResourceKind("httproutes", _GATEWAY, network.HTTPRoute),
        ResourceKind("gateways", _GATEWAY, network.Gateway, short=("gtw",)),
        ResourceKind("applications", "apis/argoproj.io/v1alpha1", delivery.Application, short=("app", "apps")),
        ResourceKind("gatewayclasses", _GATEWAY, network.GatewayClass, namespaced=False, short=("gc",)),
        ResourceKind("replicationcontrollers", _CORE, workload.ReplicationController, short=("rc",)),
        ResourceKind(
            "priorityclasses", "apis/scheduling.k8s.io/v1", cluster.PriorityClass, namespaced=False, short=("pc",)
        ),
        ResourceKind("roles", _RBAC, access.Role),
        ResourceKind("rolebindings", _RBAC, access.RoleBinding),
        ResourceKind("clusterroles", _RBAC, access.ClusterRole, namespaced=False),
        ResourceKind("clusterrolebindings", _RBAC, access.ClusterRoleBinding, namespaced=False),
        ResourceKind("secrets", _CORE, cluster.Secret),
    )
}
METRICS: dict[str, ResourceKind] = {
    "podmetrics": ResourceKind("pods", _METRICS, cluster.PodMetrics),
    "nodemetrics": ResourceKind("nodes", _METRICS, cluster.NodeMetrics, namespaced=False),
}
ALL: dict[str, ResourceKind] = KINDS | METRICS
BY_NAME: dict[str, ResourceKind] = {kind.name: kind for kind in ALL.values()}
PLURAL: dict[str, str] = {kind.name: plural for plural, kind in ALL.items()}
