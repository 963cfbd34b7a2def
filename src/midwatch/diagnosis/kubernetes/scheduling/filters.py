"""Why a pod is unschedulable: the scheduler's filters, applied again to every node in the evidence.

The scheduler stops at a node's first filter and prints only counts; here every filter is asked on every node, so that
the one to change can be told from those that merely come along. Order and rules: kube-scheduler's default filter
plugins.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import msgspec

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.pod_requests import amounts, requests_by_pod, total_requests
from midwatch.integrations.kubernetes.objects.cluster import Node, Taint
from midwatch.integrations.kubernetes.objects.pod import Pod, PodAffinityTerm, SpreadConstraint, Toleration
from midwatch.integrations.kubernetes.objects.selectors import matches, node_matches, subset
from midwatch.integrations.kubernetes.objects.storage import PersistentVolume, PersistentVolumeClaim

CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_CORDON = "node.kubernetes.io/unschedulable"
_STATE = "node.kubernetes.io/"  # taints that the control plane sets on unhealthy nodes
_ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
INTENT = ("selector", "affinity", "volume")


@dataclass(frozen=True)
class Obstacle:
    """`filter` names the rule ("taint", "fit:cpu"), `detail` what on this node is in the way, `quote` the node's own
    text for it."""

    filter: str
    detail: str = ""
    quote: str = ""


class NodeSet:
    """The nodes with the pods on them; built once for all pending pods."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.nodes = {node.name: node for node in cluster.all(Node)}
        self.room = {name: amounts(node.status.allocatable) for name, node in self.nodes.items()}
        self.placed: dict[str, list[Pod]] = defaultdict(list)
        for pod in cluster.all(Pod):
            if pod.spec.node_name and not pod.is_finished:
                self.placed[pod.spec.node_name].append(pod)
        self._requests = requests_by_pod(cluster)
        self._used: dict[str, Counter[str]] = {}
        self.repelling = _repelling(self)
        self._trials: dict[bytes, FilterResult] = {}

    def apply_filters(self, pod: Pod) -> "FilterResult":
        """Replicas of one template get the same result: they are filtered once."""
        shape = msgspec.json.encode((pod.namespace, pod.labels, pod.spec))
        if shape not in self._trials:
            self._trials[shape] = FilterResult(self, pod)
        same = copy(self._trials[shape])
        same.pod = pod
        return same

    def used_ports(self, node: Node) -> Counter[str]:
        if node.name not in self._used:
            total: Counter[str] = Counter()
            for pod in self.placed[node.name]:
                total.update(self._requests[pod.namespace, pod.name])
            self._used[node.name] = total
        return self._used[node.name]

    def free(self, node: Node, resource: str) -> float:
        return self.room[node.name].get(resource, 0.0) - self.used_ports(node)[resource]

    def running_pods(self) -> Iterator[tuple[Node, Pod]]:
        for name, pods in sorted(self.placed.items()):
            if node := self.nodes.get(name):
                yield from ((node, pod) for pod in pods)


class FilterResult:
    """One pending pod, filtered on every node."""

    def __init__(self, board: NodeSet, pod: Pod) -> None:
        self.board, self.pod = board, pod
        self.needs = total_requests(pod)
        self.volumes = list(_volumes(board.cluster, pod))
        self.repelled = _repelled(board, pod)
        self.wanted = _wanted(board, pod)
        self.crowded = {c.topology_key: _crowded(board, pod, c) for c in spread_constraints(pod)}
        self.obstacles = {name: {o.filter: o for o in self._try(node)} for name, node in sorted(board.nodes.items())}

    def _try(self, node: Node) -> Iterator[Obstacle]:
        for rule in _FILTERS:
            yield from rule(self, node)

    def is_masked(self, filter_: str) -> bool:
        """True when the scheduler cannot have reported this filter: on every node it excludes, an earlier filter did so
        first."""
        turn = _TURN[filter_.split(":")[0]]
        held = [self.obstacles[n] for n in self.obstacles if filter_ in self.obstacles[n]]
        return bool(held) and all(any(_TURN[f.split(":")[0]] < turn for f in found) for found in held)

    @cached_property
    def workers(self) -> list[str]:
        """The nodes to consider: without tainted control-plane nodes, unless there are no others."""
        return [n for n in self.obstacles if not self._reserved(n)] or list(self.obstacles)

    def _reserved(self, name: str) -> bool:
        labels = self.board.nodes[name].labels
        role = any(key in labels for key in CONTROL_PLANE) or labels.get("kubernetes.io/role") == "master"
        return "control-plane" in self.obstacles[name] or (role and "cordon" in self.obstacles[name])

    def blocked_nodes(self, filter_: str) -> list[Node]:
        return [self.board.nodes[name] for name in self.workers if filter_ in self.obstacles[name]]

    def candidates(self) -> list[str]:
        """The nodes that match the pod's own constraints (selector, affinity, volumes)."""
        return [n for n in self.workers if not any(f in self.obstacles[n] for f in INTENT)]

    def ranking(self) -> list[str]:
        """Filters, the one to change first: a constraint that no node meets, else the filter that alone excludes most
        matching nodes."""
        unmet = [f for f in INTENT if self.workers and all(f in self.obstacles[n] for n in self.workers)]
        among = self.candidates() or self.workers
        alone = Counter(next(iter(self.obstacles[n])) for n in among if len(self.obstacles[n]) == 1)
        every = Counter(f for n in among for f in self.obstacles[n])
        ranked = sorted(every, key=lambda f: (-alone[f], -every[f], _ORDER.index(f.split(":")[0]), f))
        if ranked and ranked[0].startswith("fit:") and alone["state"] and not self.exceeds_every_node(ranked[0][4:]):
            ranked.insert(0, "state")  # the cluster is only full because a node is down
        return list(dict.fromkeys([*unmet, *ranked]))

    def exceeds_every_node(self, resource: str) -> bool:
        """True when the request exceeds the allocatable amount of every usable node."""
        names = self.candidates() or self.workers
        return all(self.board.room[n].get(resource, 0.0) < self.needs.get(resource, 0.0) for n in names)


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.operator == "Exists":
        return not toleration.key or toleration.key == taint.key
    return toleration.key == taint.key and (toleration.value or "") == (taint.value or "")


