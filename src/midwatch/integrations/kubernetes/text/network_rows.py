"""Rows of services, endpoints, ingresses and network policies."""

import re
from collections.abc import Callable

from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.values import labels, number, selector, value_of

Cells = dict[str, str]
_PORT = re.compile(r"(\d{1,5})(?::(\d{1,5}))?/([A-Z]+)")
_ADDRESS = re.compile(r"\[?([0-9a-fA-F.:]+?)\]?:(\d{1,5})", re.ASCII)


def _service(cells: Cells, _: Json) -> Json:
    ports = [
        without_empty(port=int(m[1]), nodePort=number(m[2]), protocol=m[3])
        for m in _PORT.finditer(cells.get("PORT(S)", ""))
    ]
    kind = cells.get("TYPE", "")
    external = cells.get("EXTERNAL-IP", "") if kind == "ExternalName" else ""
    spec = without_empty(
        type=kind, clusterIP=value_of(cells.get("CLUSTER-IP", "")), externalName=value_of(external), ports=ports
    )
    if chosen := labels([value_of(cells.get("SELECTOR", "")) or ""]):
        spec["selector"] = chosen
    return {"spec": spec}


def addresses(text: str) -> list[tuple[str, int]]:
    """`10.0.0.1:80,[fd00::1]:80 + 3 more...` as (address, port); what is only counted is left out."""
    pairs = (part.strip() for part in (value_of(text) or "").partition(" + ")[0].split(","))
    return [(m[1], int(m[2])) for pair in pairs if (m := _ADDRESS.fullmatch(pair))]


def subsets(found: list[tuple[str, int]]) -> list[Json]:
    """Addresses that serve the same ports together, as the API groups them."""
    ports: dict[str, list[int]] = {}
    for address, port in found:
        ports.setdefault(address, []).append(port)
    groups: dict[tuple[int, ...], list[Json]] = {}
    for address, served in ports.items():
        groups.setdefault(tuple(sorted(served)), []).append({"ip": address})
    return [{"addresses": members, "ports": [{"port": p} for p in served]} for served, members in groups.items()]


def _endpoints(cells: Cells, _: Json) -> Json:
    return without_empty(subsets=subsets(addresses(cells.get("ENDPOINTS", ""))))


def _slice(cells: Cells, _: Json) -> Json:
    hosts = [h for h in (value_of(cells.get("ENDPOINTS", "")) or "").partition(" + ")[0].split(",") if h]
    ports = [
        {"port": int(p)}
        for p in (value_of(cells.get("PORTS", "")) or "").split(",")
        if p.isascii() and p.isdigit() and len(p) < 6
    ]
    return without_empty(endpoints=[{"addresses": [h]} for h in hosts], ports=ports)


def _ingress(cells: Cells, _: Json) -> Json:
    hosts = [h.strip() for h in (value_of(cells.get("HOSTS", "")) or "").partition(" + ")[0].split(",")]
    rules = [without_empty(host=host) for host in hosts if host not in ("", "*")]
    return {"spec": without_empty(ingressClassName=value_of(cells.get("CLASS", "")), rules=rules)}


def _policy(cells: Cells, _: Json) -> Json:
    """The row does not tell what the policy allows: with no policy types it forbids nothing."""
    return {"spec": {"podSelector": selector(cells.get("POD-SELECTOR", "")) or {}, "policyTypes": []}}


def _class(cells: Cells, _: Json) -> Json:
    return {"spec": without_empty(controller=cells.get("CONTROLLER"))}


NETWORK: dict[str, Callable[[Cells, Json], Json]] = {
    "services": _service,
    "endpoints": _endpoints,
    "endpointslices": _slice,
    "ingresses": _ingress,
    "ingressclasses": _class,
    "networkpolicies": _policy,
}
