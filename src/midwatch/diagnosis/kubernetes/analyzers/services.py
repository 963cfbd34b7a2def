"""Services without endpoints: a selector without pods, pods that are not ready, endpoints that were not published."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.graph import LINK_READS, links
from midwatch.diagnosis.kubernetes.view.backing import (
    Backing,
    backing_of,
    json_field,
    live,
    owners,
    selector_text,
    short,
    template_labels,
)
from midwatch.diagnosis.kubernetes.view.replicas import STARTING, recent, since
from midwatch.domain.evidence import Citation
from midwatch.domain.finding import CausalRole, Confidence, Finding
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.network import (
    Endpoints,
    EndpointSlice,
    HTTPRoute,
    Service,
)
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.workload import (
    DaemonSet,
    Deployment,
    StatefulSet,
    Workload,
)

# A mistyped label keeps most of its letters; different words of a shop's services rarely share 60 %.
_ALIKE = 0.6
_COMPLAINT = re.compile(
    r"(?i)\bunreach|\bunavail|\bfail|\berrors?\b|\bdown\b|\bcrash|\brestart|\boutage|\b50[0-9]\b"
    r"|\bdisrupt|\binterrupt|\bdegrad|\bimpair|\brefus|\btime(?:d )?-?out"
)
_EVENT_AGE = timedelta(hours=1)  # the API server keeps events for an hour; older ones come from long-running dumps


def find(cluster: Cluster) -> Iterator[Finding]:
    backing = backing_of(cluster)
    for service in cluster.all(Service):
        yield from _events(cluster, service)
        if service.spec.type == "ExternalName":
            continue
        if not service.spec.selector:
            yield from _unselective(cluster, backing, service)
        elif cluster.is_complete(Pod, service.namespace):
            yield from _selective(cluster, backing, service)
        elif near := _unlike(cluster, backing, service):
            yield near
        elif (listed := backing.endpoints_of(service)) and not listed.ready:
            yield finding(
                "K8S-507",
                service.subject,
                cites=(cluster.cite(service), cluster.cite(listed.source)),
                confidence=Confidence.MEDIUM,
            )


def _selective(cluster: Cluster, backing: Backing, service: Service) -> Iterator[Finding]:
    pods = backing.pods(service)
    if not pods:
        yield from _nobody(cluster, backing, service)
    elif not any(p.ready for p in pods):
        yield from _unready(cluster, service, pods)
    else:
        yield from _unpublished(cluster, backing, service, [p for p in pods if p.ready])


def _nobody(cluster: Cluster, backing: Backing, service: Service) -> Iterator[Finding]:
    selector = service.spec.selector or {}
    text = selector_text(selector)
    providers = backing.providers(service)
    selected = cluster.pods(selector, service.namespace)
    cites = (cluster.cite(service, json_field("selector", selector)), cluster.cite_scope(Pod, service.namespace))
    if providers:
        yield from _no_pods_yet(cluster, service, providers, text)
    elif selected and all(p.is_finished for p in selected):
        return  # its pods belonged to Jobs, which have ended
    elif nearest := _nearest(cluster, backing, service):
        yield _mismatch(cluster, service, nearest, cites, Confidence.HIGH)
    else:
        yield _alone(cluster, service, cites, text)


def _alone(cluster: Cluster, service: Service, cites: tuple[Citation, ...], selector: str) -> Finding:
    """Nothing is like it. One without callers explains no complaint but one about itself, and is sure only then."""
    known = all(cluster.is_complete(kind, service.namespace) for kind in (Deployment, StatefulSet, DaemonSet))
    sure, asked = Confidence.HIGH if known else Confidence.MEDIUM, cluster.question
    if _wanted(cluster, service):
        return finding("K8S-502", service.subject, cites=cites, confidence=sure, selector=selector)
    named = service.name.lower() in asked.names
    sure = sure if named else Confidence.MEDIUM
    found = finding("K8S-509", service.subject, cites=cites, confidence=sure, selector=selector)
    elsewhere = not named and (asked.is_about_slowness or _COMPLAINT.search(asked.text) is not None)
    return found.model_copy(update={"role": CausalRole.RISK}) if elsewhere else found


def _unlike(cluster: Cluster, backing: Backing, service: Service) -> Finding | None:
    """Where not all pods were read: nothing that was read matches, and something similar does not by its labels."""
    listed = backing.endpoints_of(service)
    if backing.pods(service) or backing.providers(service) or (listed and listed.ready):
        return None
    nearest = _nearest(cluster, backing, service)
    cites = (cluster.cite(service, json_field("selector", service.spec.selector)),)
    return _mismatch(cluster, service, nearest, cites, Confidence.MEDIUM) if nearest else None


def _mismatch(
    cluster: Cluster, service: Service, nearest: Workload | Pod, cites: tuple[Citation, ...], sure: Confidence
) -> Finding:
    selector, labels = service.spec.selector or {}, _labels(nearest)
    wrong = {k: v for k, v in selector.items() if labels.get(k) != v}
    have = {k: labels[k] for k in wrong if k in labels}
    proof = tuple(cluster.cite(nearest, json_field(k, v)) for k, v in have.items()) or (cluster.cite(nearest),)
    return finding(
        "K8S-501",
        service.subject,
        cites=(*cites, *proof),
        confidence=sure,
        selector=selector_text(selector),
        nearest=short(nearest.subject),
        wrong=selector_text(wrong),
        have=selector_text(have) or f"no label {', '.join(wrong)}",
    )


def _wanted(cluster: Cluster, service: Service) -> bool:
    """Whether the Service has known callers, or may be called from outside the cluster."""
    open_to_all = (service.spec.type or "ClusterIP") != "ClusterIP" or any(cluster.all(HTTPRoute))
    return open_to_all or any(link.source == service.subject for link in links(cluster))


def _no_pods_yet(cluster: Cluster, service: Service, providers: list[Workload], text: str) -> Iterator[Finding]:
    """The selector matches a workload that has no pods."""
    idle = all(not isinstance(w, DaemonSet) and w.desired_replicas == 0 for w in providers)
    quote = '"replicas":0' if idle else ""
    yield finding(
        "K8S-504" if idle else "K8S-505",
        service.subject,
        cites=(
            cluster.cite(service, json_field("selector", service.spec.selector)),
            *(cluster.cite(w, quote) for w in providers),
        ),
        peers=tuple(w.subject for w in providers),
        selector=text,
        providers=", ".join(short(w.subject) for w in providers),
    )


def _unready(cluster: Cluster, service: Service, pods: Sequence[Pod]) -> Iterator[Finding]:
    if service.spec.publish_not_ready_addresses or all(
        recent(cluster, p.metadata.creation_timestamp or p.status.start_time, STARTING) for p in pods
    ):
        return
    behind = owners(cluster, pods)
    yield finding(
        "K8S-503",
        service.subject,
        cites=(cluster.cite(service, json_field("selector", service.spec.selector)), *(cluster.cite(p) for p in pods)),
        onset=max((t for p in pods if (t := since(p.condition("Ready")))), default=None),
        peers=behind,
        count=str(len(pods)),
        providers=", ".join(short(o) for o in behind),
    )


def _unpublished(cluster: Cluster, backing: Backing, service: Service, ready: list[Pod]) -> Iterator[Finding]:
    listed = backing.endpoints_of(service)
    if listed and not listed.ready and not any(recent(cluster, _ready_since(p), STARTING) for p in ready):
        yield finding(
            "K8S-508",
            service.subject,
            cites=(cluster.cite(listed.source), *(cluster.cite(p, json_field("type", "Ready")) for p in ready)),
            count=str(len(ready)),
            source=f"{listed.source.kind} {listed.source.name}",
        )


def _ready_since(pod: Pod) -> datetime | None:
    """At the earliest. A description tells no times of conditions; a container that was restarted was not ready before,
    and the endpoints may have been read then."""
    told = since(pod.condition("Ready"))
    running = (s.state.running for s in pod.status.container_statuses or () if s.state and s.state.running)
    return told or max((r.started_at for r in running if r.started_at), default=None)


def _unselective(cluster: Cluster, backing: Backing, service: Service) -> Iterator[Finding]:
    """Endpoints are written by hand or by a controller; only their complete absence is a finding."""
    if (
        (service.namespace, service.name) == ("default", "kubernetes")
        or service.metadata.owner_references
        or not service.spec.ports
    ):
        return
    listed = backing.endpoints_of(service)
    if listed:
        if not listed.ready:
            yield finding(
                "K8S-506",
                service.subject,
                cites=(cluster.cite(service), cluster.cite(listed.source)),
                confidence=Confidence.MEDIUM,
            )
    elif cluster.is_complete(Endpoints, service.namespace) and cluster.is_complete(EndpointSlice, service.namespace):
        absent = cluster.cite_absence(Endpoints, service.namespace, service.name)
        yield finding("K8S-506", service.subject, cites=(cluster.cite(service), absent), confidence=Confidence.MEDIUM)


def _events(cluster: Cluster, service: Service) -> Iterator[Finding]:
    newest: dict[tuple[str, str], Event] = {}
    for event in cluster.events(service):
        if event.type == "Warning" and recent(cluster, event.last or cluster.now, _EVENT_AGE):
            newest[event.reason or "", event.message or ""] = event
    for (reason, message), event in newest.items():
        code = "K8S-512" if reason == "SyncLoadBalancerFailed" else "K8S-513"
        text = message or reason or ""
        yield finding(
            code,
            service.subject,
            cites=(cluster.cite_event(event),),
            onset=event.first,
            reason=reason or "Warning",
            message=text,
        )


def _nearest(cluster: Cluster, backing: Backing, service: Service) -> Workload | Pod | None:
    """The workload, else the pod, that the Service was probably meant for: most labels match, and the other label or
    the name is similar."""
    for candidates in (backing.workloads(service.namespace), live(cluster.pods_in(service.namespace))):
        scored = [(s, w) for w in candidates if _shows_labels(w) and (s := _likeness(service, w)) >= _ALIKE]
        if scored:
            return max(scored, key=lambda pair: pair[0])[1]
    return None


def _labels(workload: Workload | Pod) -> dict[str, str]:
    return dict(workload.labels) if isinstance(workload, Pod) else template_labels(workload)


def _shows_labels(workload: Workload | Pod) -> bool:
    """A row of a table shows none: they are not known, and not absent."""
    spec = workload.spec if isinstance(workload, Pod) else workload.spec.template.spec
    return bool(_labels(workload) or spec.containers)


def _likeness(service: Service, workload: Workload | Pod) -> float:
    selector, labels = service.spec.selector or {}, _labels(workload)
    wrong = [k for k, v in selector.items() if labels.get(k) != v]
    spelled = [SequenceMatcher(None, selector[k], labels[k]).ratio() for k in wrong if k in labels]
    replica = isinstance(workload, Pod) and workload.name.startswith(f"{service.name}-")
    named = 1.0 if replica else SequenceMatcher(None, service.name, workload.name).ratio()
    right = (len(selector) - len(wrong)) / len(selector)
    if named < 1 and not (spelled and min(spelled) >= _ALIKE) and not (right and named >= _ALIKE):
        return 0.0
    return named + right + (min(spelled) if spelled else 0.0)


ANALYZER = Analyzer(find, reads=(*LINK_READS, HTTPRoute))
