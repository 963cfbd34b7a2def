"""Cluster routes to a host: faults behind them are faults behind the site, configured or not."""

from collections.abc import Iterator, Sequence

import msgspec

from midwatch.domain.evidence import Evidence
from midwatch.domain.observation import Resources
from midwatch.domain.subject import Subject

_KINDS = {"ingresses": "Ingress", "httproutes": "HTTPRoute"}


class _Rule(msgspec.Struct):
    host: str | None = None


class _Spec(msgspec.Struct):
    rules: list[_Rule] | None = None
    hostnames: list[str] | None = None


class _Name(msgspec.Struct):
    name: str = ""
    namespace: str = ""


class _Route(msgspec.Struct):
    metadata: _Name = msgspec.field(default_factory=_Name)
    spec: _Spec = msgspec.field(default_factory=_Spec)

    @property
    def hosts(self) -> list[str]:
        return [*(r.host or "" for r in self.spec.rules or ()), *(self.spec.hostnames or ())]


def routes(evidence: Sequence[Evidence], host: str) -> Iterator[Subject]:
    for item in evidence:
        seen = item.observation
        if isinstance(seen, Resources) and seen.resource in _KINDS:
            for route in msgspec.json.decode(seen.body, type=list[_Route]):
                if any(_meets(pattern.lower(), host) for pattern in route.hosts):
                    yield Subject(
                        kind=_KINDS[seen.resource], name=route.metadata.name, namespace=route.metadata.namespace
                    )


def _meets(pattern: str, host: str) -> bool:
    """Whether a route's host matches: `*.example.com` stands for one more part, as in an Ingress. A rule without a host
    does not match."""
    return pattern == host or (pattern.startswith("*.") and pattern[2:] == host.partition(".")[2])
