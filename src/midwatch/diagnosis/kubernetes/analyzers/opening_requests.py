"""The opening requests of a Kubernetes diagnosis: the kinds that its analyzers read, each asked for once.

Their answers decide what is asked next (logs, other namespaces). A new analyzer has its kinds asked for by declaring
them.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from midwatch.analysis.series import Series
from midwatch.diagnosis.kubernetes.analyzers import Readable, analyzers
from midwatch.diagnosis.kubernetes.area import CLUSTER
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.question import Question
from midwatch.integrations.kubernetes.objects.access import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap, Event, PriorityClass, Secret
from midwatch.integrations.kubernetes.objects.custom import CustomResource
from midwatch.integrations.kubernetes.objects.kinds import ALL, ResourceKind
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import Endpoints, GatewayClass, Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SAVED, UnreadPart
from midwatch.integrations.kubernetes.objects.workload import Deployment, ReplicationController, StatefulSet

# Without these nothing is called healthy: what serves people, and what keeps it running.
_ESSENTIAL: frozenset[type[Object]] = frozenset((Pod, Deployment, StatefulSet, Service))
# Asked for by an analyzer once something points at one: most clusters have none that matter, or few may read them.
# Secrets never are: even a list of their names would carry their values.
ON_DEMAND: frozenset[type[Object]] = frozenset(
    (ReplicationController, PriorityClass, GatewayClass, Role, RoleBinding, ClusterRole, ClusterRoleBinding, Secret)
)


def opening(question: Question) -> tuple[ToolRequest, ...]:
    """Of the namespace of the question or, without one, of all; none for a question that is not about the cluster.

    In the order of the kinds, then measurements, then what people save beside them; the same for the same question.
    """
    return tuple(_requests(question)) if question.intent.topic in ("", CLUSTER) else ()


def _requests(question: Question) -> Iterator[ToolRequest]:
    for plural, kind in ALL.items():
        if kind.type in _read() and kind.type not in ON_DEMAND:
            yield from _request(plural, kind, question)
    if CustomResource in _read():
        yield ToolRequest(tool="kubernetes_custom_resources", arguments=_placed(question.namespace))
    if Series in _read():
        place = _placed(question.namespace)
        yield ToolRequest(tool="kubernetes_metrics", arguments=place, essential=question.is_about_slowness)
    for one in SAVED.values():
        if one.type in _read() or one.type is UnreadPart:  # of which analyse.py makes a gap
            place = _placed(question.namespace) if one.namespaced else {}
            yield ToolRequest(tool="kubernetes_saved", arguments={"what": one.plural, **place})


def _request(plural: str, kind: ResourceKind, question: Question) -> Iterator[ToolRequest]:
    namespace = question.namespace
    if kind.type is Endpoints and not namespace:
        return  # EndpointSlices say the same: of a whole cluster both would be twice the load
    if kind.type is Event:
        arguments = _placed(namespace) or {"which": "telling"}
        period = {"since": question.since.isoformat()} if question.since else {}
        yield ToolRequest(tool="kubernetes_events", arguments=arguments | period)
        return
    arguments = {"resource": plural} | (_placed(namespace) if kind.namespaced else {})
    if kind.type is ConfigMap and not namespace:
        arguments["names_only"] = True  # the contents of all ConfigMaps of a cluster can be hundreds of megabytes
    yield ToolRequest(tool="kubernetes_list", arguments=arguments, essential=kind.type in _ESSENTIAL)


def _placed(namespace: str) -> dict[str, Any]:
    return {"namespace": namespace} if namespace else {}


@cache
def _read() -> frozenset[Readable]:
    return frozenset(kind for analyzer in analyzers() for kind in analyzer.reads)
