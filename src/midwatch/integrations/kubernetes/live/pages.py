"""Reads a whole list, page by page, and decodes only what Midwatch reads of it."""

import asyncio
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote, urlencode

import msgspec

from midwatch.integrations.kubernetes.live.errors import ApiRequest, TooSlow, refuse_answer, shorten
from midwatch.integrations.kubernetes.live.sender import ApiSender
from midwatch.integrations.kubernetes.objects.kinds import ResourceKind
from midwatch.integrations.kubernetes.objects.meta import Metadata, Object
from midwatch.integrations.kubernetes.reader import Listing, ListRequest, Refused
from midwatch.kit.json_errors import MALFORMED

PAGE = 500  # kubectl's own --chunk-size
# 500 objects of the largest kind seen (pods of 12 kB) are 6 MB; a page beyond this is no list of ours.
PAGE_BYTES = 128 * 1024 * 1024
MOST = 200_000  # objects; more is not one question any more
MOST_BYTES = 512 * 1024 * 1024  # of all pages together
MOST_PAGES = 1000  # of PAGE objects it would be more than MOST; a server that sends fewer is another
SECONDS = 90.0  # for all pages together
TOKEN = 8192  # characters of a continue token; etcd's are a few hundred
# An API server takes nothing else for a name (IsValidPathSegmentName); the length is that of a DNS name.
# A number that fits no int64, the largest of the API's types: arithmetic with it would fail far from here.
_HUGE = re.compile(rb'"\s*:\s*-?(?:[0-9]{19,}|[0-9.]{1,40}[eE]\+?[0-9]{2})')
# The same, quick to look for: all digits alike, without the signs and spaces around them.
_ALIKE = bytes.maketrans(b"123456789.E", b"0000000000e")
_SIGNS = b" \t\r\n+-"
_PERHAPS_HUGE = re.compile(rb'":0(?:0{18}|0*e00)')
_INT64 = 2**63
_NAMESPACE = re.compile(r"[a-z0-9.-]{0,63}")
_NAMEABLE = re.compile(r"(?!\.\.?$)[^/%\s]{1,253}")
# May repeat, in clear text, a Secret's or a ConfigMap's contents; nobody reads it here.
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_JSON = "application/json"
SHOWN = 120  # characters of a name or a reason
_NAMES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

T = TypeVar("T")


class _PageInfo(msgspec.Struct, rename="camel", gc=False):
    continue_: str | None = msgspec.field(name="continue", default=None)
    remaining_item_count: int | None = None


class _Page(msgspec.Struct, Generic[T]):
    items: list[T] | None
    kind: str = ""
    metadata: _PageInfo | None = None

    def of(self, kind: ResourceKind, *, names_only: bool) -> bool:
        """Whether this is such a list at all: `{"items": []}` of another program must not look like a cluster without
        pods."""
        if not self.kind:
            return self.metadata is not None or bool(self.items)
        return self.kind.endswith("List") if names_only else self.kind in (f"{kind.type.__name__}List", "List")


class _Named(msgspec.Struct, gc=False):
    metadata: Metadata = msgspec.field(default_factory=Metadata)


class _Who(msgspec.Struct):
    name: str
    namespace: str = ""


class _Nameable(msgspec.Struct):
    metadata: _Who


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[_Page[Any]]:
    return msgspec.json.Decoder(_Page[type_])


class _Body:
    """One page's bytes, at most PAGE_BYTES of them."""

    def __init__(self) -> None:
        self.data = bytearray()

    def clear(self) -> None:
        self.data.clear()

    def add(self, chunk: bytes) -> bool:
        self.data += chunk
        return len(self.data) <= PAGE_BYTES


@dataclass
class Collected:
    items: list[Object] = field(default_factory=list[Object])
    pages: int = 0
    skipped: list[str] = field(default_factory=list[str])
    left: str = ""
    size: int = 0  # bytes
    tokens: set[str] = field(default_factory=set[str])

    def is_last_page(self, kind: ResourceKind, info: _PageInfo) -> bool:
        """Whether no page is left to ask for; `left` then says why that may not be all."""
        token = info.continue_ or ""
        if not token:
            return True
        more = f", {n} more exist" if (n := info.remaining_item_count) else ""
        if len(self.items) >= MOST:
            self.left = f"stopped after {len(self.items)} {kind.plural}{more}"
        elif self.pages >= MOST_PAGES or self.size >= MOST_BYTES:
            self.left = f"stopped after {self.pages} pages with {len(self.items)} {kind.plural}{more}"
        elif token in self.tokens or len(token) > TOKEN:
            self.left = (
                f"the server leads from page {self.pages} to no new page; the first {len(self.items)} "
                f"{kind.plural} were read"
            )
        self.tokens.add(token)
        return bool(self.left)


async def read_list(sender: ApiSender, kind: ResourceKind, request: ListRequest, question: ApiRequest) -> Listing:
    """Raises Refused. A list that changes too much while it is read (410) is begun anew, once."""
    try:
        async with asyncio.timeout(SECONDS):
            got = await _collect(sender, kind, request, question) or await _collect(sender, kind, request, question)
    except TimeoutError:
        raise TooSlow(
            f"{question.place} did not end the list of {kind.plural} within {SECONDS:g} s; ask for one namespace.",
            query=question.query,
        ) from None
    if got is None:
        raise Refused(
            f"{question.place} dropped the list of {kind.plural} while it was read, twice; ask for one namespace.",
            query=question.query,
        )
    pages = f" ({got.pages} pages)" if got.pages > 1 else ""
    missed = _missed(kind, got)
    return Listing(got.items, question.query + pages, missed, missed=missed)


