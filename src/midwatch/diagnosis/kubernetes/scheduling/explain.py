"""The finding for the filter that excludes the nodes: code, facts with numbers, and citations."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from midwatch.diagnosis.kubernetes.pod_requests import amounts, readable
from midwatch.diagnosis.kubernetes.scheduling import messages
from midwatch.diagnosis.kubernetes.scheduling.filters import FilterResult, claims, spread_constraints
from midwatch.domain.evidence import Citation
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import Node
from midwatch.integrations.kubernetes.objects.meta import Expression, LabelSelector, Object
from midwatch.integrations.kubernetes.objects.selectors import unmatched_labels
from midwatch.integrations.kubernetes.objects.workload import DaemonSet

_SHOWN = 5


@dataclass(frozen=True)
class FilterExplanation:
    code: str
    facts: dict[str, str] = field(default_factory=dict[str, str])
    cites: tuple[Citation, ...] = ()
    peers: tuple[Subject, ...] = ()


def explain_filter(trial: FilterResult, filter_: str, message: str) -> FilterExplanation:
    if filter_.startswith("fit:"):
        return _shortage(trial, filter_[4:])
    return _BY_FILTER[filter_](trial, message)


def first_names(names: Iterable[str]) -> str:
    """At most five names in full, then how many more."""
    known = sorted(set(names))
    rest = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return ", ".join(known[:_SHOWN]) + rest


def member(name: str, value: object) -> str:
    """`"name":value` as it stands in the evidence."""
    return f'"{name}":{msgspec.json.encode(value).decode()}'


def _nodes(trial: FilterResult, filter_: str) -> tuple[str, tuple[Citation, ...]]:
    held = trial.blocked_nodes(filter_)
    cites = (trial.board.cluster.cite(n, trial.obstacles[n.name][filter_].quote) for n in held[:_SHOWN])
    return first_names(n.name for n in held) or "", tuple(cites)


def _scope(trial: FilterResult) -> tuple[Citation, ...]:
    return (
        (trial.board.cluster.cite_scope(Node),) if trial.board.nodes and trial.board.cluster.is_complete(Node) else ()
    )


def _existing(trial: FilterResult, keys: Iterable[str]) -> str:
    """The values of these labels on the existing nodes."""
    if not trial.board.nodes:
        return "nodes were not read"
    found = {f"{k}={n.labels[k]}" for k in set(keys) for n in trial.board.nodes.values() if k in n.labels}
    return f"nodes have {first_names(found)}" if found else f"no node has label {first_names(keys)}"


def _selector(trial: FilterResult, message: str) -> FilterExplanation:
    pairs = trial.pod.spec.node_selector or {}
    if not pairs or (trial.workers and not trial.blocked_nodes("selector")):
        return _affinity(trial, message)
    nowhere = {k: v for k, v in pairs.items() if all(n.labels.get(k) != v for n in trial.board.nodes.values())} or pairs
    cites = tuple(trial.board.cluster.cite(trial.pod, member(k, v)) for k, v in nowhere.items())
    facts = {"selector": ", ".join(unmatched_labels(nowhere, {})), "existing": _existing(trial, nowhere)}
    return FilterExplanation("K8S-301", facts, (*cites, *_scope(trial)))


def _affinity(trial: FilterResult, _: str) -> FilterExplanation:
    wanted = trial.pod.spec.affinity.node_affinity if trial.pod.spec.affinity else None
    terms = wanted.required.node_selector_terms or [] if wanted and wanted.required else []
    rules = [e for t in terms for e in (*(t.match_expressions or ()), *(t.match_fields or ()))]
    cites = tuple(trial.board.cluster.cite(trial.pod, member("key", e.key)) for e in rules[:2])
    facts = {
        "affinity": " and ".join(_spell(e) for e in rules) or "",
        "existing": _existing(trial, [e.key for e in rules]),
    }
    return FilterExplanation("K8S-302", facts, (*cites, *_scope(trial)))


def _spell(rule: Expression) -> str:
    return f"{rule.key} {rule.operator} {', '.join(rule.values or ())}".strip()


def _labels(selector: LabelSelector | None) -> str:
    if selector is None:
        return "nothing"
    pairs = [f"{k}={v}" for k, v in (selector.match_labels or {}).items()]
    return ", ".join([*pairs, *(_spell(e) for e in selector.match_expressions or ())]) or "any pod"


def _taint(trial: FilterResult, message: str, filter_: str = "taint") -> FilterExplanation:
    names, cites = _nodes(trial, filter_)
    own = sorted({trial.obstacles[n.name][filter_].detail for n in trial.blocked_nodes(filter_)})
    taints = ", ".join(own or messages.taints(message)) or ""
    return FilterExplanation("K8S-303", {"taint": taints, "nodes": names}, cites)


def _control_plane(trial: FilterResult, message: str) -> FilterExplanation:
    return _taint(trial, message, "control-plane")


def _state(trial: FilterResult, _: str) -> FilterExplanation:
    names, cites = _nodes(trial, "state")
    held = trial.blocked_nodes("state")
    marks = sorted({trial.obstacles[n.name]["state"].detail for n in held})
    return FilterExplanation(
        "K8S-316", {"taint": ", ".join(marks), "nodes": names}, cites, tuple(n.subject for n in held[:_SHOWN])
    )


def _cordon(trial: FilterResult, _: str) -> FilterExplanation:
    names, cites = _nodes(trial, "cordon")
    return FilterExplanation("K8S-304", {"nodes": names}, cites)


def _shortage(trial: FilterResult, resource: str) -> FilterExplanation:
    cluster, need = trial.board.cluster, trial.needs.get(resource, 0.0)
    containers = trial.pod.spec.all_containers
    raw = [x[resource] for c in containers for x in (c.resources.requests, c.resources.limits) if x and resource in x]
    asked = (cluster.cite(trial.pod, member(resource, raw[0])),) if raw else ()
    nodes = [trial.board.nodes[n] for n in trial.candidates() or trial.workers]
    facts = {"resource": resource, "needs": readable(resource, need) if need else resource}
    if unoffered := _unoffered(trial, resource):
        plugin, peers = _plugin(trial, resource)
        found = facts | {"vendor": resource.partition("/")[0], "plugin": plugin, "registered": unoffered}
        return FilterExplanation("K8S-324", found, (*asked, *_scope(trial)), peers)
    if not nodes or not need:
        return FilterExplanation(
            "K8S-306", facts | {"room": "not enough free on the nodes (reported by the scheduler)"}, asked
        )
    largest = max(nodes, key=lambda n: trial.board.room[n.name].get(resource, 0.0))
    limit = trial.board.room[largest.name].get(resource, 0.0)
    shown = (largest.status.allocatable or {}).get(resource)
    cites = (*asked, *((cluster.cite(largest, member(resource, shown)),) if shown is not None else _scope(trial)))
    if trial.exceeds_every_node(resource):
        return FilterExplanation(
            "K8S-305", facts | {"largest": readable(resource, limit), "nodes": str(len(nodes))}, cites
        )
    free = max(trial.board.free(n, resource) for n in nodes)
    if free >= need:  # pods that could not be read use the rest
        return FilterExplanation("K8S-306", facts | {"room": "no node has enough free"}, cites)
    room = (
        f"at most {readable(resource, max(free, 0.0))} free per node (nodes: {len(nodes)}, "
        f"largest has {readable(resource, limit)} allocatable)"
    )
    return FilterExplanation("K8S-306", facts | {"room": room}, cites)


def _unoffered(trial: FilterResult, resource: str) -> str:
    """Which nodes had devices, or that none has, where no node offers this extended resource; "" where one does or
    nodes are missing in the evidence."""
    board = trial.board
    if "/" not in resource or not trial.needs.get(resource) or not _scope(trial):
        return ""
    if any(room.get(resource, 0.0) > 0 for room in board.room.values()):
        return ""
    before = [n.name for n in board.nodes.values() if amounts(n.status.capacity).get(resource, 0.0) > 0]
    return f"devices of {first_names(before)} are unhealthy" if before else "no node has registered a device"


def _plugin(trial: FilterResult, resource: str) -> tuple[str, tuple[Subject, ...]]:
    """The DaemonSet of the vendor's device plug-in, by name: `nvidia.com/gpu` and `nvidia-device-plugin-daemonset`."""
    vendor = resource.partition("/")[0].split(".")[-2:][0]
    cluster = trial.board.cluster
    found = [d for d in cluster.all(DaemonSet) if "device-plugin" in d.name and vendor in f"{d.namespace} {d.name}"]
    if not found:
        return ("no device plug-in DaemonSet found" if cluster.is_complete(DaemonSet) else ""), ()
    state = "; ".join(
        f"{d.namespace}/daemonset/{d.name}: {d.status.number_ready or 0}/{d.status.desired_number_scheduled or 0} ready"
        for d in found[:_SHOWN]
    )
    return state, tuple(d.subject for d in found)


