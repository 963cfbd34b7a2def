"""Lists the status of every custom resource within a budget, and says what it did not read."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from midwatch.integrations.kubernetes.live.discovery import Body, CustomKind, custom_kinds
from midwatch.integrations.kubernetes.live.errors import ApiRequest, ClusterEndpoint, refuse_answer
from midwatch.integrations.kubernetes.live.sender import ApiSender
from midwatch.integrations.kubernetes.objects.custom import CustomResource, custom_resource, decode_resource
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.reader import Listing, Refused
from midwatch.kit.answers import MALFORMED

# A cluster with Flux, cert-manager, Istio and Prometheus' operator serves 80 to 100 kinds; one with Crossplane 1000.
KINDS = 80
PAGE = 250  # objects of one kind
OBJECTS = 4000  # of all kinds
SECONDS = 20.0
_NAMED = 3  # kinds that a gap names


@dataclass
class _Collected:
    items: list[Object] = field(default_factory=list[Object])
    refused: list[CustomKind] = field(default_factory=list[CustomKind])
    failed: list[CustomKind] = field(default_factory=list[CustomKind])
    longer: dict[str, int] = field(default_factory=dict[str, int])  # kind → objects beyond the first page; 0: unknown
    read: int = 0  # kinds


class _PageInfo(msgspec.Struct, rename="camel"):
    continue_: str | None = msgspec.field(name="continue", default=None)
    remaining_item_count: int | None = None


class _Page(msgspec.Struct):
    items: list[Any] | None
    metadata: _PageInfo | None = None


async def read_custom_resources(sender: ApiSender, place: ClusterEndpoint, namespace: str) -> Listing:
    """Of one namespace and of those kinds that have none, or of all; raises Refused where no kind may be read."""
    kinds, missed = await custom_kinds(sender, place)
    got, waiting = _Collected(), [asyncio.create_task(_kind(sender, place, k, namespace)) for k in kinds[:KINDS]]
    try:
        done, _ = await asyncio.wait(waiting, timeout=SECONDS) if waiting else (set[Any](), None)
    finally:
        for task in waiting:
            task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for kind, task in zip(kinds, waiting, strict=False):
        _take(got, kind, task.result() if task in done else None)
    if got.refused and not got.read:
        raise _refused(got.refused, place)
    said = "; ".join(filter(None, (missed, *_left_out(got, kinds[KINDS:]))))
    query = f"GET /apis and the lists of {got.read} kinds" if got.read else "GET /apis"
    return Listing(got.items, query, said, missed=said)


_Answered = _Page | Refused


async def _kind(sender: ApiSender, place: ClusterEndpoint, kind: CustomKind, namespace: str) -> _Answered:
    question = _question(place, kind, namespace)
    body = Body()
    try:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        answer = await sender.get(question, body, headers, again=(), seconds=SECONDS)
    except Refused as refused:
        return refused
    if answer.status != 200:
        return refuse_answer(answer, question)
    try:
        return msgspec.json.decode(body, type=_Page)
    except MALFORMED:
        return Refused(f"{kind.name} could not be decoded", query=question.query)


def _question(place: ClusterEndpoint, kind: CustomKind, namespace: str) -> ApiRequest:
    where = f" in namespace {namespace}" if namespace and kind.namespaced else ""
    return ApiRequest(f"{kind.path(namespace)}?limit={PAGE}", f"list {kind.name}{where}", "", place)


def _take(got: _Collected, kind: CustomKind, answer: _Answered | None) -> None:
    if answer is None or isinstance(answer, Refused):
        (got.refused if answer and answer.permission else got.failed).append(kind)
        return
    got.read += 1
    found = [obj for raw in answer.items or () if (obj := _object(raw, kind))]
    room = max(0, OBJECTS - len(got.items))
    got.items += found[:room]
    info = answer.metadata or _PageInfo()
    left = len(found[room:]) + (info.remaining_item_count or 0)
    if left or info.continue_:
        got.longer[kind.name] = left


def _object(raw: Any, kind: CustomKind) -> CustomResource | None:
    read = custom_resource(cast("dict[str, Any]", raw), kind.kind, kind.api) if isinstance(raw, dict) else None
    return decode_resource(read) if read else None


def _left_out(got: _Collected, beyond: Sequence[CustomKind]) -> list[str]:
    said: list[str] = []
    if got.refused:
        said.append(
            f"{_kinds(got.refused)} may not be listed; grant list on these resources with a read-only role "
            "(page Kubernetes, section Permissions)"
        )
    if got.failed:
        said.append(f"{_kinds(got.failed)} did not answer")
    if beyond:
        said.append(f"{_kinds(beyond)} were not read: the limit is {KINDS} kinds")
    if got.longer:
        more = sum(got.longer.values())
        names = ", ".join(list(got.longer)[:_NAMED])
        said.append(f"{more or 'more'} objects of {len(got.longer)} kinds were not read ({names})")
    return said


def _kinds(kinds: Sequence[CustomKind]) -> str:
    names = ", ".join(kind.name for kind in kinds[:_NAMED])
    more = f" and {len(kinds) - _NAMED} more" if len(kinds) > _NAMED else ""
    return f"{len(kinds)} kind{'s' * (len(kinds) > 1)} of custom resources ({names}{more})"


def _refused(kinds: Sequence[CustomKind], place: ClusterEndpoint) -> Refused:
    names = ", ".join(kind.name for kind in kinds[:_NAMED]) + (", …" if len(kinds) > _NAMED else "")
    return Refused(
        f"{_kinds(kinds)} may not be listed by the user of {place}; their status is not checked.",
        query="GET /apis",
        permission=f"list {names}",
    )
