"""HorizontalPodAutoscalers that cannot read metrics, cannot scale, or are at maxReplicas. An idle HPA at minReplicas is
no finding."""

import re
from collections.abc import Iterator, Sequence

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import json_field, short
from midwatch.diagnosis.kubernetes.view.replicas import quote_of, since, text_of
from midwatch.domain.finding import Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.cluster import LimitRange
from midwatch.integrations.kubernetes.objects.meta import Condition
from midwatch.integrations.kubernetes.objects.workload import (
    Deployment,
    HorizontalPodAutoscaler,
    ReplicaSet,
    ReplicationController,
    ResourceMetric,
    StatefulSet,
    Workload,
)

_TARGETS: dict[str, type[Workload]] = {
    k.__name__: k for k in (Deployment, ReplicaSet, ReplicationController, StatefulSet)
}

# Built-in kinds without a scale subresource: the controller can read no number of replicas from them.
_UNSCALABLE = frozenset({"DaemonSet", "Job", "CronJob", "Pod", "Service"})
_NO_SCALE = re.compile(
    r"no matches for kind|could not find the requested resource|does not support scale|scale not found"
)


def find(cluster: Cluster) -> Iterator[Finding]:
    for scaler in cluster.all(HorizontalPodAutoscaler):
        ref = scaler.spec.scale_target_ref
        if refused := _unscalable(cluster, scaler):
            yield refused
            continue
        kind = _TARGETS.get(ref.kind)
        named = Subject(kind=ref.kind, name=ref.name, namespace=scaler.namespace)
        peers = (named,) if ref.name else ()
        if kind and ref.name and cluster.missing(kind, scaler.namespace, ref.name):
            cites = (
                cluster.cite(scaler, json_field("name", ref.name)),
                cluster.cite_absence(kind, scaler.namespace, ref.name),
            )
            yield finding("K8S-642", scaler.subject, cites=cites, target=short(named))
            continue
        target = cluster.get(kind, scaler.namespace, ref.name) if kind else None
        unmeasurable = list(_unmeasurable(cluster, scaler, target)) if target else []
        yield from unmeasurable
        yield from _conditions(cluster, scaler, peers, told=bool(unmeasurable))


def _unscalable(cluster: Cluster, scaler: HorizontalPodAutoscaler) -> Finding | None:
    """By its kind, or because the API server says that the target has no scale."""
    ref, able = scaler.spec.scale_target_ref, scaler.condition("AbleToScale")
    said = text_of(able) if able and able.status == "False" and _NO_SCALE.search(text_of(able)) else ""
    if not said and ref.kind not in _UNSCALABLE:
        return None
    return finding(
        "K8S-648",
        scaler.subject,
        cites=(cluster.cite(scaler, quote_of(able) if able and said else json_field("kind", ref.kind)),),
        onset=since(able) if said else None,
        target=short(Subject(kind=ref.kind, name=ref.name, namespace=scaler.namespace)),
        target_kind=ref.kind,
        text=said,
    )


def _conditions(
    cluster: Cluster, scaler: HorizontalPodAutoscaler, peers: tuple[Subject, ...], *, told: bool
) -> Iterator[Finding]:
    active, able, limited = (scaler.condition(t) for t in ("ScalingActive", "AbleToScale", "ScalingLimited"))
    if able and able.status == "False":
        yield _said(cluster, scaler, "K8S-645", able, peers)
    # A target with 0 replicas disables the HPA: that is a finding of the workload, not of the HPA.
    elif (
        active
        and active.status == "False"
        and active.reason != "ScalingDisabled"
        and not (told and "missing request" in text_of(active))
    ):
        yield _said(cluster, scaler, "K8S-641", active, peers)
    if limited and limited.status == "True" and limited.reason == "TooManyReplicas":
        yield _said(cluster, scaler, "K8S-644", limited, peers)


def _said(
    cluster: Cluster, scaler: HorizontalPodAutoscaler, code: str, condition: Condition, peers: tuple[Subject, ...]
) -> Finding:
    return finding(
        code,
        scaler.subject,
        cites=(cluster.cite(scaler, quote_of(condition)),),
        onset=since(condition),
        peers=peers,
        reason=condition.reason or "",
        text=text_of(condition),
        maximum=str(scaler.spec.max_replicas),
        target=short(peers[0]) if peers else "",
    )


def _unmeasurable(cluster: Cluster, scaler: HorizontalPodAutoscaler, target: Workload) -> Iterator[Finding]:
    """Utilization is a percentage of the request: without a request there is none."""
    for metric in scaler.spec.metrics or ():
        resource = metric.resource or metric.container_resource
        if (
            resource
            and resource.target.type == "Utilization"
            and not _defaulted(cluster, scaler.namespace, resource.name)
        ):
            bare = _without_request(target, resource)
            if bare:
                yield finding(
                    "K8S-643",
                    scaler.subject,
                    cites=(cluster.cite(scaler, json_field("name", resource.name)), cluster.cite(target)),
                    peers=(target.subject,),
                    resource=resource.name,
                    target=short(target.subject),
                    containers=", ".join(bare),
                )


def _without_request(target: Workload, resource: ResourceMetric) -> Sequence[str]:
    """A limit without a request is also the request."""
    return [
        c.name
        for c in target.spec.template.spec.containers
        if resource.container in ("", None, c.name)
        and resource.name not in {**(c.resources.requests or {}), **(c.resources.limits or {})}
    ]


def _defaulted(cluster: Cluster, namespace: str, resource: str) -> bool:
    """A LimitRange sets default requests when pods are created; where LimitRanges were not read, one may exist."""
    if not cluster.is_complete(LimitRange, namespace):
        return True
    items = [i for r in cluster.all(LimitRange, namespace) for i in r.spec.limits or () if i.type == "Container"]
    return any(resource in {**(i.default_request or {}), **(i.default or {})} for i in items)


ANALYZER = Analyzer(
    find, reads=(Deployment, ReplicaSet, ReplicationController, StatefulSet, HorizontalPodAutoscaler, LimitRange)
)
