"""A JSON list of objects, one item after another: as kubectl prints it of 20,000 pods, it is larger than what may be
held at once."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import msgspec

from midwatch.integrations.kubernetes.dump import limits

Json = dict[str, Any]
_OPENING = re.compile(
    rb'\s*+(?P<head>\{[^{}\[\]]{0,2000}(?:\{[^{}\[\]]{0,2000}\}[^{}\[\]]{0,2000})?)"items"\s*+:\s*+\['
)
_BETWEEN = re.compile(rb"[\s,]*+")
_INDENT = re.compile(rb"\n[ \t]*+$")
# In a line without breaks, where the next item begins; what only looks like it does not parse.
_NEXT = re.compile(rb'\}(?=\s*+,\s*+\{\s*+"(?:metadata|apiVersion|kind)")')
# An item as kubectl and the API server write it: what is wanted of it stands at its beginning.
_QUICK = re.compile(
    rb'\{\s*+(?:"apiVersion":\s*+"(?P<api>[^"\\]*+)",\s*+)?(?:"kind":\s*+"(?P<kind>\w++)",\s*+)?"metadata":\s*+\{'
)
_VERSION = re.compile(rb'"resourceVersion":\s*+"([0-9]++)"')
_TAIL_BYTES = 64 * limits.KIB  # of what follows the items: a kind and a few words of metadata
_DECODER = json.JSONDecoder()


class _Metadata(msgspec.Struct, rename="camel", gc=False):
    name: str | None = ""
    resource_version: str | msgspec.UnsetType | None = msgspec.UNSET
    uid: str | msgspec.UnsetType | None = msgspec.UNSET
    creation_timestamp: str | msgspec.UnsetType | None = msgspec.UNSET


class Head(msgspec.Struct, rename="camel", gc=False):
    """What tells an item's kind and origin; the rest of it is only checked to be JSON."""

    api_version: str | None = ""
    kind: str | None = ""
    status: msgspec.Raw = msgspec.Raw()
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)

    @property
    def served(self) -> bool:
        """Whether the API server wrote it, and not a person."""
        meta = self.metadata
        told = (meta.uid, meta.resource_version, meta.creation_timestamp)
        return bool(bytes(self.status)) or any(field is not msgspec.UNSET for field in told)


@dataclass(frozen=True)
class Item:
    """`head` None: nothing certain can be said of it without decoding it all."""

    text: bytes
    head: Head | None


class BrokenList(ValueError):
    """The list breaks off or is no JSON from here on."""


_HEADS = msgspec.json.Decoder(Head)
_ANY = msgspec.json.Decoder(msgspec.Raw)


def envelope(opening: bytes, ending: bytes) -> Json | None:
    """What stands around the items of a list, by the first and the last bytes of its file; None when it is no list."""
    found = _OPENING.match(opening)
    first = _decoded(found["head"].rstrip().rstrip(b",") + b"}") if found else None
    if first is None:
        return None
    _, closed, rest = ending.rpartition(b"]")
    last = _decoded(b'{"items":[]' + rest) if closed else None
    return first | (last or {})


def _decoded(text: bytes) -> Json | None:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return cast(Json, value) if isinstance(value, dict) else None


