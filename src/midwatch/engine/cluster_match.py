"""Grouping across clusters: an alert without the name of a cluster is about the only cluster that is known; two names
are two clusters."""

from collections.abc import Iterable, Sequence

from midwatch.domain.incident import Incident

# Keys that hold a cluster, KIND:CLUSTER/THING, with how many slashes the thing begins and has.
_SLASHES = {"workload": 2, "node": 1}
_ANY = "any-cluster"


def _split(key: str) -> tuple[str, str] | None:
    """Cluster ("" where none is named) and thing of a key; None for a key of another kind. The name of a cluster may
    have slashes (an ARN)."""
    kind, _, rest = key.partition(":")
    if kind not in _SLASHES:
        return None
    cluster, *thing = rest.rsplit("/", _SLASHES[kind])
    return cluster, "/".join((kind, *thing))


def keys_in_any_cluster(keys: Iterable[str]) -> tuple[str, ...]:
    """Additional keys of an incident, without its cluster: alerts that name no cluster find it by them."""
    return tuple(f"{_ANY}:{split[1]}" for key in keys if (split := _split(key)) and split[0])


def keys_elsewhere(keys: Iterable[str]) -> tuple[str, ...]:
    """Where else an incident of the same workload or node may be found: without a cluster, for a key that names one;
    in any cluster, for a key that names none."""
    return tuple(_elsewhere(*split) for key in keys if (split := _split(key)))


def _elsewhere(cluster: str, thing: str) -> str:
    kind, _, rest = thing.partition("/")
    return f"{kind}:/{rest}" if cluster else f"{_ANY}:{thing}"


def same_cluster(joins: Sequence[str], related: Sequence[Incident]) -> list[Incident]:
    """Those of the `related` incidents that may be about the cluster of an alert that looks for `joins`."""
    wanted = dict[str, str]()
    for cluster, thing in filter(None, map(_split, joins)):
        wanted[thing] = wanted.get(thing) or cluster
    things = {incident.id: _clusters(incident) for incident in related}
    named = {thing: {c for has in things.values() for c in has.get(thing, ()) if c} for thing in wanted}
    return [
        incident
        for incident in related
        if all(_fits(cluster, things[incident.id].get(t), named[t]) for t, cluster in wanted.items())
    ]


def _clusters(incident: Incident) -> dict[str, set[str]]:
    found = dict[str, set[str]]()
    for cluster, thing in filter(None, map(_split, incident.keys)):
        found.setdefault(thing, set()).add(cluster)
    return found


def _fits(cluster: str, has: set[str] | None, named: set[str]) -> bool:
    """`has` are the clusters that the incident names for the thing, `named` those that all candidates name."""
    if not has or cluster in has:
        return True
    return has == {""} if cluster else len(named) == 1
