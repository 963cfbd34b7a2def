"""Several sources of one object made one: the fuller one wins, field by field, and the others fill what it does not
say."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, cast

import msgspec

from midwatch.integrations.kubernetes.dump.decode import convert
from midwatch.integrations.kubernetes.objects.meta import Object
from midwatch.integrations.kubernetes.text.parse_result import OF_ONE_MOMENT

Json = dict[str, Any]

# Each of these is one statement of one moment: keys of another source would make a third thing that never was.
_WHOLE = frozenset(
    {
        "data",
        "binaryData",
        "labels",
        "annotations",
        "matchLabels",
        "selector",
        "nodeSelector",
        "limits",
        "requests",
        "hard",
        "used",
    }
    | {"state", "lastState", "capacity", "allocatable", "ownerReferences"}
)
_EMPTY: tuple[Any, ...] = (None, "", [], {})


class Origin(IntEnum):
    """How much a source of its kind tells, in that order."""

    ROW = 0
    DESCRIBED = 1
    WRITTEN = 2  # YAML or JSON as somebody wants it: no state
    SERVED = 3  # YAML or JSON from the API server


# Whom to believe where two differ: what kubectl printed is the cluster's state, a manifest only what somebody wanted.
_BELIEVED = {Origin.WRITTEN: 0, Origin.ROW: 1, Origin.DESCRIBED: 2, Origin.SERVED: 3}


_PRINTED = (Origin.ROW, Origin.DESCRIBED)


@dataclass
class Held:
    """An object with where it comes from; `version` is the server's resourceVersion, which grows with time."""

    obj: Object
    origin: Origin
    files: set[str]
    version: int = 0

    def outranks(self, other: "Held") -> bool:
        """Also when nothing tells the two apart."""
        one, two = (_BELIEVED[self.origin], self.version), (_BELIEVED[other.origin], other.version)
        return one > two or (one == two and len(msgspec.json.encode(self.obj)) >= len(msgspec.json.encode(other.obj)))


def merge(one: Held, other: Held) -> Held:
    """`other` was read after `one`: of two outputs of kubectl about the same object the later counts."""
    files = one.files | other.files
    if one.obj == other.obj:
        return Held(one.obj, max(one.origin, other.origin), files, max(one.version, other.version))
    repeated = one.origin == other.origin and one.origin in _PRINTED
    fuller, lesser = (one, other) if not repeated and one.outranks(other) else (other, one)
    base, rest = _plain(fuller.obj), _plain(lesser.obj)
    if fuller.origin == lesser.origin == Origin.SERVED:
        rest.pop("status", None)  # two moments: the later one counts
    elif repeated and isinstance(status := rest.get("status"), dict):
        rest["status"] = {k: v for k, v in cast(Json, status).items() if k not in OF_ONE_MOMENT}
    obj, _ = convert(cast(Json, _filled(base, rest)), type(fuller.obj))
    return Held(obj or fuller.obj, _origin(fuller.origin, lesser.origin), files, fuller.version)


def _origin(fuller: Origin, lesser: Origin) -> Origin:
    """A row and a manifest together say what a description does."""
    return Origin.DESCRIBED if fuller is Origin.ROW and lesser is Origin.WRITTEN else fuller


def _plain(obj: Object) -> Json:
    return cast(Json, msgspec.to_builtins(obj))


def _filled(base: Any, rest: Any, name: str = "") -> Any:
    if isinstance(base, dict) and isinstance(rest, dict):
        held = cast(Json, base)
        return held if held and name in _WHOLE else _filled_map(held, cast(Json, rest))
    if isinstance(base, list) and isinstance(rest, list) and base and name not in _WHOLE:
        return _filled_list(cast("list[Any]", base), cast("list[Any]", rest))
    return cast(Any, rest if base in _EMPTY else base)


def _filled_map(base: Json, rest: Json) -> Json:
    return rest | {key: _filled(value, rest.get(key), key) for key, value in base.items()}


def _filled_list(base: list[Any], rest: list[Any]) -> list[Any]:
    """Elements of the same name belong together (containers, volumes), or of the same type (conditions)."""
    for label in ("name", "type"):
        if all(isinstance(e, dict) and cast(Json, e).get(label) for e in (*base, *rest)):
            known = {e[label]: e for e in rest}
            return [_filled(e, known[e[label]]) if e[label] in known else e for e in base]
    return base
