"""How the server writes things into the cells of a table: ages, lists, and what is not there."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

NONE, UNKNOWN, UNSET = "<none>", "<unknown>", "<unset>"
Cells = Callable[[dict[str, Any], datetime], list[Any]]
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Sheet:
    """Names separated by commas; `wide` ones, and those with a + before them, show with -o wide only. `cells` are in
    the same order."""

    def __init__(self, columns: str, wide: str, cells: Cells) -> None:
        shown = [*columns.split(", "), *(f"+{name}" for name in wide.split(", ") if name)]
        self.columns = [(name.removeprefix("+"), int(name.startswith("+"))) for name in shown]
        self.cells = cells


def get_path(obj: Mapping[str, Any], path: str, default: Any = None) -> Any:
    """The value at a dotted path; the default where a step is missing or null."""
    value: Any = obj
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return default if value is None else value  # pyright: ignore[reportUnknownVariableType]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def age(obj: Mapping[str, Any], now: datetime, path: str = "metadata.creationTimestamp") -> str:
    return since(get_path(obj, path), now)


def since(text: str | None, now: datetime) -> str:
    return duration((now - moment(text)).total_seconds()) if text else UNKNOWN


def duration(seconds: float) -> str:
    """Coarser the longer it is, as kubectl's AGE column: 95s, 4m10s, 25m, 7h5m, 30h, 3d4h, 20d, 2y3d."""
    total = int(seconds)
    if total < 0:
        return "<invalid>" if total < -1 else "0s"
    if total < 2 * _MINUTE:
        return f"{total}s"
    if total < 3 * _HOUR:
        return _two(total, _MINUTE, "m", 1, "s", 10)
    if total < 48 * _HOUR:
        return _two(total, _HOUR, "h", _MINUTE, "m", 8)
    if total < 730 * _DAY:
        return _two(total, _DAY, "d", _HOUR, "h", 8)
    return _two(total, 365 * _DAY, "y", _DAY, "d", 8)


def _two(total: int, big: int, big_sign: str, small: int, small_sign: str, exact_below: int) -> str:
    whole, rest = total // big, total % big // small
    return f"{whole}{big_sign}" + (f"{rest}{small_sign}" if rest and whole < exact_below else "")


def pairs(labels: Mapping[str, str] | None) -> str:
    return ",".join(f"{k}={v}" for k, v in sorted((labels or {}).items())) or NONE


def join_values(values: Iterable[Any]) -> str:
    return ",".join(str(v) for v in values) or NONE


def containers(template: Mapping[str, Any]) -> list[str]:
    """Names and images of a pod template, the two columns that every workload has."""
    found = get_path(template, "spec.containers", [])
    return [",".join(c["name"] for c in found), ",".join(c.get("image", "") for c in found)]


def selector(value: Mapping[str, Any] | None) -> str:
    """A label selector in one line; expressions come after the plain pairs."""
    if not value:
        return NONE
    plain: dict[str, str] = value.get("matchLabels") or {}
    parts = [f"{k}={v}" for k, v in sorted(plain.items())]
    for e in value.get("matchExpressions") or ():
        listed = f"{e['key']} {e['operator'].lower()} ({','.join(e.get('values') or ())})"
        parts.append({"Exists": e["key"], "DoesNotExist": f"!{e['key']}"}.get(e["operator"], listed))
    return ",".join(parts) or NONE
