"""RBAC bindings whose role does not exist: they grant nothing, which shows only when a request is forbidden."""

import re
from collections.abc import Iterator, Sequence

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster, fact
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Finding
from midwatch.domain.observation import LogLines
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.access import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from midwatch.integrations.kubernetes.objects.pod import Pod

_REFUSED = re.compile(r'User "system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)" cannot \w+ resource[^\n]{0,200}')
_RESOURCES = {"rolebindings": True, "roles": True, "clusterrolebindings": False, "clusterroles": False}
_Account = tuple[str, str]


def find(cluster: Cluster) -> Iterator[Finding]:
    for kind in (RoleBinding, ClusterRoleBinding):
        for binding in cluster.all(kind):
            yield from _dangling(cluster, binding)


def _dangling(cluster: Cluster, binding: RoleBinding | ClusterRoleBinding) -> Iterator[Finding]:
    role = binding.role_ref
    type_ = Role if role.kind == "Role" else ClusterRole
    where = binding.namespace if type_ is Role else ""
    cites: tuple[Citation, ...] = (cluster.cite(binding, json_field("name", role.name)),)
    if isinstance(binding, ClusterRoleBinding) and type_ is Role:
        cites = (
            cluster.cite(binding, json_field("kind", "Role")),
            *cites,
        )  # in any case: a ClusterRoleBinding cannot reference a Role
    elif cluster.missing(type_, where, role.name):
        cites = (*cites, cluster.cite_absence(type_, where, role.name))
    else:
        return
    refused = [r for a in _accounts(binding) for r in _refusals(cluster) if r[0] == a]
    name, accounts = f"{role.kind} {role.name}", ", ".join(name for _, name in _accounts(binding)) or "its subjects"
    if not refused:
        yield finding("K8S-733", binding.subject, cites=cites, role=name, accounts=accounts)
    for owner, proof in {owner: proof for _, owner, proof in refused}.items():
        yield finding("K8S-734", binding.subject, owner=owner, cites=(*cites, proof), role=name, accounts=accounts)


def _accounts(binding: RoleBinding | ClusterRoleBinding) -> list[_Account]:
    return [(s.namespace or binding.namespace, s.name) for s in binding.subjects or () if s.kind == "ServiceAccount"]


@fact
def _refusals(cluster: Cluster) -> Sequence[tuple[_Account, Subject, Citation]]:
    """Account, workload and log line of each request that was forbidden."""
    found: list[tuple[_Account, Subject, Citation]] = []
    for log in cluster.logs():
        pod = cluster.get(Pod, log.namespace, log.name)
        if pod and (match := _REFUSED.search(log.text)):
            found.append(((match[1], match[2]), cluster.owner(pod), cluster.cite_log(log, match[0])))
    return found


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """RBAC objects are read only after a forbidden request: few users may list them, and most causes are elsewhere."""
    places = dict.fromkeys(account[0] for account, _, _ in _refusals(cluster))
    for resource, namespaced in _RESOURCES.items() if places else ():
        for place in places if namespaced else ("",):
            yield ToolRequest(
                tool="kubernetes_list",
                arguments={"resource": resource, "namespace": place},
                why="a request was forbidden by RBAC",
            )


ANALYZER = Analyzer(find, asks, reads=(Pod, Role, RoleBinding, ClusterRole, ClusterRoleBinding, LogLines))
