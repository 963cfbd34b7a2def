"""Ingresses whose IngressClass, backends or TLS Secrets do not exist."""

import re
from collections.abc import Iterator

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.scheduling.explain import first_names
from midwatch.diagnosis.kubernetes.view.backing import BACKING_READS, backing_of, json_field
from midwatch.diagnosis.kubernetes.view.replicas import STARTING, recent
from midwatch.domain.finding import Finding
from midwatch.integrations.kubernetes.objects.cluster import Event, Secret
from midwatch.integrations.kubernetes.objects.network import Ingress, IngressClass, Service, ServiceBackend

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_BUILT_IN = {"gce", "gce-internal"}  # the GKE ingress controller serves these without an IngressClass object
_UNHEALTHY = re.compile(r'"([^"]{1,253})":\s?"UNHEALTHY"')
_ABSENT = re.compile(r"not found|does not exist|error getting|error obtaining|no object matching", re.IGNORECASE)


def find(cluster: Cluster) -> Iterator[Finding]:
    for ingress in cluster.all(Ingress):
        yield from _class(cluster, ingress)
        yield from _backends(cluster, ingress)
        yield from _certificates(cluster, ingress)
        yield from _outside(cluster, ingress)
        yield from _unserved(cluster, ingress)
        yield from _unhealthy(cluster, ingress)


def _unhealthy(cluster: Cluster, ingress: Ingress) -> Iterator[Finding]:
    """Backends that the load balancer's own health check gives up: controllers write their state as an annotation."""
    for key, value in ingress.annotations.items():
        if key.endswith("/backends") and (down := [m[1] for m in _UNHEALTHY.finditer(value)]):
            behind = ", ".join(dict.fromkeys(f"{b.name}:{b.port.number or b.port.name}" for b in _services(ingress)))
            proof = (cluster.cite(ingress, "UNHEALTHY"),)
            yield finding("K8S-538", ingress.subject, cites=proof, backends=first_names(down), service=behind)


def _class(cluster: Cluster, ingress: Ingress) -> Iterator[Finding]:
    served = any(place.ip or place.hostname for place in ingress.status.load_balancer.ingress or ())
    if served or not cluster.is_complete(IngressClass):
        return  # a controller has given it an address
    name = ingress.spec.ingress_class_name
    if name:
        if name not in _BUILT_IN and cluster.missing(IngressClass, "", name):
            cites = (
                cluster.cite(ingress, json_field("ingressClassName", name)),
                cluster.cite_absence(IngressClass, "", name),
            )
            yield finding("K8S-523", ingress.subject, cites=cites, missing=name)
    elif not ingress.annotations.get(_CLASS_ANNOTATION) and not any(
        c.annotations.get(_DEFAULT_CLASS) == "true" for c in cluster.all(IngressClass)
    ):
        yield finding("K8S-522", ingress.subject, cites=(cluster.cite(ingress), cluster.cite_scope(IngressClass)))


def _backends(cluster: Cluster, ingress: Ingress) -> Iterator[Finding]:
    """A backend may also be a resource (a storage bucket), which has no Service."""
    told: set[str] = set()
    for backend in _services(ingress):
        service = cluster.get(Service, ingress.namespace, backend.name)
        key = f"{backend.name}:{backend.port.number or backend.port.name}"
        if service is None and backend.name not in told and cluster.missing(Service, ingress.namespace, backend.name):
            told.add(backend.name)
            cites = (
                cluster.cite(ingress, json_field("name", backend.name)),
                cluster.cite_absence(Service, ingress.namespace, backend.name),
            )
            yield finding("K8S-520", ingress.subject, cites=cites, missing=backend.name)
        elif not (backend.port.number or backend.port.name):
            if key not in told:
                told.add(key)
                yield finding(
                    "K8S-529",
                    ingress.subject,
                    cites=(cluster.cite(ingress, json_field("name", backend.name)),),
                    service=backend.name,
                )
        elif service is not None and key not in told and not _has_port(service, backend):
            told.add(key)
            offered = ", ".join(f"{p.port}" + (f" ({p.name})" if p.name else "") for p in service.spec.ports or ())
            quote = (
                json_field("number", backend.port.number)
                if backend.port.number
                else json_field("name", backend.port.name)
            )
            yield finding(
                "K8S-521",
                ingress.subject,
                cites=(cluster.cite(ingress, quote), cluster.cite(service)),
                service=service.name,
                port=str(backend.port.number or backend.port.name),
                offered=offered or "none",
            )


def _unserved(cluster: Cluster, ingress: Ingress) -> Iterator[Finding]:
    """A symptom for each backend without ready endpoints: the Service or its pods have the cause."""
    backing = backing_of(cluster)
    for name in dict.fromkeys(b.name for b in _services(ingress)):
        service = cluster.get(Service, ingress.namespace, name)
        if service is None or service.spec.type == "ExternalName" or backing.ready(service) != 0:
            continue
        if any(recent(cluster, p.metadata.creation_timestamp, STARTING) for p in backing.pods(service)):
            continue
        listed = backing.endpoints_of(service)
        proof = cluster.cite(listed.source) if listed else cluster.cite(service)
        cites = (cluster.cite(ingress, json_field("name", name)), proof)
        yield finding("K8S-537", ingress.subject, cites=cites, peers=(service.subject,), service=name)


def _services(ingress: Ingress) -> Iterator[ServiceBackend]:
    if ingress.spec.default_backend and ingress.spec.default_backend.service:
        yield ingress.spec.default_backend.service
    for rule in ingress.spec.rules or ():
        for path in (rule.http.paths if rule.http else None) or ():
            if path.backend.service:
                yield path.backend.service


def _has_port(service: Service, backend: ServiceBackend) -> bool:
    wanted = backend.port
    if wanted.name == "use-annotation":  # AWS Load Balancer Controller: the action is in an annotation
        return True
    return any(
        (wanted.number and p.port == wanted.number) or (wanted.name and p.name == wanted.name)
        for p in service.spec.ports or ()
    )


def _certificates(cluster: Cluster, ingress: Ingress) -> Iterator[Finding]:
    for name in dict.fromkeys(t.secret_name for t in ingress.spec.tls or () if t.secret_name):
        where = cluster.cite(ingress, json_field("secretName", name))
        if cluster.missing(Secret, ingress.namespace, name):
            yield finding(
                "K8S-524",
                ingress.subject,
                cites=(where, cluster.cite_absence(Secret, ingress.namespace, name)),
                missing=name,
            )
        elif not cluster.is_complete(Secret, ingress.namespace):
            told = [e for e in cluster.events(ingress) if e.type == "Warning" and _says_absent(e.message or "", name)]
            if told:
                yield finding(
                    "K8S-524",
                    ingress.subject,
                    cites=(where, cluster.cite_event(told[-1])),
                    onset=told[-1].first,
                    missing=name,
                )


def _outside(cluster: Cluster, ingress: Ingress) -> Iterator[Finding]:
    for place in ingress.status.load_balancer.ingress or ():
        for port in place.ports or ():
            if port.error:
                where = f"port {port.port}" if port.port else "a port"
                yield finding(
                    "K8S-528",
                    ingress.subject,
                    cites=(cluster.cite(ingress, json_field("error", port.error)),),
                    port=where,
                    said=port.error,
                )


def _says_absent(message: str, name: str) -> bool:
    named = re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", message)
    return bool(named and _ABSENT.search(message) and "secret" in message.lower())


ANALYZER = Analyzer(find, reads=(*BACKING_READS, Event, Service, Ingress, IngressClass, Secret))
