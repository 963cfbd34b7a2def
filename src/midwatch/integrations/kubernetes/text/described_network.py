"""`kubectl describe` of services, endpoints, ingresses and network policies."""

import re
from datetime import datetime

from midwatch.integrations.kubernetes.text.network_rows import addresses, subsets
from midwatch.integrations.kubernetes.text.parse_result import Json, without_empty
from midwatch.integrations.kubernetes.text.tree import TreeNode
from midwatch.integrations.kubernetes.text.values import int_or_text, labels, number, reference, value_of

_PORT = re.compile(r"(?:(\S+)\s+)?(\d{1,5})/([A-Z]+)")
_BACKEND = re.compile(r"([a-z0-9][a-z0-9.-]*):(\S+)(?: \((.*)\))?\s*")
_TERMINATES = re.compile(r"(\S+) terminates (.*)")
_OLD_DEFAULT = "default-http-backend"


def service(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    spec = without_empty(
        type=value_of(doc.get("Type")),
        clusterIP=value_of(doc.get("IP")),
        externalName=value_of(doc.get("External Name")),
        selector=labels([value_of(doc.get("Selector")) or ""]),
        ports=_ports(doc),
    )
    return {"spec": spec}


def _ports(doc: TreeNode) -> list[Json]:
    """A port's lines follow one another: Port, TargetPort, NodePort, Endpoints."""
    found: list[Json] = []
    for line in doc.children:
        match = _PORT.match(line.value)
        if line.key == "Port" and match:
            found.append(without_empty(name=value_of(match[1] or ""), port=int(match[2]), protocol=match[3]))
        elif line.key == "TargetPort" and found:
            found[-1]["targetPort"] = int_or_text(line.value.partition("/")[0])
        elif line.key == "NodePort" and found and match:
            found[-1]["nodePort"] = int(match[2])
    return found


def described_endpoints(doc: TreeNode, service: Json) -> Json | None:
    """The Endpoints that kubectl looked up for a described service; only of those with a selector, as others have none
    to be expected."""
    lines = doc.all("Endpoints")
    if not lines or "selector" not in service["spec"]:
        return None
    found = [pair for line in lines for pair in addresses(line.value)]
    metadata = {name: service["metadata"][name] for name in ("name", "namespace") if name in service["metadata"]}
    return {"kind": "Endpoints", "metadata": metadata, **without_empty(subsets=subsets(found))}


def endpoints(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    found: list[Json] = []
    for line in doc.under("Subsets"):
        if line.key == "Addresses":
            found.append(without_empty(addresses=_ips(line.value)))
        elif line.key == "NotReadyAddresses" and found:
            found[-1] |= without_empty(notReadyAddresses=_ips(line.value))
        elif line.key == "Ports" and found:
            found[-1] |= without_empty(ports=_table(line))
    return without_empty(subsets=[s for s in found if "addresses" in s or "notReadyAddresses" in s])


def _ips(text: str) -> list[Json]:
    return [{"ip": ip.strip()} for ip in (value_of(text) or "").split(",") if ip.strip()]


def _table(node: TreeNode) -> list[Json]:
    """Name, port, protocol."""
    rows = (line.text.split() for line in node.children)
    return [
        without_empty(name=value_of(r[0]), port=int(r[1]), protocol=r[2])
        for r in rows
        if len(r) == 3 and r[1].isascii() and r[1].isdigit() and len(r[1]) < 6
    ]


def endpointslice(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    ports = doc.find("Ports")
    found = [_endpoint(line) for line in doc.under("Endpoints") if line.key == "- Addresses"]
    return without_empty(endpoints=found, ports=_table(ports) if ports else None)


def _endpoint(node: TreeNode) -> Json:
    target = reference(node.get("TargetRef"))
    states = {"true": True, "false": False}
    conditions = {n.key.lower(): states[n.value] for n in node.under("Conditions") if n.value in states}
    hosts = [a.strip() for a in node.value.split(",") if a.strip()]
    return without_empty(
        addresses=hosts,
        conditions=conditions,
        targetRef=without_empty(kind=target[0], name=target[1].rpartition("/")[2]) if target else None,
    )


def ingress(doc: TreeNode, _: Json, __: datetime | None) -> Json:
    default = doc.get("Default backend", "Default Backend")
    return {
        "spec": without_empty(
            ingressClassName=value_of(doc.get("Ingress Class")),
            # Before 1.22 kubectl showed this name where the ingress named no backend.
            defaultBackend=_backend(default) if value_of(default) and not default.startswith(_OLD_DEFAULT) else None,
            tls=[found for line in doc.under("TLS") if (found := _tls(line.text))],
            rules=_rules(doc),
        ),
    }


def _tls(text: str) -> Json | None:
    if match := _TERMINATES.match(text):
        return without_empty(secretName=match[1], hosts=[h for h in match[2].split(",") if h])
    return {"hosts": text.removeprefix("SNI routes ").split(",")} if text.startswith("SNI routes ") else None


def _rules(doc: TreeNode) -> list[Json]:
    """A host at the edge, its paths deeper: `/path   service:port (endpoints)`."""
    found: list[Json] = []
    for line in doc.under("Rules"):
        words = line.text.split()
        if words[:2] == ["Host", "Path"] or line.text.startswith("--"):
            continue
        paths = [p for node in line.walk() if (p := _path(node.text))]
        host = {} if words[0] == "*" else {"host": words[0]}
        found.append(host | ({"http": {"paths": paths}} if paths else {}))
    return found


def _path(text: str) -> Json | None:
    path, _, rest = text.partition(" ")
    backend = _backend(rest.strip()) if rest.strip() else _backend(path)
    return without_empty(path=path if path.startswith("/") else None, backend=backend) if backend else None


def _backend(text: str) -> Json | None:
    match = _BACKEND.fullmatch(text)
    if not match:
        return None
    port = {"number": number(match[2])} if match[2].isascii() and match[2].isdigit() else {"name": match[2]}
    return {"service": {"name": match[1], "port": port}}
