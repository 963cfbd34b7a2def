"""How trouble spreads in a cluster: from what a pod needs into the pod, from the pod into its Service, from there into callers."""

from collections.abc import Iterator

from midwatch.domain.finding import Link
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.cluster import Cluster
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod


def links(cluster: Cluster) -> Iterator[Link]:
    for pod in cluster.all(Pod):
        if pod.ready or pod.status.phase == "Succeeded":
            continue
        owner = cluster.owner(pod)
        if pod.spec.node_name:
            yield Link(source=Subject(kind="Node", name=pod.spec.node_name), target=pod.subject, how="runs on")
        for volume in pod.spec.volumes or ():
            if claim := volume.persistent_volume_claim:
                source = Subject(kind="PersistentVolumeClaim", name=claim.claim_name, namespace=pod.namespace)
                yield Link(source=source, target=pod.subject, how="mounts")
        yield Link(source=pod.subject, target=owner, how="is a replica of")
    for service in cluster.all(Service):
        owners = {cluster.owner(p): None for p in cluster.pods(service.spec.selector or {}, service.namespace)}
        for owner in owners:
            yield Link(source=owner, target=service.subject, how="serves")
