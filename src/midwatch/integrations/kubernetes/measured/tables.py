"""Wide tables: a column of times, and one column for each entity and signal (`web-cpu`, `web_latency_p95`)."""

import csv
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from midwatch.analysis.series import Series
from midwatch.integrations.kubernetes.measured.signals import Signal, split

_TIME = re.compile(r"(?i)\ufeff?\"?(?:time|timestamp|date|datetime|ts|@timestamp)\"?\s*[,;\t]")
_ZONE = re.compile(r"(?:[zZ]|[+-]\d\d:?\d\d| UTC)$")
_MILLISECONDS = 1e11  # a number above it counts milliseconds: in seconds it would be the year 5138
_MOST = 20_000  # columns


def is_table(opening: str) -> bool:
    """By the first line: it begins with the name of a time, and a later column names an entity and one of our
    signals."""
    first = opening.partition("\n")[0]
    return _TIME.match(first) is not None and any(
        split(name.strip('" \r')) for name in first.split(_separator(first))[1:40]
    )


def read(text: str) -> tuple[list[Series], list[tuple[int, str]]]:
    """The series, and (line, reason) of what could not be read. Rows without a time, and those that do not follow, are
    left out."""
    text = text.removeprefix("\ufeff")
    rows = csv.reader(text.splitlines(), delimiter=_separator(text.partition("\n")[0]))
    try:
        header = next(rows, list[str]())
        lines = [(rows.line_num, row) for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        return [], [(1, f"broken CSV: {error}")]
    columns = {at: found for at, name in enumerate(header[:_MOST]) if at and (found := split(name))}
    problems = [
        (1, f"no signal is known by the name {name.strip()[:60]!r}")
        for at, name in enumerate(header)
        if at and at not in columns
    ]
    kept, zoned = _timed(lines, problems)
    times = [at for at, _ in kept]
    found = [
        _series(name, signal, at, times, [row for _, row in kept], zoned) for at, (name, signal) in columns.items()
    ]
    return [s for s in found if any(v is not None for v in s.values)], problems


def _separator(first: str) -> str:
    return max(",;\t", key=first.count)


def _timed(
    lines: list[tuple[int, list[str]]], problems: list[tuple[int, str]]
) -> tuple[list[tuple[float, list[str]]], bool]:
    kept: list[tuple[float, list[str]]] = []
    zoned = True
    for number, row in lines:
        at, known = _moment(row[0])
        if at is None or (kept and at <= kept[-1][0]):
            problems.append((number, "no time, or one that does not follow the row before"))
            continue
        zoned = zoned and known
        kept.append((at, row))
    return kept, zoned


def _moment(cell: str) -> tuple[float | None, bool]:
    """Seconds since 1970, and whether the zone is known."""
    said = cell.strip()
    if (number := _number(said)) is not None:
        return (number / 1000 if number > _MILLISECONDS else number), True
    try:
        when = datetime.fromisoformat(said.replace(" UTC", "Z"))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp(), _ZONE.search(said) is not None
    except (ValueError, OverflowError):
        return None, True


def _series(name: str, signal: Signal, at: int, times: list[float], rows: list[list[str]], zoned: bool) -> Series:
    values = [_number(row[at]) if at < len(row) else None for row in rows]
    return Series(
        name, signal.name, signal.unit, times, list(rated(times, values)) if signal.counter else values, zoned=zoned
    )


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def rated(times: list[float], values: list[float | None]) -> Iterator[float | None]:
    """A counter as its rise a second; the first value of all, and the one after a restart of the counter, tell none."""
    before: tuple[float, float] | None = None
    for at, value in zip(times, values, strict=True):
        rise = None if value is None or before is None or value < before[1] else (value - before[1]) / (at - before[0])
        yield rise
        before = before if value is None else (at, value)
