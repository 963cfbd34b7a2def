"""Everything a dump says, merged: objects by kind and name, which lists are whole, and what could not be read."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from midwatch.analysis.series import Series
from midwatch.domain.snapshot import Snapshot
from midwatch.integrations.kubernetes.dump import layout, limits
from midwatch.integrations.kubernetes.dump.decode import clean, convert, kind_of, with_time_zones
from midwatch.integrations.kubernetes.dump.formats import FORMATS, PLURAL
from midwatch.integrations.kubernetes.dump.merge import Held, Origin, merge
from midwatch.integrations.kubernetes.dump.secretaddresses import Pair, pairs, secret_addresses
from midwatch.integrations.kubernetes.objects.cluster import Event
from midwatch.integrations.kubernetes.objects.kinds import KINDS, ResourceKind
from midwatch.integrations.kubernetes.objects.meta import Metadata, Object
from midwatch.integrations.kubernetes.objects.network import Service
from midwatch.integrations.kubernetes.objects.pod import Pod
from midwatch.integrations.kubernetes.objects.saved_objects import UnappliedManifest
from midwatch.integrations.kubernetes.objects.storage import PersistentVolumeClaim
from midwatch.integrations.kubernetes.reader import Unreadable

Json = dict[str, Any]
Place = tuple[str, str]  # namespace, name


@dataclass(frozen=True)
class DumpSource:
    """Where an object stands; `naive`: the file writes times without a zone somewhere."""

    file: str
    line: int = 0
    origin: Origin = Origin.SERVED
    naive: bool = False


@dataclass
class List:
    """A list as the API gives it: all of a kind, in the namespaces of its items, or where its neighbours are from."""

    plural: str
    file: str
    namespaces: set[str]
    group: int = 0


@dataclass
class DumpContents:
    """`whole`: plural → namespace ("" for all) → file that lists it completely.

    `missed`: plural ("" for unknown) → what should be held and was not read.
    `snapshot`: when the dump was made, as far as it tells.
    `said`: a text has words of which nothing was made.
    `tables`: (plural, namespace, file) of which every name is known, but not enough of each object to say what none of
    them has.
    `unknown`: file → how many values of it are of no kind that is known.
    """

    held: dict[str, dict[Place, Held]] = field(default_factory=lambda: defaultdict(dict[Place, Held]))
    whole: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict[str, str]))
    lists: list[List] = field(default_factory=list[List])
    tables: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    measured: list[tuple[str, Series]] = field(default_factory=list[tuple[str, Series]])
    unreadable: list[Unreadable] = field(default_factory=list[Unreadable])
    missed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list[str]))
    unknown: Counter[str] = field(default_factory=Counter[str])
    version: str = ""
    snapshot: Snapshot | None = None
    said: bool = False
    _unplaced: list[tuple[ResourceKind, Held]] = field(default_factory=list[tuple[ResourceKind, Held]])
    _addresses: dict[Place, list[Pair]] = field(default_factory=dict[Place, list[Pair]], repr=False)
    _told: dict[tuple[str, ...], Place] = field(default_factory=dict[tuple[str, ...], Place])

    def complain(self, file: str, line: int, reason: str) -> None:
        if len(self.unreadable) < limits.UNREADABLE:
            self.unreadable.append(Unreadable(file, line, reason))

    def miss(self, file: str, line: int, kind: ResourceKind | None, reason: str, count: int = 0) -> None:
        """A file, or the rest of one, that was not read: of this kind more may exist than is held."""
        self.complain(file, line, reason)
        where = f"{file} line {line}" if line else file
        after = f" after {count:,} objects" if count else ""
        self.missed[PLURAL[kind.name] if kind else ""].append(f"{where} is not read{after}: {reason}")

    @property
    def count(self) -> int:
        return sum(map(len, self.held.values()))

    @property
    def size(self) -> tuple[int, ...]:
        """Grows with whatever is taken in."""
        held = self.count + len(self._unplaced)
        return (held, len(self.lists), sum(map(len, self.whole.values())), len(self.measured), len(self.version))

    def pods(self) -> list[Pod]:
        return [h.obj for h in self.held["pods"].values() if isinstance(h.obj, Pod)]

    def pod(self, namespace: str, name: str) -> Pod | None:
        held = self.held["pods"].get((namespace, name))
        return held.obj if held and isinstance(held.obj, Pod) else None

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Of everything that was read, sorted."""
        found = {place[0] for plural, held in self.held.items() if plural != "namespaces" for place in held if place[0]}
        return tuple(sorted(found | {place[1] for place in self.held["namespaces"]}))

    @property
    def saved(self) -> datetime | None:
        """What ages are counted from."""
        return self.snapshot.at if self.snapshot else None

    def add(self, raw: Json, kind: ResourceKind, source: DumpSource) -> str | None:
        """Takes an object in; returns its namespace ("" when it says none), None when it cannot be used."""
        addresses = pairs(raw) if kind.name == "Secret" else []
        raw = clean(with_time_zones(raw) if source.naive else raw, kind)
        metadata = raw.get("metadata")
        meta = cast(Json, metadata) if isinstance(metadata, dict) else {}
        if not meta.get("name"):
            if not meta.get("generateName"):
                self.miss(source.file, source.line, kind, f"a {kind.name} without a name")
            return None
        origin = Origin.WRITTEN if source.origin is Origin.SERVED and not _served(raw, meta) else source.origin
        obj, said = convert(raw, kind.type)
        for reason in said:
            self.complain(source.file, source.line, f"{kind.name} {meta.get('name')}: {reason}")
        if obj is None or not obj.name:
            return None
        if addresses:
            self._addresses[obj.namespace, obj.name] = addresses
        return self.hold(kind, Held(obj, origin, {source.file}, _number(meta.get("resourceVersion"))))

    def hold(self, kind: ResourceKind, held: Held) -> str:
        """Takes an object in that is decoded and clean; returns its namespace ("" when it says none)."""
        obj = held.obj
        if kind.namespaced and not obj.namespace:
            self._unplaced.append((kind, held))
            return ""
        if not kind.namespaced:
            obj.metadata.namespace = ""
        self._put(kind, held)
        return obj.namespace

    def _put(self, kind: ResourceKind, held: Held) -> None:
        plural, place = PLURAL[kind.name], (held.obj.namespace, held.obj.name)
        if isinstance(held.obj, Event):
            place = self._same_event(held.obj, held.origin, place)
        known = self.held[plural].get(place)
        self.held[plural][place] = merge(known, held) if known else held

    def _same_event(self, event: Event, origin: Origin, place: Place) -> Place:
        """Printed events have no name: the same words about the same object are the same event."""
        about = event.involved_object
        words = (about.kind, event.namespace, about.name, event.reason or "", event.message or "")
        if origin < Origin.WRITTEN:
            return self._told.setdefault(words, place)
        before = self._told.get(words)
        printed = self.held["events"].get(before) if before else None
        if before and printed and printed.origin < Origin.WRITTEN and before != place:
            self.held["events"][place] = Held(event, origin, set(printed.files))
            del self.held["events"][before]
        self._told[words] = place
        return place

    def settle(self) -> None:
        """Gives each object without a namespace one, and each list the namespaces it is complete for."""
        known = self.namespaces
        for kind, held in self._unplaced:
            held.obj.metadata.namespace = self._adopted(kind, held, known)
            self._put(kind, held)
        self._unplaced.clear()
        known = self.namespaces
        many = any(len(seen.namespaces) > 1 for seen in self.lists)
        for seen in self.lists:
            scope = self._scope(seen, known, many)
            if scope is not None:
                self.whole[seen.plural].setdefault(scope, seen.file)
        self.lists.clear()
        for plural, namespace, file in self.tables:
            if all(held.origin > Origin.ROW for held in self.all(plural, namespace)):
                self.whole[plural].setdefault(namespace, file)
        self._part_from_unapplied()
        self._compare_addresses()

    def _compare_addresses(self) -> None:
        services = {place: h.obj for place, h in self.held["services"].items() if isinstance(h.obj, Service)}
        for (namespace, name), addresses in self._addresses.items():
            secret = self.held["secrets"].get((namespace, name))
            for found in secret_addresses(namespace, name, addresses, services) if secret else ():
                self._put(
                    FORMATS["secret_addresses"], Held(found, Origin.SERVED, set(secret.files) if secret else set())
                )

    def _part_from_unapplied(self) -> None:
        """A manifest saved beside the cluster's own list is no object: what the list does not have does not
        exist."""
        for plural, whole in list(self.whole.items()):
            held = self.held.get(plural, {})
            for place in [p for p, h in held.items() if h.origin is Origin.WRITTEN and _only_manifests(h)]:
                listing = whole.get(place[0]) or whole.get("")
                if listing and listing not in held[place].files:
                    self._put(
                        FORMATS["unapplied_manifests"], Held(_unapplied(held.pop(place).obj), Origin.SERVED, {listing})
                    )

    def _adopted(self, kind: ResourceKind, held: Held, known: tuple[str, ...]) -> str:
        """The namespace of the same object seen elsewhere, of the folder, the only one there is, or the one kubectl
        assumes."""
        name = held.obj.name
        same = [place[0] for place in self.held[PLURAL[kind.name]] if place[1] == name]
        if len(same) == 1:
            return same[0]
        hint = layout.namespace(next(iter(held.files)), known)
        return hint or (known[0] if len(known) == 1 else "default")

    def _scope(self, seen: List, known: tuple[str, ...], many: bool) -> str | None:
        """None when nothing tells which namespaces an empty list is about: then it proves nothing."""
        if not _namespaced(seen.plural) or len(seen.namespaces) > 1 or layout.command(seen.file).everywhere:
            return ""
        near = (other for other in self.lists if seen.group and other.group == seen.group and other.file == seen.file)
        beside = {ns for other in near for ns in other.namespaces}
        hint = layout.namespace(seen.file, known) or self._listing_folder(seen.file)
        for choice in (seen.namespaces - {""}, beside - {""}, {hint} if hint else set[str]()):
            if len(choice) == 1:
                return next(iter(choice))
        if len(known) <= 1:
            return known[0] if known else ""
        return "" if many else None

    def _listing_folder(self, file: str) -> str:
        """`shop/pods.json` beside `nodes.json`: cluster-info dump's folders are namespaces, also those without any
        object."""
        path = layout.Path.of(file)
        if not path.folders or layout.kind(path.name) is None:
            return ""
        nodes = "/".join((*path.folders[:-1], "nodes"))
        return (
            path.folders[-1]
            if any(f.startswith(nodes + ".") for h in self.held["nodes"].values() for f in h.files)
            else ""
        )

    def scope(self, plural: str, namespace: str) -> set[str]:
        """The files that together list a kind wholly: one list, or, for all namespaces, one for each that the cluster
        has."""
        whole = self.whole.get(plural, {})
        one = whole.get(namespace) or whole.get("")
        if one is not None or namespace:
            return {one} if one else set()
        each = [name for _, name in self.held["namespaces"]]
        return (
            {whole[name] for name in each}
            if each and "" in self.whole["namespaces"] and all(name in whole for name in each)
            else set()
        )

    def all(self, plural: str, namespace: str) -> Iterator[Held]:
        held: Mapping[Place, Held] = self.held.get(plural, {})
        yield from (held[place] for place in sorted(held) if not namespace or place[0] in (namespace, ""))


