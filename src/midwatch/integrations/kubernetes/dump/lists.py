"""Lists of a dump broken up into their objects; one is the whole of a kind when the API server made it and nothing is
missing from it."""

import re
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

import msgspec

from midwatch.integrations.kubernetes.dump import layout, limits
from midwatch.integrations.kubernetes.dump.clock import DumpClock
from midwatch.integrations.kubernetes.dump.contents import DumpContents, DumpSource, List, listed_by
from midwatch.integrations.kubernetes.dump.decode import clean_object, kind_of
from midwatch.integrations.kubernetes.dump.files import READ_ERRORS, reason_of
from midwatch.integrations.kubernetes.dump.formats import BY_NAME, CLUSTER_WIDE, PLURAL
from midwatch.integrations.kubernetes.dump.jsonlists import BrokenList, Head, Item, ListItems
from midwatch.integrations.kubernetes.dump.merge import Held, Origin
from midwatch.integrations.kubernetes.objects.custom import custom_resource
from midwatch.integrations.kubernetes.objects.kinds import ALL, ResourceKind
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.kit.json_errors import MALFORMED

Json = dict[str, Any]

# From the first dash on: a sign is found sooner than a digit.
NAIVE_TIMES = re.compile(r"-(?<=\d{4}-)\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?![\dZz.+-])")


@dataclass
class _Listing:
    """What is known of one list so far; `served`: the API server wrote it, and not a person; `own` is the kind of its
    items where it is none that is read in full."""

    source: DumpSource
    listed: ResourceKind | None
    api: str
    whole: bool
    served: bool
    own: str = ""
    seen: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def kind(self, item: Json) -> ResourceKind | None:
        name = self.listed.name if self.listed else ""
        return kind_of(item, name, self.api if name and not item.get("kind") else "")

    def add(self, kind: ResourceKind, namespace: str | None) -> None:
        self.whole = self.whole and namespace is not None
        self.seen.setdefault(PLURAL[kind.name], set()).update({namespace} if namespace else ())