def untolerated_taints(pod: Pod, node: Node) -> list[Taint]:
    hard = (t for t in node.spec.taints or () if t.effect in ("NoSchedule", "NoExecute"))
    return [t for t in hard if not any(tolerates(x, t) for x in pod.spec.tolerations or ())]


def taint_text(taint: Taint) -> str:
    return f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"


def spread_constraints(pod: Pod) -> list[SpreadConstraint]:
    return [c for c in pod.spec.topology_spread_constraints or () if c.when_unsatisfiable in ("DoNotSchedule", "")]


def claims(cluster: Cluster, pod: Pod) -> Iterator[tuple[str, PersistentVolumeClaim | None]]:
    for volume in pod.spec.volumes or ():
        if claim := volume.persistent_volume_claim:
            yield claim.claim_name, cluster.get(PersistentVolumeClaim, pod.namespace, claim.claim_name)


def _volumes(cluster: Cluster, pod: Pod) -> Iterator[PersistentVolume]:
    for _, claim in claims(cluster, pod):
        volume = cluster.get(PersistentVolume, "", claim.spec.volume_name) if claim and claim.spec.volume_name else None
        if volume:
            yield volume


def _anti(pod: Pod) -> list[PodAffinityTerm]:
    affinity = pod.spec.affinity.pod_anti_affinity if pod.spec.affinity else None
    return list(affinity.required or ()) if affinity else []


def _attracted(pod: Pod) -> list[PodAffinityTerm]:
    affinity = pod.spec.affinity.pod_affinity if pod.spec.affinity else None
    return list(affinity.required or ()) if affinity else []


def _meant(term: PodAffinityTerm, home: Pod, other: Pod) -> bool:
    return other.namespace in (term.namespaces or [home.namespace]) and matches(term.label_selector, other.labels)


def _repelled(board: NodeSet, pod: Pod) -> dict[tuple[str, str], Pod]:
    """(topology key, value) → the pod whose presence excludes this one there, whichever declares the anti-affinity."""
    found: dict[tuple[str, str], Pod] = {}
    own = _anti(pod)
    for node, other in board.running_pods() if own else ():
        for term in own:
            if term.topology_key in node.labels and _meant(term, pod, other):
                found.setdefault((term.topology_key, node.labels[term.topology_key]), other)
    for home, term, places in board.repelling:
        if _meant(term, home, pod):
            for value, other in places.items():
                found.setdefault((term.topology_key, value), other)
    return found


def _repelling(board: NodeSet) -> list[tuple[Pod, PodAffinityTerm, dict[str, Pod]]]:
    """The anti-affinities of the pods that run, each once: a pod that declares it, the term, and topology value → pod
    there."""
    found: dict[bytes, tuple[Pod, PodAffinityTerm, dict[str, Pod]]] = {}
    for node, pod in board.running_pods():
        for term in _anti(pod):
            value = node.labels.get(term.topology_key)
            if value is not None:
                key = msgspec.json.encode((pod.namespace, term))
                found.setdefault(key, (pod, term, {}))[2].setdefault(value, pod)
    return list(found.values())


def _wanted(board: NodeSet, pod: Pod) -> list[tuple[PodAffinityTerm, frozenset[str]]]:
    """Each required pod affinity with the topology values where a pod it wants already runs."""
    terms = _attracted(pod)
    running = list(board.running_pods()) if terms else []
    found: list[tuple[PodAffinityTerm, frozenset[str]]] = []
    for term in terms:
        places = frozenset(n.labels.get(term.topology_key, "") for n, p in running if _meant(term, pod, p)) - {""}
        if places or not _meant(term, pod, pod):  # the first pod of a group with affinity to itself may start anywhere
            found.append((term, places))
    return found


