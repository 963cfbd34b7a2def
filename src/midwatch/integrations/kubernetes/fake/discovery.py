"""/api, /apis and below: what the server serves, in the plain and in the aggregated form."""

from typing import Any

from midwatch.integrations.kubernetes.fake.resources import GROUPS, RESOURCES, Resource
from midwatch.integrations.kubernetes.fake.world import FakeCluster

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
Answer = dict[str, Any]


def wants_aggregated(accept: str) -> bool:
    """kubectl asks for several versions at once, in its order of preference."""
    return any(
        "as=APIGroupDiscoveryList" in part and "v=v2" in part.split(";") for part in accept.replace(" ", "").split(",")
    )


def versions(server: str) -> Answer:
    client = [{"clientCIDR": "0.0.0.0/0", "serverAddress": server}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": client}


def groups(cluster: FakeCluster) -> Answer:
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(g, cluster) for g in _named(cluster)]}


def group(cluster: FakeCluster, name: str) -> Answer | None:
    return {"kind": "APIGroup", "apiVersion": "v1"} | _group(name, cluster) if name in _named(cluster) else None


def resources(cluster: FakeCluster, name: str, version: str) -> Answer | None:
    found = [r for r in _in(cluster, name) if r.version == version]
    if not found:
        return None
    entries = [entry for r in sorted(found, key=lambda r: r.plural) for entry in _entries(r)]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": found[0].api_version, "resources": entries}


def aggregated_discovery(cluster: FakeCluster, *, core: bool) -> Answer:
    names = [""] if core else _named(cluster)
    items: list[Answer] = []
    for name in names:
        by_version = {r.version: [x for x in _in(cluster, name) if x.version == r.version] for r in _in(cluster, name)}
        served = [
            {"version": v, "resources": [_aggregated(r) for r in rs], "freshness": "Current"}
            for v, rs in by_version.items()
        ]
        meta: Answer = {"name": name, "creationTimestamp": None} if name else {"creationTimestamp": None}
        items.append({"metadata": meta, "versions": served})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _named(cluster: FakeCluster) -> list[str]:
    return [g for g in GROUPS if g and _in(cluster, g)]


def _in(cluster: FakeCluster, group: str) -> list[Resource]:
    return [r for r in RESOURCES.values() if r.group == group and cluster.is_served(r)]


def _group(name: str, cluster: FakeCluster) -> Answer:
    found = [{"groupVersion": r.api_version, "version": r.version} for r in _in(cluster, name)]
    unique = [v for n, v in enumerate(found) if v not in found[:n]]
    return {"name": name, "versions": unique, "preferredVersion": unique[0]}


def _entries(resource: Resource) -> list[Answer]:
    main: Answer = {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    main |= {"shortNames": list(resource.short)} if resource.short else {}
    main |= {"categories": list(resource.categories)} if resource.categories else {}
    below = [
        {
            "name": f"{resource.plural}/{sub}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": ["get"],
        }
        for sub in resource.subresources
    ]
    return [main, *below]


def _aggregated(resource: Resource) -> Answer:
    entry: Answer = {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.kind.lower(),
        "verbs": list(resource.verbs),
    }
    entry |= {"shortNames": list(resource.short)} if resource.short else {}
    below = [{"subresource": s, "responseKind": entry["responseKind"], "verbs": ["get"]} for s in resource.subresources]
    entry |= {"subresources": below} if below else {}
    return entry | ({"categories": list(resource.categories)} if resource.categories else {})
