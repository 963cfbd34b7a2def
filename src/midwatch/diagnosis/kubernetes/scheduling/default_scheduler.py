"""Where the default scheduler runs, according to the evidence."""

import re

from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.objects.cluster import Event, Node
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import SystemdUnit

SYSTEM = "kube-system"
SCHEDULER_READS: tuple[type[Object], ...] = (Pod, Event, Node, SystemdUnit)
_LEADER = re.compile(r"^(\S+)_[0-9a-f-]{36} became leader")


def scheduler_pods(cluster: Cluster) -> list[Pod]:
    return [
        p
        for p in cluster.pods_in(SYSTEM)
        if p.labels.get("component") == "kube-scheduler" or p.name.startswith("kube-scheduler-")
    ]


def leadership(cluster: Cluster) -> list[Event]:
    """Elections of the scheduler, oldest first: a service of the node itself (no pod) shows only there."""
    found = [
        e
        for e in cluster.all(Event, SYSTEM)
        if e.reason == "LeaderElection" and e.involved_object.name == "kube-scheduler"
    ]
    return sorted(found, key=lambda e: (str(e.last), e.name))


def leader(cluster: Cluster) -> Node | None:
    """The node on which the scheduler last became leader."""
    for event in reversed(leadership(cluster)):
        if match := _LEADER.match(event.message or ""):
            return cluster.get(Node, "", match[1])
    return None


def schedulers(cluster: Cluster) -> list[Object]:
    """The likely cause when no pods are scheduled: nodes whose scheduler service is down, scheduler pods that are not
    ready, else the node the scheduler last led from."""
    units = [u for u in cluster.all(SystemdUnit) if u.unit == "kube-scheduler" and u.state != "active"]
    if stopped := [node for u in units if (node := cluster.get(Node, "", u.node))]:
        return [*stopped]
    pods = scheduler_pods(cluster)
    if pods:
        return [p for p in pods if not p.ready]
    node = leader(cluster)
    return [node] if node else []