def _crowded(board: NodeSet, pod: Pod, constraint: SpreadConstraint) -> frozenset[str]:
    """The topology values where one more pod would exceed the allowed skew."""
    counts: Counter[str] = Counter()
    for node in board.nodes.values():
        if constraint.topology_key in node.labels and not any(True for _ in _selector_rule(pod, node)):
            counts[node.labels[constraint.topology_key]] += 0
    for node, other in board.running_pods():
        value = node.labels.get(constraint.topology_key, "")
        alive = other.namespace == pod.namespace and other.metadata.deletion_timestamp is None
        if value in counts and alive and matches(constraint.label_selector, other.labels):
            counts[value] += 1
    own = int(matches(constraint.label_selector, pod.labels))
    least = min(counts.values(), default=0)
    return frozenset(v for v, n in counts.items() if n + own - least > constraint.max_skew)


def _cordon(trial: FilterResult, node: Node) -> Iterator[Obstacle]:
    mark = Taint(key=_CORDON, effect="NoSchedule")
    if node.spec.unschedulable and not any(tolerates(x, mark) for x in trial.pod.spec.tolerations or ()):
        yield Obstacle("cordon", node.name, '"unschedulable":true')


def _taint(trial: FilterResult, node: Node) -> Iterator[Obstacle]:
    for taint in untolerated_taints(trial.pod, node):
        if taint.key == _CORDON:
            continue
        group = "control-plane" if taint.key in CONTROL_PLANE else "state" if taint.key.startswith(_STATE) else "taint"
        yield Obstacle(group, taint_text(taint), f'"key":"{taint.key}"')


def _selector_rule(pod: Pod, node: Node) -> Iterator[Obstacle]:
    if not subset(pod.spec.node_selector or {}, node.labels):
        yield Obstacle("selector")
    required = pod.spec.affinity.node_affinity if pod.spec.affinity else None
    if required and not node_matches(required.required, node.labels, node.name):
        yield Obstacle("affinity")


def _selector(trial: FilterResult, node: Node) -> Iterator[Obstacle]:
    return _selector_rule(trial.pod, node)


def _host_ports(pod: Pod) -> set[tuple[int, str]]:
    return {(p.host_port, p.protocol) for c in pod.spec.all_containers for p in c.ports or () if p.host_port}


def _ports(trial: FilterResult, node: Node) -> Iterator[Obstacle]:
    if wanted := _host_ports(trial.pod):
        for other in trial.board.placed[node.name]:
            if taken := sorted(wanted & _host_ports(other)):
                yield Obstacle("ports", f"{taken[0][0]} held by {other.name}")
                return


def _fit(trial: FilterResult, node: Node) -> Iterator[Obstacle]:
    if node.status.allocatable is None:
        return
    for resource, need in trial.needs.items():
        if need and need > trial.board.free(node, resource) + 1e-9:
            yield Obstacle(f"fit:{resource}")
    allowed = trial.board.room[node.name].get("pods")
    if allowed is not None and len(trial.board.placed[node.name]) >= allowed:
        yield Obstacle("pods", f"{allowed:g}")


def _volume(trial: FilterResult, node: Node) -> Iterator[Obstacle]:
    for volume in trial.volumes:
        bound = volume.spec.node_affinity.required if volume.spec.node_affinity else None
        zone = next((volume.labels[z] for z in _ZONES if z in volume.labels), "")
        away = zone and not any(node.labels.get(z) in zone.split("__") for z in _ZONES)
        if away or not node_matches(bound, node.labels, node.name):
            yield Obstacle("volume", volume.name)
            return


def _spread(trial: FilterResult, node: Node) -> Iterator[Obstacle]:
    for key, crowded in trial.crowded.items():
        if key not in node.labels:
            yield Obstacle("unlabelled", key)
        elif node.labels[key] in crowded:
            yield Obstacle("spread", key)


def _neighbours(trial: FilterResult, node: Node) -> Iterator[Obstacle]:
    for (key, value), other in trial.repelled.items():
        if node.labels.get(key) == value:
            yield Obstacle("anti", other.name)
            break
    for term, places in trial.wanted:
        if node.labels.get(term.topology_key, "") not in places:
            yield Obstacle("peer", term.topology_key)
            break


_FILTERS: tuple[Callable[[FilterResult, Node], Iterator[Obstacle]], ...] = (
    _cordon,
    _taint,
    _selector,
    _ports,
    _fit,
    _volume,
    _spread,
    _neighbours,
)
# Where two filters exclude the same number of nodes, the one that is easier to change comes first
_ORDER = (
    *("selector", "affinity", "volume", "state", "cordon", "taint", "ports"),
    *("unlabelled", "spread", "anti", "peer", "fit", "pods", "control-plane"),
)
# The scheduler's own order: a node's first filter is the only one it counts
_TURN = {
    **dict.fromkeys(("cordon",), 0),
    **dict.fromkeys(("taint", "state", "control-plane"), 1),
    **dict.fromkeys(("selector", "affinity"), 2),
    **dict.fromkeys(("ports",), 3),
    **dict.fromkeys(("fit", "pods"), 4),
    **dict.fromkeys(("volume",), 5),
    **dict.fromkeys(("unlabelled", "spread"), 6),
    **dict.fromkeys(("anti", "peer"), 7),
}
