"""What an API server serves beside its own kinds: one request, or one for each group of an old server."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from midwatch.integrations.kubernetes.live.errors import ApiRequest, ClusterEndpoint, refuse_answer
from midwatch.integrations.kubernetes.live.sender import ApiSender
from midwatch.integrations.kubernetes.objects.custom import catalogue
from midwatch.integrations.kubernetes.objects.kinds import ALL
from midwatch.integrations.kubernetes.reader import Refused
from midwatch.kit.json_errors import MALFORMED

# Kubernetes 1.30 and newer, then 1.27 to 1.29; one that is older answers with its groups alone.
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
ACCEPT = ",".join((_AGGREGATED.format("v2"), _AGGREGATED.format("v2beta1"), "application/json"))
BYTES = 16 * 1024 * 1024  # a server with a thousand kinds answers with 1 MB
GROUPS = 40  # that an old server is asked for one by one

T = TypeVar("T")


@dataclass(frozen=True)
class CustomKind:
    """A kind that can be listed; `status`: its status is kept apart from the spec, as nearly all operators have it."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    status: bool

    @property
    def name(self) -> str:
        return f"{self.plural}.{self.group}"

    @property
    def api(self) -> str:
        return f"{self.group}/{self.version}"

    def path(self, namespace: str) -> str:
        place = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"/apis/{self.api}{place}/{self.plural}"


class Body(bytearray):
    def add(self, chunk: bytes) -> bool:
        self.extend(chunk)
        return len(self) <= BYTES


class _Kind(msgspec.Struct, rename="camel"):
    kind: str = ""


class _Below(msgspec.Struct, rename="camel"):
    subresource: str = ""


class _Resource(msgspec.Struct, rename="camel"):
    resource: str = ""
    response_kind: _Kind | None = None
    scope: str = ""
    verbs: list[str] | None = None
    subresources: list[_Below] | None = None


class _Version(msgspec.Struct, rename="camel"):
    version: str = ""
    resources: list[_Resource] | None = None


class _Name(msgspec.Struct):
    name: str = ""


class _Group(msgspec.Struct, rename="camel"):
    metadata: _Name = msgspec.field(default_factory=_Name)
    versions: list[_Version] | None = None


class _OldVersion(msgspec.Struct, rename="camel"):
    group_version: str = ""


class _OldGroup(msgspec.Struct, rename="camel"):
    name: str = ""
    preferred_version: _OldVersion = msgspec.field(default_factory=_OldVersion)


class _OldResource(msgspec.Struct, rename="camel"):
    name: str = ""
    kind: str = ""
    namespaced: bool = False
    verbs: list[str] | None = None


class _Answer(msgspec.Struct, rename="camel"):
    kind: str = ""
    items: list[_Group] | None = None
    groups: list[_OldGroup] | None = None


class _OldResources(msgspec.Struct, rename="camel"):
    resources: list[_OldResource] | None = None


async def custom_kinds(sender: ApiSender, place: ClusterEndpoint) -> tuple[list[CustomKind], str]:
    """The kinds whose status is worth listing, the likeliest first, and what could not be found out; raises Refused.

    The kinds of a group stand apart, so that a group with a thousand of them leaves room for the others.
    """
    question = ApiRequest("/apis", "get /apis", "", place)
    answer = await _read(sender, question, ACCEPT, _Answer)
    if answer.kind == "APIGroupDiscoveryList":
        return _ranked(k for group in answer.items or () for k in _aggregated(group)), ""
    if answer.kind != "APIGroupList":
        raise Refused(f"{place} did not answer with its API groups; check the server's address.", query=question.query)
    wanted = [g for g in answer.groups or () if _is_wanted(g.name)]
    asked = await asyncio.gather(*(_group(sender, g, place) for g in wanted[:GROUPS]))
    lost = [g.name for g, kinds in zip(wanted, asked, strict=False) if kinds is None]
    lost += [g.name for g in wanted[GROUPS:]]
    missed = f"{len(lost)} API groups were not read: {', '.join(lost[:3])}" if lost else ""
    return _ranked(k for kinds in asked for k in kinds or ()), missed


async def _group(sender: ApiSender, group: _OldGroup, place: ClusterEndpoint) -> list[CustomKind] | None:
    api = group.preferred_version.group_version
    question = ApiRequest(f"/apis/{api}", f"get /apis/{api}", "", place)
    try:
        answer = await _read(sender, question, "application/json", _OldResources)
    except Refused:
        return None
    found = answer.resources or []
    with_status = {r.name.partition("/")[0] for r in found if r.name.endswith("/status")}
    version = api.rpartition("/")[2]
    return [
        CustomKind(group.name, version, r.name, r.kind, r.namespaced, r.name in with_status)
        for r in found
        if "/" not in r.name and "list" in (r.verbs or ()) and _is_read(group.name, r.name)
    ]


async def _read(sender: ApiSender, question: ApiRequest, accept: str, type_: type[T]) -> T:
    body = Body()
    answer = await sender.get(question, body, {"Accept": accept, "Accept-Encoding": "gzip"}, again=())
    if answer.status != 200:
        raise refuse_answer(answer, question)
    try:
        return msgspec.json.decode(body, type=type_)
    except MALFORMED:
        raise Refused(f"{question.place} did not answer with its API groups.", query=question.query) from None


def _aggregated(group: _Group) -> Iterator[CustomKind]:
    """Of the version that the server prefers: its first."""
    name = group.metadata.name
    for version in (group.versions or ())[:1] if _is_wanted(name) else ():
        for r in version.resources or ():
            if "list" in (r.verbs or ()) and r.response_kind and _is_read(name, r.resource):
                status = any(below.subresource == "status" for below in r.subresources or ())
                kind, namespaced = r.response_kind.kind, r.scope == "Namespaced"
                yield CustomKind(name, version.version, r.resource, kind, namespaced, status)


def _is_wanted(group: str) -> bool:
    return "." in group and (
        group not in catalogue()["builtin"] or any(a["group"] == group for a in catalogue()["also"])
    )


def _is_read(group: str, plural: str) -> bool:
    if any(kind.group == group and kind.plural == plural for kind in ALL.values()) or plural == "secrets":
        return False
    return group not in catalogue()["builtin"] or {"group": group, "resource": plural} in catalogue()["also"]


def _ranked(kinds: Iterator[CustomKind]) -> list[CustomKind]:
    seen: dict[str, int] = {}
    order: list[tuple[bool, int, str, CustomKind]] = []
    for kind in kinds:
        seen[kind.group] = seen.get(kind.group, 0) + 1
        builtin = kind.group in catalogue()["builtin"]
        order.append((not kind.status and not builtin, seen[kind.group], kind.name, kind))
    return [kind for *_, kind in sorted(order, key=lambda o: o[:3])]