def list_url(kind: ResourceKind, request: ListRequest) -> str:
    wanted = {"limit": str(PAGE), "labelSelector": request.labels, "fieldSelector": request.fields}
    query = urlencode({k: v for k, v in wanted.items() if v}, safe="=,!()/", quote_via=quote)
    return f"{kind.path(request.namespace)}?{query}"


async def _collect(
    sender: ApiSender, kind: ResourceKind, request: ListRequest, question: ApiRequest
) -> Collected | None:
    """None when the server no longer knows where the list was (410)."""
    got, token = Collected(), ""
    headers = {"Accept": _NAMES if request.names_only else _JSON, "Accept-Encoding": "gzip"}
    while True:
        body = _Body()
        url = f"{question.url}&continue={quote(token, safe='')}" if token else question.url
        answer = await sender.get(ApiRequest(url, question.permission, question.missing, question.place), body, headers)
        if answer.status == 410 and token:
            return None
        if answer.status != 200:
            raise refuse_answer(answer, question)
        info = decode_page(body.data, kind, request, question, got)
        got.pages += 1
        got.size += len(body.data)
        if got.is_last_page(kind, info):
            return got
        token = info.continue_ or ""


def decode_page(
    body: bytearray, kind: ResourceKind, request: ListRequest, question: ApiRequest, got: Collected
) -> _PageInfo:
    """Adds the page's objects; one that cannot be decoded costs only itself."""
    if len(body) > PAGE_BYTES:
        raise Refused(
            f"A page of {kind.plural} is larger than {PAGE_BYTES >> 20} MiB; ask with a selector.", query=question.query
        )
    type_ = _Named if request.names_only else kind.type
    try:
        page = None if _holds_huge(body) else _decoder(type_).decode(body)
    except MALFORMED:
        page = None
    page, found = (page, page.items or []) if page else _decode_each(body, type_, question, got)
    if not page.of(kind, names_only=request.names_only):
        raise _no_list(question)
    if request.names_only:  # whatever the server sent along, contents are not kept
        found = [kind.type(metadata=item.metadata) for item in found]
    for obj in found:
        if obj.metadata.annotations:
            obj.metadata.annotations.pop(_LAST_APPLIED, None)
    got.items += (obj for obj in found if _nameable(obj, got))
    return page.metadata or _PageInfo()


def _holds_huge(body: bytearray) -> bool:
    perhaps = _PERHAPS_HUGE.search(body.translate(_ALIKE, _SIGNS))
    return perhaps is not None and _HUGE.search(body) is not None


def _nameable(obj: Object, got: Collected) -> bool:
    """Names become parts of paths, commands and sentences: what no API server takes for one is no object of this
    cluster."""
    good = (
        _NAMEABLE.fullmatch(obj.metadata.name) is not None
        and obj.metadata.name.isprintable()
        and _NAMESPACE.fullmatch(obj.metadata.namespace)
    )
    if not good:
        got.skipped.append(
            f"{shorten(obj.metadata.name, SHOWN) or 'an object without a name'}: not a name that Kubernetes allows"
        )
    return bool(good)


def _decode_each(
    body: bytearray, type_: type[Any], question: ApiRequest, got: Collected
) -> tuple[_Page[Any], list[Any]]:
    try:
        page = _decoder(msgspec.Raw).decode(body)
    except MALFORMED:
        raise _no_list(question) from None
    decoder, found = msgspec.json.Decoder(type_), list[Any]()
    for raw in page.items or ():
        try:
            if _HUGE.search(raw) and not _fits(msgspec.json.decode(raw)):
                raise ValueError("a number is too large")
            found.append(decoder.decode(raw))
        except MALFORMED as error:
            got.skipped.append(f"{_name(raw)}: {shorten(str(error), SHOWN)}")
    return page, found


def _fits(value: Any) -> bool:
    """Whether all numbers are such as the API's types can hold."""
    if isinstance(value, dict | list):
        return all(
            map(_fits, cast(dict[Any, Any], value).values() if isinstance(value, dict) else cast(list[Any], value))
        )
    return not isinstance(value, int | float) or -_INT64 <= value < _INT64


def _no_list(question: ApiRequest) -> Refused:
    return Refused(
        f"{question.place} did not answer with a list as the Kubernetes API does; check the server's address.",
        query=question.query,
    )


def _name(raw: msgspec.Raw) -> str:
    try:
        meta = msgspec.json.decode(raw, type=_Nameable).metadata
    except MALFORMED:
        return "an object without readable metadata"
    return shorten(f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name, SHOWN)


def _missed(kind: ResourceKind, got: Collected) -> str:
    said = [got.left] if got.left else []
    if got.skipped:
        more = f" and {len(got.skipped) - 1} more" if len(got.skipped) > 1 else ""
        said.append(f"{len(got.skipped)} of the {kind.plural} could not be decoded ({got.skipped[0]}{more})")
    return "; ".join(said)