def _served(raw: Json, meta: Json) -> bool:
    return "status" in raw or any(field in meta for field in ("uid", "resourceVersion", "creationTimestamp"))


def _unapplied(obj: Object) -> UnappliedManifest:
    asked = (obj.spec.resources.requests or {}).get("storage", "") if isinstance(obj, PersistentVolumeClaim) else ""
    meta = Metadata(name=f"{obj.kind}/{obj.name}", namespace=obj.namespace)
    return UnappliedManifest(metadata=meta, object_kind=obj.kind, object_name=obj.name, storage=str(asked))


def _only_manifests(held: Held) -> bool:
    return all(layout.Path.of(file).of_objects for file in held.files)


def _number(version: object) -> int:
    return (
        int(version)
        if isinstance(version, str) and version.isascii() and version.isdigit() and len(version) < 20
        else 0
    )


def _namespaced(plural: str) -> bool:
    return plural not in KINDS or KINDS[plural].namespaced


def listed_by(raw: Json, file: str) -> tuple[bool, ResourceKind | None]:
    """Whether a value is a list, and of which kind, as far as the list itself or its file's name says so."""
    kind = raw.get("kind")
    if isinstance(kind, str) and not kind.endswith("List"):
        return False, None
    # Go writes an empty list as null: then the kind has to tell that it is one.
    empty = isinstance(kind, str) and "items" in raw and raw["items"] is None
    if not empty and not isinstance(raw.get("items"), list):
        return False, None
    api = raw.get("apiVersion")
    named = kind.removesuffix("List") if isinstance(kind, str) else ""
    found = kind_of({"kind": named, "apiVersion": api if isinstance(api, str) else ""}) if named else None
    return True, found or (layout.kind(file) if not named else None)
