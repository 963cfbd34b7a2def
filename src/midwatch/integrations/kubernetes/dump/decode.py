"""One raw object to the typed one: secrets out first, and one bad field never loses the rest."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec

from midwatch.integrations.kubernetes.objects.kinds import BY_NAME, ResourceKind
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.objects.versions import removed_version

O = TypeVar("O", bound=Object)  # noqa: E741  the one Object a function gives back
Json = dict[str, Any]

# Groups under which the same objects were served before, or are served as well.
_ALSO = {
    "Event": ("events.k8s.io",),
    "Deployment": ("extensions",),
    "ReplicaSet": ("extensions",),
    "DaemonSet": ("extensions",),
    "NetworkPolicy": ("extensions",),
    "Ingress": ("extensions",),
}
_COPY = "kubectl.kubernetes.io/last-applied-configuration"
# The newer event API tells the same in other words.
_NEW_EVENT = {
    "regarding": "involvedObject",
    "note": "message",
    "deprecatedCount": "count",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedSource": "source",
    "reportingController": "reportingComponent",
}
_NAIVE_TIME = re.compile(r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?$")
_WHERE = re.compile(r"^(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>[^`]*+)`)?$", re.S)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|(\[\.\.\.\])")
_REPAIRS = 50


def kind_of(raw: Json, listed: str = "", api: str = "") -> ResourceKind | None:
    """The kind, if it is one Midwatch reads; another group's kind of the same name is another kind."""
    name, version = raw.get("kind") or listed, raw.get("apiVersion") or api
    kind = BY_NAME.get(name) if isinstance(name, str) else None
    if kind is None or not isinstance(version, str) or not version:
        return kind
    group = version.rpartition("/")[0]
    return kind if group == kind.group or group in _ALSO.get(kind.name, ()) else None


def clean(raw: Json, kind: ResourceKind) -> Json:
    """Without values of secrets and without copies of the object in itself."""
    metadata = raw.get("metadata")
    if isinstance(metadata, dict):
        metadata = cast(Json, metadata)
        metadata.pop("managedFields", None)
        if isinstance(notes := metadata.get("annotations"), dict):
            cast(Json, notes).pop(_COPY, None)
    version = raw.get("apiVersion")
    if not isinstance(version, str) or removed_version(kind.name, version) is None:
        raw.pop("apiVersion", None)
    if kind.name == "Secret":
        keys = [
            key for part in ("data", "stringData") if isinstance(raw.get(part), dict) for key in cast(Json, raw[part])
        ]
        raw.pop("stringData", None)
        raw["data"] = {str(key): "" for key in keys}
    elif kind.name == "Event" and "regarding" in raw:
        raw = {_NEW_EVENT.get(key, key): value for key, value in raw.items()}
    return raw


def clean_object(obj: Object, kind: ResourceKind, version: str) -> None:
    """What `clean` takes out, of an object that is decoded already; a Secret never is."""
    if obj.metadata.annotations:
        obj.metadata.annotations.pop(_COPY, None)
    if removed_version(kind.name, version) is None:
        obj.api_version = ""


def convert(raw: Json, type_: type[O]) -> tuple[O | None, list[str]]:
    """The object and what had to be left out of it; None when nothing is left."""
    said: list[str] = []
    for _ in range(_REPAIRS):
        try:
            return _converted(raw, type_), said
        except msgspec.ValidationError as error:
            where = cast("re.Match[str]", _WHERE.match(str(error)))
            if not where["path"] and not where["key"]:
                return None, [*said, _plain(where["what"])]
            _repair(raw, where, said)
        except RecursionError:
            return None, [*said, "nested deeper than any object"]
    return None, [*said, "too many fields have values of the wrong type"]


def _converted(raw: Json, type_: type[O]) -> O:
    try:
        return msgspec.convert(raw, type_)
    except msgspec.ValidationError:
        return msgspec.convert(raw, type_, strict=False)


def _repair(raw: Json, where: re.Match[str], said: list[str]) -> None:
    """Takes the value the error names out of the tree, or writes it as text where text is wanted; a null needs no
    mention."""
    what, path = where["what"], where["path"] or ""
    if where["key"]:
        return _text_keys(_reach(raw, path))
    steps = [m.group(0) for m in _STEP.finditer(path)]
    holder, last = _reach(raw, "".join(steps[:-1])), steps[-1] if steps else ""
    wants_text = "`str" in what.partition(", got")[0] or "| str" in what
    for key in list(_keys(holder, last)):
        value = holder[key]
        if wants_text and isinstance(value, (int, float)):
            holder[key] = str(value).lower() if isinstance(value, bool) else str(value)
        elif not last.startswith("[...") or not isinstance(value, (str, int, float)):
            if value is not None:
                said.append(f"{path.lstrip('.')}: {_plain(what)}, left out")
            del holder[key]
    return None


def _plain(what: str) -> str:
    return what[:1].lower() + what[1:].replace("`", "")


def _keys(holder: Any, step: str) -> Iterable[Any]:
    if isinstance(holder, dict):
        held = cast("dict[Any, Any]", holder)
        return tuple(held) if step.startswith("[") else tuple(k for k in held if k == step[1:])
    if isinstance(holder, list):
        held_items = cast("list[Any]", holder)
        return reversed(range(len(held_items))) if step == "[...]" else (int(step[1:-1]),)
    return ()


def _reach(raw: Any, path: str) -> Any:
    here = raw
    for step in _STEP.finditer(path):
        here = here[step[1] if step[1] is not None else int(step[2])]
    return here


def _text_keys(holder: Any) -> None:
    """YAML reads a key such as `8080` or `on` as a number or a truth value."""
    if isinstance(holder, dict):
        held = cast("dict[Any, Any]", holder)
        for key in [k for k in held if not isinstance(k, str)]:
            held[str(key).lower() if isinstance(key, bool) else str(key)] = held.pop(key)


def with_time_zones(value: Any) -> Any:
    """The same tree with every time aware: one without a zone is UTC, as the API server writes."""
    if isinstance(value, str):
        return value.replace(" ", "T") + "Z" if value[4:5] == "-" and _NAIVE_TIME.match(value) else value
    if isinstance(value, dict):
        items = cast(Json, value).items()
        return {key: item if type(item) is str and item[4:5] != "-" else with_time_zones(item) for key, item in items}
    if isinstance(value, list):
        return [with_time_zones(item) for item in cast("list[Any]", value)]
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return value
