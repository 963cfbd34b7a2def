"""Every kind of object that Midwatch reads, declared once: plural → where the API serves it and the fields that are
decoded."""

from dataclasses import dataclass

from midwatch.integrations.kubernetes.objects import access, cluster, delivery, network, pod, storage, workload
from midwatch.integrations.kubernetes.objects.meta import Object


@dataclass(frozen=True)
class Kind:
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
KINDS: dict[str, Kind] = {
    kind.plural: kind
    for kind in (
        Kind("pods", _CORE, pod.Pod, short=("po",)),
        Kind("events", _CORE, cluster.Event, short=("ev",)),
        Kind("nodes", _CORE, cluster.Node, namespaced=False, short=("no",)),
        Kind("namespaces", _CORE, cluster.Namespace, namespaced=False, short=("ns",)),
        Kind("deployments", _APPS, workload.Deployment, short=("deploy",)),
        Kind("replicasets", _APPS, workload.ReplicaSet, short=("rs",)),
        Kind("statefulsets", _APPS, workload.StatefulSet, short=("sts",)),
        Kind("daemonsets", _APPS, workload.DaemonSet, short=("ds",)),
        Kind("services", _CORE, network.Service, short=("svc",)),
        Kind("endpointslices", "apis/discovery.k8s.io/v1", network.EndpointSlice),
        Kind("endpoints", _CORE, network.Endpoints, short=("ep",)),
        Kind("jobs", _BATCH, workload.Job),
        Kind("cronjobs", _BATCH, workload.CronJob, short=("cj",)),
        Kind("horizontalpodautoscalers", "apis/autoscaling/v2", workload.HorizontalPodAutoscaler, short=("hpa",)),
        Kind("persistentvolumeclaims", _CORE, storage.PersistentVolumeClaim, short=("pvc",)),
        Kind("persistentvolumes", _CORE, storage.PersistentVolume, namespaced=False, short=("pv",)),
        Kind("storageclasses", _STORAGE, storage.StorageClass, namespaced=False, short=("sc",)),
        Kind("configmaps", _CORE, cluster.ConfigMap, short=("cm",)),
        Kind("serviceaccounts", _CORE, network.ServiceAccount, short=("sa",)),
        Kind("resourcequotas", _CORE, cluster.ResourceQuota, short=("quota",)),
        Kind("limitranges", _CORE, cluster.LimitRange, short=("limits",)),
        Kind("ingresses", _NET, network.Ingress, short=("ing",)),
        Kind("ingressclasses", _NET, network.IngressClass, namespaced=False),
        Kind("networkpolicies", _NET, network.NetworkPolicy, short=("netpol",)),
        Kind("poddisruptionbudgets", "apis/policy/v1", workload.PodDisruptionBudget, short=("pdb",)),
        Kind("validatingwebhookconfigurations", _ADMISSION, network.ValidatingWebhookConfiguration, namespaced=False),
        Kind("mutatingwebhookconfigurations", _ADMISSION, network.MutatingWebhookConfiguration, namespaced=False),
        Kind("httproutes", _GATEWAY, network.HTTPRoute),
        Kind("gateways", _GATEWAY, network.Gateway, short=("gtw",)),
        Kind("applications", "apis/argoproj.io/v1alpha1", delivery.Application, short=("app", "apps")),
        Kind("gatewayclasses", _GATEWAY, network.GatewayClass, namespaced=False, short=("gc",)),
        Kind("replicationcontrollers", _CORE, workload.ReplicationController, short=("rc",)),
        Kind("priorityclasses", "apis/scheduling.k8s.io/v1", cluster.PriorityClass, namespaced=False, short=("pc",)),
        Kind("roles", _RBAC, access.Role),
        Kind("rolebindings", _RBAC, access.RoleBinding),
        Kind("clusterroles", _RBAC, access.ClusterRole, namespaced=False),
        Kind("clusterrolebindings", _RBAC, access.ClusterRoleBinding, namespaced=False),
        Kind("secrets", _CORE, cluster.Secret),
    )
}
METRICS: dict[str, Kind] = {
    "podmetrics": Kind("pods", _METRICS, cluster.PodMetrics),
    "nodemetrics": Kind("nodes", _METRICS, cluster.NodeMetrics, namespaced=False),
}
ALL: dict[str, Kind] = KINDS | METRICS
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in ALL.values()}
PLURAL: dict[str, str] = {kind.name: plural for plural, kind in ALL.items()}