@dataclass
class Lists:
    """`group` counts the lists of one output. `objects` and `room` (bytes of their JSON) are left for streamed lists,
    `dated` the bytes of them that times are looked for in."""

    contents: DumpContents
    clock: DumpClock
    group: int = 0
    objects: int = field(default_factory=lambda: limits.OBJECTS)
    room: int = field(default_factory=lambda: limits.OBJECT_BYTES)
    dated: int = field(default_factory=lambda: limits.CLOCK_LIST_BYTES)

    def take(self, raw: Json, source: DumpSource, *, whole: bool = True) -> None:
        """A list that is here as a tree."""
        _, listed = listed_by(raw, source.file)
        items = cast("list[Any]", raw["items"] or [])
        found = _listing(raw, listed, source, whole=whole, empty=not items)
        for item in items:
            if isinstance(item, dict):
                self._item(found, cast(Json, item))
            else:
                found.whole = False
        self._settle(found, raw)

    def stream(self, stream: BinaryIO, raw: Json, file: str) -> None:
        """A list that is read item by item; `raw` is what stands around the items."""
        _, listed = listed_by({**raw, "items": []}, file)
        found = _listing(raw, listed, DumpSource(file, 1), whole=True, empty=False)
        items, count = ListItems(stream), 0
        try:
            for item in items:
                count += 1
                if self.objects <= 0 or self.room <= 0:
                    count -= 1
                    raise BrokenList("more objects than are kept of a dump; split it, or save one namespace")
                if self.dated > 0:
                    self.dated -= len(item.text)
                    self.clock.observe_text(item.text.decode("utf-8", "replace"))
                if not self._typed(found, item) and not self._typed(found, item := items.parsed_item()):
                    self._untyped(found, item)
        except READ_ERRORS as error:
            self.contents.miss(file, 0, listed or _only(found), reason_of(error), count)
            found.whole = False
        found.served = found.served or not count
        self._settle(found, raw)

    def _typed(self, found: _Listing, item: Item) -> bool:
        """Straight to the fields that are read; False for what needs a closer look."""
        head = item.head
        kind = found.kind({"kind": head.kind, "apiVersion": head.api_version}) if head else None
        if head is None or kind is None or not head.metadata.name or kind.name == "Secret":
            return False
        if kind.name == "Event" and b'"regarding"' in item.text:
            return False
        try:
            obj: Object = msgspec.json.decode(item.text, type=kind.type)
        except MALFORMED:
            return False
        if not obj.name:
            return False
        clean_object(obj, kind, head.api_version or "")
        self.objects -= 1
        self.room -= len(msgspec.json.encode(obj))
        found.served = found.served or head.served
        found.add(kind, self.contents.hold(kind, _held(obj, head, found.source)))
        return True

    def _untyped(self, found: _Listing, item: Item) -> None:
        try:
            raw = msgspec.json.decode(item.text)
        except MALFORMED as error:
            raise BrokenList(f"broken JSON: {type(error).__name__}") from error
        self.objects -= 1
        self.room -= len(item.text)
        naive = NAIVE_TIMES.search(item.text.decode("utf-8", "replace")) is not None
        found.source = DumpSource(found.source.file, found.source.line, naive=naive)
        self._item(found, raw)

    def _item(self, found: _Listing, item: Json) -> None:
        if listed_by(item, found.source.file)[0]:
            # `kubectl get -o yaml` of several kinds may hold lists in a list
            return self.take(item, found.source, whole=found.whole)
        kind = found.kind(item)
        if kind is None:
            taken = self.custom(item, found.source, found.own, found.api)
            if not (taken or item.get("kind") or found.own):
                self.contents.unknown[found.source.file] += 1
            return None
        found.served = found.served or bool({"status", "metadata"} & item.keys() and _from_server(item))
        return found.add(kind, self.contents.add(item, kind, found.source))

    def custom(self, raw: Json, source: DumpSource, kind: str = "", api: str = "") -> bool:
        """Whether the object, of a kind that nobody reads in full, has a status; then that is taken in."""
        read = custom_resource(raw, kind, api)
        if read is None:
            return False
        placed = bool(read["metadata"].get("namespace"))
        self.contents.add(read, BY_NAME["CustomResource"] if placed else CLUSTER_WIDE, source)
        return True

    def _settle(self, found: _Listing, raw: Json) -> None:
        file = found.source.file
        if (
            not (found.whole and (found.served or "metadata" in raw))
            or _part_of_all(raw, file)
            or ("kind" not in raw and not found.listed)
        ):
            return
        if "events" in found.seen or not self.group:
            self.group += 1
        self.contents.lists += [List(plural, file, places, self.group) for plural, places in found.seen.items()]


def _listing(raw: Json, listed: ResourceKind | None, source: DumpSource, *, whole: bool, empty: bool) -> _Listing:
    api = raw.get("apiVersion")
    found = _Listing(source, listed, api if isinstance(api, str) else "", whole, empty or raw.get("kind") != "List")
    found.own = "" if listed else str(raw.get("kind") or "").removesuffix("List")
    if listed:
        found.seen[PLURAL[listed.name]] = set()
    return found


def _only(found: _Listing) -> ResourceKind | None:
    """The kind of a list that does not say it: that of all its items so far."""
    return ALL.get(next(iter(found.seen))) if len(found.seen) == 1 else layout.kind(found.source.file)


def _held(obj: Object, head: Head, source: DumpSource) -> Held:
    version = head.metadata.resource_version
    number = int(version) if isinstance(version, str) and re.fullmatch(r"[0-9]{1,19}", version) else 0
    return Held(obj, Origin.SERVED if head.served else Origin.WRITTEN, {source.file}, number)


def _from_server(item: Json) -> bool:
    meta = item.get("metadata")
    return "status" in item or (isinstance(meta, dict) and ("uid" in meta or "creationTimestamp" in meta))


def _part_of_all(raw: Json, file: str) -> bool:
    """A page of a list, or, as the file's name has it, what a selector left of it."""
    if layout.command(file).narrowed:
        return True
    meta = raw.get("metadata")
    return isinstance(meta, dict) and bool(
        cast(Json, meta).get("continue") or cast(Json, meta).get("remainingItemCount")
    )
