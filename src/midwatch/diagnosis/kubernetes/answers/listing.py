"""`Which services have no endpoints?`, `How many pods are not ready in shop?`: a count, and the objects by name."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.view.backing import backing_of
from midwatch.domain.finding import HealthyCheck, Table
from midwatch.integrations.kubernetes.objects.cluster import Namespace, Node
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.network import Ingress, Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.storage import PersistentVolumeClaim
from midwatch.integrations.kubernetes.objects.workload import (
    CronJob,
    DaemonSet,
    Deployment,
    HorizontalPodAutoscaler,
    Job,
    StatefulSet,
)

_LONGEST = 200  # characters; a longer text asks for more than a list
_SHOWN = 20  # rows; the sentence has the count of all
_WORDS: dict[str, type[Object]] = {
    "pods": Pod,
    "nodes": Node,
    "namespaces": Namespace,
    "services": Service,
    "deployments": Deployment,
    "statefulsets": StatefulSet,
    "daemonsets": DaemonSet,
    "jobs": Job,
    "cronjobs": CronJob,
    "ingresses": Ingress,
    "pvcs": PersistentVolumeClaim,
    "volume claims": PersistentVolumeClaim,
    "hpas": HorizontalPodAutoscaler,
}
_PLACE = r"(?: (?:in|of|on) (?:the )?(?:namespace |node )?(?P<place>[a-z0-9][a-z0-9.-]{0,62})(?: namespace)?)?"
_ASKED = re.compile(
    r"^(?:(?P<count>how many|count)|which|what|list|show(?: me)?)(?: all)?(?: of)?(?: the)?"
    r"(?: (?P<before>[a-z ]{1,40}?))??"
    rf" (?P<kind>{'|'.join(_WORDS)})(?P<after>(?: [a-z0-9]+){{0,8}}?){_PLACE}$"
)
_FILLERS = frozenset(
    (
        "are",
        "is",
        "have",
        "has",
        "do",
        "does",
        "there",
        "that",
        "any",
        "currently",
        "right",
        "now",
        "the",
        "all",
        "with",
    )
)
_EVERYWHERE = frozenset(("cluster", "total", "all"))


@dataclass(frozen=True)
class _State:
    """`words` are how it is asked for, `name` how it is answered; `columns` say what `cells` of an object are."""

    name: str
    words: frozenset[str]
    type: type[Object]
    holds: Callable[[Cluster, Any], bool]


def _restarts(pod: Pod) -> int:
    return sum(s.restart_count for s in pod.statuses)


def _waits_for(pod: Pod, *reasons: str) -> bool:
    return any(s.state.waiting and s.state.waiting.reason in reasons for s in pod.statuses)


def _node_ready(node: Node) -> bool:
    condition = node.condition("Ready")
    return condition is not None and condition.status == "True"


def _short_of_replicas(workload: Deployment | StatefulSet) -> bool:
    return (workload.status.ready_replicas or 0) < workload.desired_replicas


def _endpointless(cluster: Cluster, service: Service) -> bool:
    return bool(service.spec.selector) and backing_of(cluster).ready(service) == 0


def _state(name: str, words: str, type_: type[Object], holds: Callable[[Cluster, Any], bool]) -> Iterable[_State]:
    return [_State(name, frozenset(one.split()), type_, holds) for one in words.split("|")]


_STATES: tuple[_State, ...] = (
    *_state(
        "not ready", "not ready|unready|unhealthy|not healthy", Pod, lambda _, p: not p.ready and not p.is_finished
    ),
    *_state("ready", "ready|healthy", Pod, lambda _, p: p.ready),
    *_state("running", "running", Pod, lambda _, p: p.status.phase == "Running"),
    *_state("not running", "not running", Pod, lambda _, p: p.status.phase != "Running"),
    *_state("pending", "pending", Pod, lambda _, p: p.status.phase == "Pending"),
    *_state("failed", "failed|failing", Pod, lambda _, p: p.status.phase == "Failed"),
    *_state("evicted", "evicted", Pod, lambda _, p: p.status.reason == "Evicted"),
    *_state(
        "in CrashLoopBackOff",
        "crashing|crashlooping|crashloopbackoff",
        Pod,
        lambda _, p: _waits_for(p, "CrashLoopBackOff"),
    ),
    *_state("with restarts", "restarted|restarting|restarts", Pod, lambda _, p: _restarts(p) > 0),
    *_state("not ready", "not ready|unready|unhealthy|down", Node, lambda _, n: not _node_ready(n)),
    *_state("ready", "ready|healthy", Node, lambda _, n: _node_ready(n)),
    *_state("cordoned", "cordoned|unschedulable", Node, lambda _, n: bool(n.spec.unschedulable)),
    *_state("without ready endpoints", "no endpoints|without endpoints|not endpoints", Service, _endpointless),
    *_state("not bound", "not bound|unbound|pending", PersistentVolumeClaim, lambda _, c: c.status.phase != "Bound"),
    *_state(
        "without all replicas ready",
        "not ready|unready|unhealthy|unavailable",
        Deployment,
        lambda _, w: _short_of_replicas(w),
    ),
    *_state(
        "without all replicas ready",
        "not ready|unready|unhealthy|unavailable",
        StatefulSet,
        lambda _, w: _short_of_replicas(w),
    ),
)


def listing(cluster: Cluster) -> tuple[HealthyCheck, tuple[Table, ...]] | None:
    """None for a question with words that this does not understand, or where the kind was not read."""
    words = cluster.question.text[:_LONGEST].lower().split()
    text = " ".join(word.rstrip("?!.,") for word in words)
    asked = _ASKED.match(text.replace("n't", " not"))
    if asked is None:
        return None
    type_ = _WORDS[asked["kind"]]
    state, understood = _wanted_state(type_, f"{asked['before'] or ''} {asked['after'] or ''}".split())
    place = asked["place"] or ""
    objects = _in_place(cluster, type_, "" if place in _EVERYWHERE else place)
    if not understood or objects is None:
        return None
    found = [o for o in objects if state is None or state.holds(cluster, o)]
    return _told(cluster, type_, asked["kind"], state.name if state else "", place, found, len(objects))


def _wanted_state(type_: type[Object], words: Sequence[str]) -> tuple[_State | None, bool]:
    """The state that the words ask for, the more exact one first; False where a word is left over."""
    said = set(words)
    fitting = sorted(
        (s for s in _STATES if s.type is type_ and s.words <= said), key=lambda s: len(s.words), reverse=True
    )
    state = fitting[0] if fitting else None
    return state, said <= _FILLERS | (state.words if state else frozenset())


def _in_place(cluster: Cluster, type_: type[Object], place: str) -> list[Object] | None:
    """The objects of the namespace or node that were read; None where the place is neither, or none were read."""
    objects = list(cluster.all(type_))
    if not objects and not cluster.is_complete(type_, cluster.question.namespace or place):
        return None
    if not place:
        return objects
    if place in cluster.namespaces:
        return [o for o in objects if o.namespace == place]
    if type_ is Pod and any(n.name == place for n in cluster.all(Node)):
        return [p for p in cluster.all(Pod) if p.spec.node_name == place]
    return None


def _told(
    cluster: Cluster, type_: type[Object], kind: str, state: str, place: str, found: Sequence[Object], of: int
) -> tuple[HealthyCheck, tuple[Table, ...]]:
    where = f" in {place}" if place and place not in _EVERYWHERE else ""
    namespace = cluster.question.namespace or (place if place in cluster.namespaces else "")
    if cluster.is_complete(type_, namespace):
        cites, those = (cluster.cite_scope(type_, namespace),), ""
    else:
        cites, those = (
            tuple(cluster.cite(o) for o in (found or cluster.all(type_))[:_SHOWN]),
            " (of those that were read)",
        )
    count = f"{len(found)} of {of} {kind}{where} {state}{those}" if state else f"{of} {kind}{where}{those}"
    names = f": {', '.join(_name(o) for o in found[:3])}" if state and 0 < len(found) <= 3 else ""
    table = Table(
        title=f"{kind.capitalize()} {state}".rstrip(),
        columns=("namespace", "name"),
        rows=tuple((o.namespace, o.name) for o in found[:_SHOWN]),
        cites=cites,
        note=f"and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "",
    )
    return HealthyCheck(text=count + names, cites=cites), (table,) if len(found) > 3 or (not state and found) else ()


def _name(obj: Object) -> str:
    return f"{obj.namespace}/{obj.name}" if obj.namespace else obj.name
