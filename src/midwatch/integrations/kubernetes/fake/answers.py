"""Reading: one object or a list, whole, as a table or as metadata only, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from midwatch.integrations.kubernetes.fake.access import Caller, permits
from midwatch.integrations.kubernetes.fake.logs import read_log
from midwatch.integrations.kubernetes.fake.paths import ObjectPath
from midwatch.integrations.kubernetes.fake.queries import decode_continue, encode_continue, field_test, label_test
from midwatch.integrations.kubernetes.fake.resources import Resource
from midwatch.integrations.kubernetes.fake.statuses import bad_request, forbidden, no_page, not_found
from midwatch.integrations.kubernetes.fake.tables import table
from midwatch.integrations.kubernetes.fake.world import FakeCluster, Stored, Thing

Query = Mapping[str, str]


def _json_headers() -> dict[str, str]:
    return {"cache-control": "no-cache, private", "content-type": "application/json"}


@dataclass(frozen=True)
class FakeAnswer:
    body: bytes
    code: int = 200
    headers: Mapping[str, str] = field(default_factory=_json_headers)


def read(cluster: FakeCluster, caller: Caller, place: ObjectPath, query: Query, accept: str) -> FakeAnswer:
    watching = not place.name and query.get("watch") in ("true", "1")
    verb = "get" if place.name else "watch" if watching else "list"
    plural = f"{place.resource.plural}/{place.below}" if place.below else place.resource.plural
    if not permits(cluster, caller, verb, plural, place.namespace):
        raise forbidden(caller.name, verb, place.resource, place.namespace, place.name, place.below)
    if place.below and place.below not in place.resource.subresources:
        raise no_page()
    if watching:
        return FakeAnswer(b"")  # a watch that ends before anything happens, as it does at its timeout
    if place.name:
        return _one(cluster, place, query, accept)
    return _many(cluster, place, query, accept)


def _one(cluster: FakeCluster, place: ObjectPath, query: Query, accept: str) -> FakeAnswer:
    found = cluster.find(place.resource.id, place.namespace, place.name)
    if found is None:
        raise not_found(place.resource, place.name)
    if place.below == "log":
        plain = {"cache-control": "no-cache, private", "content-type": "text/plain"}
        return FakeAnswer(read_log(cluster, found.decode(), query), headers=plain)
    form = _form(accept)
    if form == "Table":
        obj = found.decode()
        version = obj["metadata"].get("resourceVersion", "")
        return _table(cluster, place.resource, [obj], {"resourceVersion": version}, query)
    if form == "PartialObjectMetadata":
        return _encoded(_metadata_only(found))
    head = msgspec.json.encode({"kind": place.resource.kind, "apiVersion": place.resource.api_version})
    return _pretty(head[:-1] + b"," + found.body[1:] + b"\n", query)


def _many(cluster: FakeCluster, place: ObjectPath, query: Query, accept: str) -> FakeAnswer:
    found, metadata = _page(cluster, place, query)
    form = _form(accept)
    if form == "Table":
        return _table(cluster, place.resource, [f.decode() for f in found], metadata, query)
    if form == "PartialObjectMetadataList":
        items = [_metadata_only(f) for f in found]
        return _encoded({"kind": form, "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items})
    head = {"kind": f"{place.resource.kind}List", "apiVersion": place.resource.api_version, "metadata": metadata}
    body = msgspec.json.encode(head)[:-1] + b',"items":[' + b",".join(f.body for f in found) + b"]}\n"
    return _pretty(body, query)


def _page(cluster: FakeCluster, place: ObjectPath, query: Query) -> tuple[Sequence[Stored], dict[str, Any]]:
    """The items of this page and the metadata of the list. How many remain is not known under a selector, and then not
    said."""
    wanted_labels, wanted_fields, limit = query.get("labelSelector", ""), query.get("fieldSelector", ""), _limit(query)
    labels_fit, fields_fit = label_test(wanted_labels), field_test(wanted_fields, place.resource)
    after = decode_continue(query["continue"], cluster.compacted) if query.get("continue") else ""
    found = cluster.select(place.resource.id, place.namespace, after)
    if wanted_labels:
        found = [f for f in found if labels_fit(f.labels)]
    if wanted_fields:
        found = [f for f in found if fields_fit(f.decode())]
    metadata: dict[str, Any] = {"resourceVersion": str(cluster.revision)}
    if limit and len(found) > limit:
        last = found[limit - 1]
        metadata["continue"] = encode_continue(cluster.revision, last.name if place.namespace else last.key)
        if not wanted_labels and not wanted_fields:
            metadata["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    return found, metadata


def _limit(query: Query) -> int:
    text = query.get("limit") or "0"
    if not text.lstrip("-").isdigit():
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return max(int(text), 0)


def _form(accept: str) -> str:
    """The first form of the client's wishes that JSON can give; protobuf, which this server does not speak, is passed
    over."""
    for wish in accept.replace(" ", "").split(","):
        kind, *parameters = wish.split(";")
        asked = dict(p.split("=", 1) for p in parameters if "=" in p)
        if kind == "application/json":
            return asked.get("as", "") if asked.get("g", "meta.k8s.io") == "meta.k8s.io" else ""
    return ""


def _metadata_only(stored: Stored) -> Thing:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": stored.decode()["metadata"]}


def _table(
    cluster: FakeCluster, resource: Resource, objects: Sequence[Thing], metadata: Mapping[str, Any], query: Query
) -> FakeAnswer:
    return _encoded(table(resource, objects, metadata, query.get("includeObject", ""), cluster.clock()))


def _encoded(value: Mapping[str, Any]) -> FakeAnswer:
    return FakeAnswer(msgspec.json.encode(value) + b"\n")


def _pretty(body: bytes, query: Query) -> FakeAnswer:
    return FakeAnswer(msgspec.json.format(body, indent=2) if query.get("pretty") in ("true", "1") else body)