def _pods(trial: FilterResult, _: str) -> FilterExplanation:
    names, cites = _nodes(trial, "pods")
    limits = sorted({trial.obstacles[n.name]["pods"].detail for n in trial.blocked_nodes("pods")})
    return FilterExplanation("K8S-314", {"nodes": names, "limit": ", ".join(limits)}, cites)


def _ports(trial: FilterResult, _: str) -> FilterExplanation:
    names, cites = _nodes(trial, "ports")
    held = sorted({trial.obstacles[n.name]["ports"].detail.split(" ")[0] for n in trial.blocked_nodes("ports")})
    own = sorted({str(p.host_port) for c in trial.pod.spec.all_containers for p in c.ports or () if p.host_port})
    proof = tuple(trial.board.cluster.cite(trial.pod, member("hostPort", int(p))) for p in (held or own)[:1])
    return FilterExplanation("K8S-312", {"port": ", ".join(held or own), "nodes": names}, (*proof, *cites))


def _anti(trial: FilterResult, _: str) -> FilterExplanation:
    cluster = trial.board.cluster
    names, cites = _nodes(trial, "anti")
    found = {p.subject: p for p in trial.repelled.values()} if trial.blocked_nodes("anti") else {}
    rivals = sorted(found.values(), key=lambda p: (p.namespace, p.name))
    owners = Counter(cluster.owner(p) for p in rivals)
    own = cluster.owner(trial.pod)
    proof = tuple(cluster.cite(p, member("nodeName", p.spec.node_name)) for p in rivals[:_SHOWN])
    if rivals and set(owners) == {own}:
        total = len([p for p in cluster.pods_of(own) if not p.is_finished])
        room = len({p.spec.node_name for p in rivals})
        return FilterExplanation(
            "K8S-308", {"replicas": str(total), "room": str(room), "nodes": names}, (*proof, *cites)
        )
    others = first_names(f"{o.kind.lower()}/{o.name}" for o in owners if o != own) or "running pods"
    return FilterExplanation("K8S-307", {"others": others, "nodes": names}, (*proof, *cites))


