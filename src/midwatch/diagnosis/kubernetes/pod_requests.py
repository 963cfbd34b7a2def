"""Resource requests of pods, as the scheduler adds them up, and their text form."""

from collections import Counter
from collections.abc import Mapping

from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.integrations.kubernetes.objects.meta import Quantities
from midwatch.integrations.kubernetes.objects.pod import Container, Pod
from midwatch.integrations.kubernetes.objects.quantity import amount

Amounts = Mapping[str, float]
_BYTES = ("memory", "storage", "ephemeral-storage", "hugepages-")
_UNITS = (("Ti", 1024**4), ("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024))


def amounts(quantities: Quantities | None) -> dict[str, float]:
    return {name: amount(value) for name, value in (quantities or {}).items()}


def total_requests(pod: Pod) -> dict[str, float]:
    """Containers and sidecars together, or the largest init container beside the sidecars started before it, whichever
    is more."""
    total: Counter[str] = Counter()
    for container in pod.spec.containers:
        total.update(_request(container))
    sidecars: Counter[str] = Counter()
    peak: dict[str, float] = {}
    for container in pod.spec.init_containers or ():
        own = _request(container)
        if container.restart_policy == "Always":
            sidecars.update(own)
            own = {}
        for name in own.keys() | sidecars.keys():
            peak[name] = max(peak.get(name, 0.0), own.get(name, 0.0) + sidecars.get(name, 0.0))
    total.update(sidecars)
    names = total.keys() | peak.keys()
    return {name: max(float(total.get(name, 0.0)), peak.get(name, 0.0)) for name in sorted(names)}


@fact
def requests_by_pod(cluster: Cluster) -> Mapping[tuple[str, str], Amounts]:
    """By namespace and name, of the pods that take room on a node."""
    return {
        (p.namespace, p.name): total_requests(p) for p in cluster.all(Pod) if p.spec.node_name and not p.is_finished
    }


def _request(container: Container) -> dict[str, float]:
    """A limit without a request is the request: the API server fills it in, a dump of a manifest may not have it
    yet."""
    return amounts(container.resources.limits) | amounts(container.resources.requests)


def readable(resource: str, value: float) -> str:
    """`64 CPU`, `1.5Gi memory`, `2 nvidia.com/gpu`."""
    kind = resource.removeprefix("requests.").removeprefix("limits.")
    if kind == "cpu":
        return f"{round(value, 3):g} CPU"
    if kind.startswith(_BYTES):
        return f"{size(value)} {kind}"
    return f"{value:g} {kind}"


def size(value: float) -> str:
    """Bytes in the largest binary unit that leaves a number of at least one."""
    for unit, factor in _UNITS:
        if abs(value) >= factor:
            return f"{round(value / factor, 1):g}{unit}"
    return f"{value:g}"
