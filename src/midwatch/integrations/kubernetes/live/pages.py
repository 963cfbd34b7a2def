"""Reads a whole list, page by page, and decodes only what Midwatch reads of it."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from midwatch.integrations.kubernetes.kinds import Kind
from midwatch.integrations.kubernetes.live.errors import Question, refuse_answer
from midwatch.integrations.kubernetes.live.sender import Sender
from midwatch.integrations.kubernetes.objects.meta import Metadata, Object
from midwatch.integrations.kubernetes.reader import Listing, ListRequest, Refused

PAGE = 500  # kubectl's own --chunk-size
# 500 objects of the largest kind seen (pods of 12 kB) are 6 MB; a page beyond this is no list of ours.
PAGE_BYTES = 128 * 1024 * 1024
MOST = 200_000  # objects; more is not one question any more
MOST_BYTES = 512 * 1024 * 1024  # of all pages as they came; a dump has the same limit
MOST_PAGES = 2 * MOST // PAGE  # a server may send smaller pages than were asked for, but not empty ones for ever
# May repeat, in clear text, a Secret's or a ConfigMap's contents; nobody reads it here.
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_JSON = "application/json"
_NAMES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

T = TypeVar("T")


class _PageInfo(msgspec.Struct, rename="camel", gc=False):
    continue_: str | None = msgspec.field(name="continue", default=None)
    remaining_item_count: int | None = None


class _Page(msgspec.Struct, Generic[T]):
    items: list[T] | None
    metadata: _PageInfo = msgspec.field(default_factory=_PageInfo)


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
    bytes: int = 0
    skipped: list[str] = field(default_factory=list[str])
    left: str = ""


async def read_list(sender: Sender, kind: Kind, request: ListRequest, question: Question) -> Listing:
    """Raises Refused. A list that changes too much while it is read (410) is begun anew, once."""
    got = await _collect(sender, kind, request, question) or await _collect(sender, kind, request, question)
    if got is None:
        raise Refused(
            f"{question.place} dropped the list of {kind.plural} while it was read, twice; ask for one namespace.", query=question.query
        )
    pages = f" ({got.pages} pages)" if got.pages > 1 else ""
    return Listing(got.items, question.query + pages, _partial(kind, got))


def list_url(kind: Kind, request: ListRequest) -> str:
    wanted = {"limit": str(PAGE), "labelSelector": request.labels, "fieldSelector": request.fields}
    return f"{kind.path(request.namespace)}?{urlencode({k: v for k, v in wanted.items() if v}, safe='=,!()/', quote_via=quote)}"


async def _collect(sender: Sender, kind: Kind, request: ListRequest, question: Question) -> Collected | None:
    """None when the server no longer knows where the list was (410)."""
    got, token = Collected(), ""
    headers = {"Accept": _NAMES if request.names_only else _JSON, "Accept-Encoding": "gzip"}
    while True:
        body = _Body()
        url = f"{question.url}&continue={quote(token, safe='')}" if token else question.url
        answer = await sender.get(Question(url, question.permission, question.missing, question.place), body, headers)
        if answer.status == 410 and token:
            return None
        if answer.status != 200:
            raise refuse_answer(answer, question)
        info = decode_page(body.data, kind, request, question, got)
        got.pages += 1
        got.bytes += len(body.data)
        token = info.continue_ or ""
        if not token:
            return got
        if len(got.items) >= MOST or got.bytes >= MOST_BYTES or got.pages >= MOST_PAGES:
            got.left = f"stopped after {len(got.items)} {kind.plural}" + (f", {n} more exist" if (n := info.remaining_item_count) else "")
            return got


def decode_page(body: bytearray, kind: Kind, request: ListRequest, question: Question, got: Collected) -> _PageInfo:
    """Adds the page's objects; one that cannot be decoded costs only itself."""
    if len(body) > PAGE_BYTES:
        raise Refused(f"A page of {kind.plural} is larger than {PAGE_BYTES >> 20} MiB; ask with a selector.", query=question.query)
    type_ = _Named if request.names_only else kind.type
    try:
        page = _decoder(type_).decode(body)
        found = page.items or []
    except ValueError:
        page, found = _decode_each(body, type_, question, got)
    if request.names_only:  # whatever the server sent along, contents are not kept
        found = [kind.type(metadata=item.metadata) for item in found]
    for obj in found:
        if obj.metadata.annotations:
            obj.metadata.annotations.pop(_LAST_APPLIED, None)
    got.items += found
    return page.metadata


def _decode_each(body: bytearray, type_: type[Any], question: Question, got: Collected) -> tuple[_Page[Any], list[Any]]:
    try:
        page = _decoder(msgspec.Raw).decode(body)
    except ValueError:
        raise Refused(
            f"{question.place} did not answer with a list as the Kubernetes API does; check the server's address.", query=question.query
        ) from None
    decoder, found = msgspec.json.Decoder(type_), list[Any]()
    for raw in page.items or ():
        try:
            found.append(decoder.decode(raw))
        except ValueError as error:
            got.skipped.append(f"{_name(raw)}: {error}")
    return page, found


def _name(raw: msgspec.Raw) -> str:
    try:
        meta = msgspec.json.decode(raw, type=_Nameable).metadata
    except ValueError:
        return "an object without readable metadata"
    return f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name


def _partial(kind: Kind, got: Collected) -> str:
    said = [got.left] if got.left else []
    if got.skipped:
        more = f" and {len(got.skipped) - 1} more" if len(got.skipped) > 1 else ""
        said.append(f"{len(got.skipped)} of the {kind.plural} could not be decoded ({got.skipped[0]}{more})")
    return "; ".join(said)