def _peer(trial: FilterResult, _: str) -> FilterExplanation:
    affinity = trial.pod.spec.affinity.pod_affinity if trial.pod.spec.affinity else None
    terms = (
        [t for t, places in trial.wanted if not places]
        or [t for t, _ in trial.wanted]
        or list((affinity and affinity.required) or ())
    )
    wanted = "; ".join(_labels(t.label_selector) for t in terms) or "other pods"
    facts = {"wanted": wanted, "topology": first_names(t.topology_key for t in terms)}
    cites = tuple(trial.board.cluster.cite(trial.pod, member("topologyKey", t.topology_key)) for t in terms[:1])
    return FilterExplanation("K8S-309", facts, cites)


def _spread(trial: FilterResult, _: str) -> FilterExplanation:
    rules = spread_constraints(trial.pod)
    keys = {trial.obstacles[n.name]["spread"].detail for n in trial.blocked_nodes("spread")} or {
        c.topology_key for c in rules
    }
    skew = first_names(str(c.max_skew) for c in rules if c.topology_key in keys)
    cites = tuple(trial.board.cluster.cite(trial.pod, member("topologyKey", k)) for k in sorted(keys))
    return FilterExplanation(
        "K8S-310", {"topology": first_names(keys), "skew": skew, "nodes": _nodes(trial, "spread")[0]}, cites
    )


def _unlabelled(trial: FilterResult, _: str) -> FilterExplanation:
    lacking = {trial.obstacles[n.name]["unlabelled"].detail for n in trial.blocked_nodes("unlabelled")}
    keys = lacking or {c.topology_key for c in spread_constraints(trial.pod)}
    cites = tuple(trial.board.cluster.cite(trial.pod, member("topologyKey", k)) for k in sorted(keys))
    return FilterExplanation(
        "K8S-311", {"topology": first_names(keys), "nodes": _nodes(trial, "unlabelled")[0]}, (*cites, *_scope(trial))
    )


def _volume(trial: FilterResult, _: str) -> FilterExplanation:
    cluster = trial.board.cluster
    volumes = [v for v in trial.volumes if v.spec.node_affinity or v.labels] or trial.volumes
    bounds = [v.spec.node_affinity.required for v in volumes if v.spec.node_affinity and v.spec.node_affinity.required]
    terms = [t for b in bounds for t in b.node_selector_terms or ()]
    rules = [e for t in terms for e in (*(t.match_expressions or ()), *(t.match_fields or ()))]
    place = " and ".join(_spell(e) for e in rules) or ""
    bound: list[Object] = [c for _, c in claims(cluster, trial.pod) if c]
    cites = tuple(cluster.cite(v, member("key", rules[0].key) if rules else v.name) for v in volumes[:1])
    peers = tuple(o.subject for o in (*bound, *volumes))
    return FilterExplanation(
        "K8S-313", {"volume": first_names(v.name for v in volumes) or "", "place": place}, cites, peers
    )


def _limit(trial: FilterResult, _: str) -> FilterExplanation:
    return FilterExplanation(
        "K8S-315", {"volumes": first_names(name for name, _ in claims(trial.board.cluster, trial.pod)) or ""}
    )


_BY_FILTER = {
    "selector": _selector,
    "affinity": _affinity,
    "taint": _taint,
    "control-plane": _control_plane,
    "state": _state,
    "cordon": _cordon,
    "pods": _pods,
    "ports": _ports,
    "anti": _anti,
    "peer": _peer,
    "spread": _spread,
    "unlabelled": _unlabelled,
    "volume": _volume,
    "limit": _limit,
}
