"""Gateway API: routes to Services or Gateways that do not exist, and conditions set to False by their controllers."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.diagnosis.kubernetes.view.backing import json_field
from midwatch.domain.evidence import Citation, ToolRequest
from midwatch.domain.finding import Finding
from midwatch.domain.subject import Subject
from midwatch.integrations.kubernetes.objects.network import Gateway, GatewayClass, HTTPRoute, Service

_Map = Mapping[str, Any]


def find(cluster: Cluster) -> Iterator[Finding]:
    for route in cluster.all(HTTPRoute):
        told = False
        for one in (*_parents(cluster, route), *_backends(cluster, route)):
            told = True
            yield one
        if not told:
            yield from _refused(cluster, route)
    for gateway in cluster.all(Gateway):
        yield from _unprogrammed(cluster, gateway)
        class_ = _word(gateway.spec or {}, "gatewayClassName")
        if class_ and cluster.missing(GatewayClass, "", class_):
            cites = (
                cluster.cite(gateway, json_field("gatewayClassName", class_)),
                cluster.cite_absence(GatewayClass, "", class_),
            )
            yield finding("K8S-535", gateway.subject, cites=cites, missing=class_)


def _parents(cluster: Cluster, route: HTTPRoute) -> Iterator[Finding]:
    for ref in _maps(route.spec, "parentRefs"):
        name, namespace = _word(ref, "name"), _word(ref, "namespace") or route.namespace
        if _word(ref, "kind") == "Service" and cluster.missing(Service, namespace, name):
            cites = (cluster.cite(route, json_field("name", name)), cluster.cite_absence(Service, namespace, name))
            yield finding("K8S-536", route.subject, cites=cites, missing=name, where=namespace)
        elif _word(ref, "kind", "Gateway") == "Gateway" and cluster.missing(Gateway, namespace, name):
            cites = (cluster.cite(route, json_field("name", name)), cluster.cite_absence(Gateway, namespace, name))
            yield finding("K8S-531", route.subject, cites=cites, missing=name, where=namespace)


def _backends(cluster: Cluster, route: HTTPRoute) -> Iterator[Finding]:
    refs = [ref for rule in _maps(route.spec, "rules") for ref in _maps(rule, "backendRefs")]
    seen: set[tuple[str, str, str]] = set()
    for ref in refs:
        name, namespace, port = _word(ref, "name"), _word(ref, "namespace") or route.namespace, ref.get("port")
        if _word(ref, "kind", "Service") != "Service" or _word(ref, "group") or (namespace, name, str(port)) in seen:
            continue
        seen.add((namespace, name, str(port)))
        where = cluster.cite(route, json_field("name", name))
        service = cluster.get(Service, namespace, name)
        if cluster.missing(Service, namespace, name):
            yield finding(
                "K8S-530",
                route.subject,
                cites=(where, cluster.cite_absence(Service, namespace, name)),
                missing=name,
                where=namespace,
            )
        elif service is not None and isinstance(port, int) and all(p.port != port for p in service.spec.ports or ()):
            offered = ", ".join(str(p.port) for p in service.spec.ports or ()) or "none"
            cites: tuple[Citation, ...] = (cluster.cite(route, json_field("port", port)), cluster.cite(service))
            yield finding("K8S-534", route.subject, cites=cites, service=name, port=str(port), offered=offered)


def _refused(cluster: Cluster, route: HTTPRoute) -> Iterator[Finding]:
    for parent in _maps(route.status, "parents"):
        ref = parent.get("parentRef")
        gateway = _word(cast(_Map, ref), "name") if isinstance(ref, Mapping) else ""
        for condition in _maps(parent, "conditions"):
            type_, reason = _word(condition, "type"), _word(condition, "reason")
            if type_ in ("Accepted", "ResolvedRefs") and _word(condition, "status") == "False":
                text = _word(condition, "message") or reason
                peers = (Subject(kind="Gateway", name=gateway, namespace=route.namespace),) if gateway else ()
                yield finding(
                    "K8S-532",
                    route.subject,
                    cites=(cluster.cite(route, text),),
                    peers=peers,
                    condition=type_,
                    reason=reason,
                    text=text,
                )


def _unprogrammed(cluster: Cluster, gateway: Gateway) -> Iterator[Finding]:
    for condition in _maps(gateway.status, "conditions"):
        type_, reason = _word(condition, "type"), _word(condition, "reason")
        if type_ in ("Accepted", "Programmed") and _word(condition, "status") == "False" and reason != "Pending":
            text = _word(condition, "message") or reason
            yield finding(
                "K8S-533",
                gateway.subject,
                cites=(cluster.cite(gateway, text),),
                condition=type_,
                reason=reason,
                text=text,
            )
            return


def _maps(holder: _Map | None, key: str) -> list[_Map]:
    """The objects in a list field; empty when the field has any other form (the text is not ours)."""
    found = (holder or {}).get(key)
    return (
        [cast(_Map, one) for one in cast(list[object], found) if isinstance(one, Mapping)]
        if isinstance(found, list)
        else []
    )


def _word(holder: _Map, key: str, default: str = "") -> str:
    found = holder.get(key)
    return found if isinstance(found, str) and found else default


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    if any(cluster.all(Gateway)):
        yield ToolRequest(
            tool="kubernetes_list", arguments={"resource": "gatewayclasses"}, why="a Gateway names its class"
        )


ANALYZER = Analyzer(find, asks, reads=(Service, HTTPRoute, Gateway, GatewayClass))