class ListItems:
    """The items of one list, read from a stream that is at the beginning of its document."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._data, self._at, self._ended = b"", 0, False
        self._close: re.Pattern[bytes] | None = None  # how every item ends, where items have lines of their own
        self._end = 0

    def __iter__(self) -> Iterator[Item]:
        """Raises BrokenList after the last whole item, and what reading raises."""
        while len(self._data) < limits.HEAD_BYTES and self._more():
            pass
        opening = _OPENING.match(self._data)
        if opening is None:
            raise BrokenList("no list")
        self._at = opening.end()
        while self._to_item():
            yield self._quick() or self.parsed_item()
            self._at = self._end
        self._rest()

    def _quick(self) -> Item | None:
        """The item as kubectl writes it, where its end is certain as long as it can be decoded."""
        self._end = self._guessed() if self._close else 0
        found = _QUICK.match(self._data, self._at, self._end) if self._end else None
        version = _VERSION.search(self._data, found.end(), self._end) if found else None
        if found is None or version is None:
            return None
        api, kind = (found["api"] or b"").decode(), (found["kind"] or b"").decode()
        return Item(
            self._data[self._at : self._end], Head(api, kind, metadata=_Metadata("?", version[1].decode("ascii")))
        )

    def parsed_item(self) -> Item:
        """The item that was given last, once more, now with its end and head parsed."""
        self._end, head = self._ending()
        return Item(self._data[self._at : self._end], head)

    def _more(self) -> bool:
        chunk = b"" if self._ended else self._stream.read(limits.LIST_CHUNK_BYTES)
        self._ended = not chunk
        self._data, self._at = self._data[self._at :] + chunk, 0
        return bool(chunk)

    def _to_item(self) -> bool:
        """Moves to the next item; False at the end of the list."""
        while True:
            start = cast("re.Match[bytes]", _BETWEEN.match(self._data, self._at)).end()
            if start < len(self._data):
                break
            if not self._more():
                raise BrokenList("broken JSON: it breaks off")
        indent = _INDENT.search(self._data, self._at, start)
        if indent is None:
            self._close = None
        elif self._close is None:
            # From the bracket on: looked for from the line's beginning, each line of the item would be a candidate.
            self._close = re.compile(rb"\}(?<=" + indent[0] + rb"\})")
        self._at = start
        if self._data[start : start + 1] not in (b"{", b"]"):
            raise BrokenList("it holds something else than objects")
        return self._data[start : start + 1] == b"{"

    def _ending(self) -> tuple[int, Head | None]:
        """Where the item ends, and its head. Guessed from how kubectl writes: only what does not fit is parsed."""
        end = self._guessed()
        if end:
            text = self._data[self._at : end]
            try:
                return end, _HEADS.decode(text)
            except msgspec.ValidationError:
                if _is_json(text):
                    return end, None
            except (msgspec.DecodeError, RecursionError):
                pass
        return self._parsed(), None

    def _guessed(self) -> int:
        searched = 0
        while True:
            if found := (self._close or _NEXT).search(self._data, self._at + searched):
                return found.end()
            searched = max(0, len(self._data) - self._at - limits.KIB)
            if searched > limits.LIST_ITEM_BYTES or not self._more():
                return 0

    def _parsed(self) -> int:
        size = limits.LIST_CHUNK_BYTES
        while True:
            text = self._data[self._at : self._at + size].decode("utf-8", "ignore")
            try:
                _, after = _DECODER.raw_decode(text)
                return self._at + len(text[:after].encode())
            except RecursionError as error:
                raise BrokenList("nested deeper than any object") from error
            except json.JSONDecodeError as error:
                whole = self._ended and self._at + size >= len(self._data)
                if whole or size > limits.LIST_ITEM_BYTES:
                    raise BrokenList(
                        "broken JSON: it breaks off" if whole else "an object is larger than any"
                    ) from error
            size *= 2
            while not self._ended and len(self._data) - self._at < size:
                self._more()

    def _rest(self) -> None:
        """The end of the document; what may follow it is no part of the list."""
        while len(self._data) - self._at < _TAIL_BYTES and self._more():
            pass
        text = '{"items":[' + self._data[self._at : self._at + _TAIL_BYTES].decode("utf-8", "ignore")
        try:
            _, after = _DECODER.raw_decode(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise BrokenList("broken JSON: it breaks off") from error
        if text[after:].strip():
            raise BrokenList("something else follows the list")


def _is_json(text: bytes) -> bool:
    try:
        _ANY.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def is_one_value(data: bytes) -> bool:
    """Whether this is one JSON value and nothing else."""
    return _is_json(data)
