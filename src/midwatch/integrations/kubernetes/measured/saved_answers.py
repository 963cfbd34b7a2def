"""What people save of their monitoring beside metrics: the alerts that fire, and who calls whom. As objects of the
dump."""

from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]
_FIRING = frozenset({"firing", "active", ""})
_WORDS = ("summary", "description", "message")
_LONGEST = 2000  # letters of what an alert says


def translate(raw: Json) -> list[Json] | None:
    """Objects of ours for an answer of Prometheus, Alertmanager or Jaeger; None for anything else."""
    inner: Any = raw.get("data", raw)
    if calls := _each(inner, "parent", "child"):
        return list(_calls(calls))
    if isinstance(inner, dict) and (alerts := _each(cast(Json, inner).get("alerts"), "labels")):
        return list(_alerts(alerts))
    if "kind" not in raw and "alertname" in _strings(raw.get("labels")):
        return list(_alerts([raw]))
    return None


def _each(items: object, *fields: str) -> list[Json]:
    """The items of a list whose every item has the fields; else none."""
    entries = cast("list[Any]", items) if isinstance(items, list) else []
    whole = all(isinstance(item, dict) and all(field in item for field in fields) for item in entries)
    return entries if whole else []


def _calls(found: list[Json]) -> Iterator[Json]:
    """Jaeger's `/api/dependencies`."""
    for call in found:
        caller, callee = str(call["parent"]), str(call["child"])
        yield {"kind": "ServiceCall", "metadata": {"name": f"{caller}/{callee}"}, "caller": caller, "callee": callee}


def _alerts(found: list[Json]) -> Iterator[Json]:
    """Prometheus' `/api/v1/alerts`, Alertmanager's `/api/v2/alerts` and what it sends to webhooks."""
    for alert in found:
        labels, notes = _strings(alert.get("labels")), _strings(alert.get("annotations"))
        if _state(alert) not in _FIRING:
            continue
        name = labels.pop("alertname", "") or "alert"
        place = ",".join(f"{k}={v}" for k, v in sorted(labels.items()))
        yield {
            "kind": "FiringAlert",
            "metadata": {"name": f"{name}{{{place}}}"[:500]},
            "alert": name,
            "about": labels,
            "message": " ".join(notes[word] for word in _WORDS if notes.get(word))[:_LONGEST],
            "value": str(alert.get("value") or notes.get("value") or ""),
            "since": alert.get("activeAt") or alert.get("startsAt"),
        }


def _state(alert: Json) -> str:
    """`"state": "firing"`, `"status": "firing"` or `"status": {"state": "active"}`; "" when it says none."""
    said: Any = alert.get("state", alert.get("status", ""))
    return _strings(cast(Json, said)).get("state", "") if isinstance(said, dict) else str(said)


def _strings(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in cast(Json, value).items()} if isinstance(value, dict) else {}
