"""Further facts of an alert of unknown shape: every field without a place of its own, nested ones by dotted names."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from midwatch.integrations.alert_sources.normalize import DETAILS, decode, get_path, record
from midwatch.integrations.generic.fields import usual
from midwatch.kit.redaction import redact_text

_DEEPEST = 6  # levels of nesting that are read
_DETAILS = ("details", "custom_details", "annotations", "values", "extra")


def facts_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Details by their own names, other fields by theirs (`check.grade`). Anything nested deeper than six levels is
    left out."""
    own = {path.partition(".")[0] for paths in usual().values() for path in paths} | {"alert_source", "source"}
    rest = {name: value for name, value in document.items() if name not in own}
    found = dict(_flat(_without_secrets(rest), ""))
    for name in _DETAILS:
        value = _without_secrets(document.get(name))
        found |= dict(_flat(value, "")) if record(value) else {name: value}
    kept = dict(list(found.items())[: DETAILS - 1])
    return kept | {"sent by": get_path(document, "alert_source") or get_path(document, "source")}


def _without_secrets(value: Any) -> Any:
    """The value, redacted while names and values still stand beside each other: `{"name": "DB_PASSWORD", "value": …}`
    is a secret only together."""
    if not isinstance(value, dict | list):
        return value
    try:
        words = redact_text(json.dumps(value, ensure_ascii=False))
    except RecursionError:
        return "(nested too deep)"
    return decode(words.encode(errors="replace")) or words


def _flat(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in cast("dict[str, Any]", value).items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        parts = [str(part) for part in cast("list[Any]", value) if isinstance(part, str | int | float)]
        yield from ((path, ", ".join(parts)),) if parts else ()
    elif isinstance(value, str | int | float) and path:
        yield path, value
