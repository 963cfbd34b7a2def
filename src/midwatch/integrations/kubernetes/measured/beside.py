"""What people save of their monitoring beside metrics: the alerts that fire, and who calls whom. As objects of the dump."""

from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]
_FIRING = frozenset({"firing", "active", ""})
_WORDS = ("summary", "description", "message")
_LONGEST = 2000  # letters of what an alert says


def translated(raw: Json) -> list[Json] | None:
    """Objects of ours for an answer of Prometheus, Alertmanager or Jaeger; None for anything else."""
    inner = raw.get("data", raw)
    if isinstance(inner, list) and _all(inner, "parent", "child"):
        return list(_calls(cast("list[Json]", inner)))
    if (
        isinstance(inner, dict)
        and isinstance(alerts := cast(Json, inner).get("alerts"), list)
        and _all(cast("list[Any]", alerts), "labels")
    ):
        return list(_alerts(cast("list[Json]", alerts)))
    if isinstance(raw.get("labels"), dict) and "alertname" in raw["labels"] and "kind" not in raw:
        return list(_alerts([raw]))
    return None


def _all(items: object, *fields: str) -> bool:
    entries = cast("list[Any]", items)
    return bool(entries) and all(isinstance(item, dict) and all(field in item for field in fields) for item in entries)


def _calls(found: list[Json]) -> Iterator[Json]:
    """Jaeger's `/api/dependencies`."""
    for call in found:
        caller, callee = str(call["parent"]), str(call["child"])
        yield {"kind": "ServiceCall", "metadata": {"name": f"{caller}/{callee}"}, "caller": caller, "callee": callee}


def _alerts(found: list[Json]) -> Iterator[Json]:
    """Prometheus' `/api/v1/alerts`, Alertmanager's `/api/v2/alerts` and what it sends to webhooks."""
    for alert in found:
        labels, notes = _strings(alert.get("labels")), _strings(alert.get("annotations"))
        state = alert.get("state", alert.get("status", ""))
        said = state.get("state", "") if isinstance(state, dict) else state
        if str(said) not in _FIRING:
            continue
        name = labels.pop("alertname", "") or "alert"
        place = ",".join(f"{k}={v}" for k, v in sorted(labels.items()))
        yield {
            "kind": "FiringAlert",
            "metadata": {"name": f"{name}{{{place}}}"[:500]},
            "alert": name,
            "about": labels,
            "said": " ".join(notes[word] for word in _WORDS if notes.get(word))[:_LONGEST],
            "value": str(alert.get("value") or notes.get("value") or ""),
            "since": alert.get("activeAt") or alert.get("startsAt"),
        }


def _strings(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in cast(Json, value).items()} if isinstance(value, dict) else {}
