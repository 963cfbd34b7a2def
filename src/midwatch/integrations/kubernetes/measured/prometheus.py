"""Answers of Prometheus to a range query: one series for each set of labels."""

import math
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, cast

from midwatch.analysis.series import Series
from midwatch.integrations.kubernetes.objects.signals import Signal, entity, namespace, signal

Json = dict[str, Any]
_MOST = 20_000  # series
_NUMERIC = (str, int, float)  # a union of types takes five times as long to check, once for each point


def matrix(raw: Json) -> list[Json] | None:
    """The series of `{"data": {"resultType": "matrix", "result": […]}}`, with or without the envelope; None when it is
    none."""
    inner = raw.get("data", raw)
    if not isinstance(inner, dict) or cast(Json, inner).get("resultType") != "matrix":
        return None
    result = cast(Json, inner).get("result")
    return [cast(Json, s) for s in cast("list[Any]", result) if isinstance(s, dict)] if isinstance(result, list) else []


def parse_result(result: list[Json], file: str) -> tuple[list[Series], str]:
    """The series, and what could not be used, in words. The metric's name, or else the file's, tells the signal."""
    usual = signal(PurePath(file).stem)
    found: dict[tuple[str, str, str, str], tuple[Signal, list[Series]]] = {}
    left = 0
    for raw in result[:_MOST]:
        one = _one(raw, usual)
        if one is None:
            left += 1
            continue
        kind, series = one
        found.setdefault((series.namespace, series.entity, series.role, series.signal), (kind, []))[1].append(series)
    missed = f"{left} of {len(result)} series name no signal or no entity that is known" if left else ""
    return [_joined(kind, each) for kind, each in found.values()], missed


def _one(raw: Json, usual: Signal | None) -> tuple[Signal, Series] | None:
    given = raw.get("metric")
    labels = {str(k): str(v) for k, v in cast(Json, given).items()} if isinstance(given, dict) else {}
    kind = signal(labels["__name__"]) if "__name__" in labels else usual
    name, role = entity(labels)
    points = list(_points(raw.get("values")))
    if kind is None or not name or not points or "le" in labels:
        return None
    times, values = [at for at, _ in points], [value for _, value in points]
    values = list(counter_rate(times, values)) if kind.counter else values
    return kind, Series(name, kind.name, kind.unit, times, values, "" if role == "node" else namespace(labels), role)


def _points(values: object) -> Iterator[tuple[float, float | None]]:
    last = -math.inf
    for pair in cast("list[Any]", values) if isinstance(values, list) else ():
        if not isinstance(pair, list) or len(cast("list[Any]", pair)) != 2:
            continue
        time, value = cast("list[Any]", pair)
        at = _number(time)
        if at is not None and at > last:
            last = at
            yield at, _number(value)


def _number(value: object) -> float | None:
    try:
        number = float(value) if isinstance(value, _NUMERIC) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _joined(kind: Signal, each: list[Series]) -> Series:
    """One series of what several measure (the containers of a pod), point by point."""
    if len(each) == 1:
        return each[0]
    at: dict[float, list[float]] = {}
    for series in each:
        for time, value in zip(series.times, series.values, strict=True):
            at.setdefault(time, []).extend(() if value is None else (value,))
    join = {"sum": sum, "max": max, "min": min}[kind.joined]
    times = sorted(at)
    first = each[0]
    values = [float(join(at[time])) if at[time] else None for time in times]
    return Series(first.entity, first.signal, first.unit, times, values, first.namespace, first.role)


def counter_rate(times: list[float], values: list[float | None]) -> Iterator[float | None]:
    """A counter as its rise a second; the first value of all, and the one after a restart of the counter, tell none."""
    before: tuple[float, float] | None = None
    for at, value in zip(times, values, strict=True):
        rise = None if value is None or before is None or value < before[1] else (value - before[1]) / (at - before[0])
        yield rise
        before = before if value is None else (at, value)
