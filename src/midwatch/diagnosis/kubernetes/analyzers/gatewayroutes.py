"""Gateway routes in ConfigMaps: a path that matches one Service and points to another."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from midwatch.diagnosis.kubernetes.analyzers import Analyzer
from midwatch.diagnosis.kubernetes.cluster import Cluster
from midwatch.diagnosis.kubernetes.codes import finding
from midwatch.domain.evidence import ToolRequest
from midwatch.domain.finding import Confidence, Finding
from midwatch.integrations.kubernetes.objects.cluster import ConfigMap
from midwatch.integrations.kubernetes.objects.network import Service

_TARGET = r"[\w+.-]+://(?:\$\{[^}:]*:)?(?P<host>[a-z0-9][a-z0-9.-]*+)"
_TABLES = (
    # Spring Cloud Gateway, YAML
    re.compile(rf"uri: *[\"']?{_TARGET}[^\n]{{0,500}}+\n\s*+predicates:[^\S\n]*+\n\s*+- *+Path=(?P<path>/[^\s,\"']+)"),
    # nginx
    re.compile(rf"location\s+(?:[=~^*]+\s+)?(?P<path>/[^\s{{]+)\s*\{{[^{{}}]{{0,2000}}?proxy_pass\s+{_TARGET}"),
)
_LIKE, _UNLIKE = 0.9, 0.8  # minimum and maximum similarity of a path segment and a Service name
_SHORTEST = 5  # letters; shorter words fit too many names
_LARGEST = 256 * 1024  # of one value of a ConfigMap, in characters
_PLACES = 3
_MOST = 200  # ConfigMaps of one namespace: in larger namespaces they are not read


@dataclass(frozen=True)
class Route:
    path: str
    host: str
    text: str

    @property
    def problem_lines(self) -> list[str]:
        return [w for part in self.path.split("/") if "*" not in part and len(w := _plain(part)) >= _SHORTEST]


def find(cluster: Cluster) -> Iterator[Finding]:
    for config in cluster.all(ConfigMap):
        routes = [r for value in (config.data or {}).values() for r in _routes(value)]
        if len(routes) > 1:
            services = {s.name: s for s in cluster.all(Service, config.namespace)}
            yield from _misled(cluster, config, routes, services)


def _routes(value: str) -> Iterator[Route]:
    if 0 < len(value) <= _LARGEST and ("uri:" in value or "proxy_pass" in value):
        for table in _TABLES:
            yield from (Route(m["path"], m["host"].split(".")[0], m["path"]) for m in table.finditer(value))


def _misled(
    cluster: Cluster, config: ConfigMap, routes: Sequence[Route], services: Mapping[str, Service]
) -> Iterator[Finding]:
    """Only where the matching Service is the target of no route, and the target of the route does not match."""
    reached = {r.host for r in routes}
    start = _common(sorted(services))
    for route in routes:
        if route.host not in services or _fit(route, route.host, start) >= _UNLIKE:
            continue
        forgotten = [n for n in services if n not in reached and _fit(route, n, start) >= _LIKE]
        if forgotten:
            best = max(forgotten, key=lambda n: (_fit(route, n, start), n))
            yield finding(
                "K8S-525",
                config.subject,
                cites=(
                    cluster.cite(config, route.text),
                    cluster.cite(services[best]),
                    cluster.cite(services[route.host]),
                ),
                confidence=Confidence.MEDIUM,
                path=route.path,
                target=route.host,
                service=best,
            )


def _fit(route: Route, name: str, start: str) -> float:
    bare = _plain(name.removeprefix(start))
    return max(
        (1.0 if bare == word else SequenceMatcher(None, bare, word).ratio() for word in route.problem_lines),
        default=0.0,
    )


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _common(names: Sequence[str]) -> str:
    """The common prefix of most names up to a dash: `shop-` of `shop-cart`, `shop-orders`."""
    heads = [n.partition("-")[0] + "-" for n in names if "-" in n]
    head = max(sorted(set(heads)), key=heads.count, default="")
    return head if head and heads.count(head) * 2 > len(names) else ""


def asks(cluster: Cluster) -> Iterator[ToolRequest]:
    """The data of ConfigMaps where only names were read: of a few namespaces that have Services and not too many
    ConfigMaps."""
    named: dict[str, int] = {}
    for config in cluster.all(ConfigMap):
        if not any((config.data or {"": "?"}).values()):
            named[config.namespace] = named.get(config.namespace, 0) + 1
    places = [
        ns
        for ns, count in named.items()
        if count <= _MOST and not ns.startswith("kube-") and any(cluster.all(Service, ns))
    ]
    for namespace in places[:_PLACES]:
        yield ToolRequest(
            tool="kubernetes_list",
            arguments={"resource": "configmaps", "namespace": namespace},
            why="gateway routes may be in ConfigMaps",
        )


ANALYZER = Analyzer(find, asks, reads=(Service, ConfigMap))
