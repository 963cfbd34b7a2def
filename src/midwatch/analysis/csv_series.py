"""Series in CSV: the header `timestamp,value`, then a time and a number in each row."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from midwatch.domain.refusal import Refusal

MOST = 500_000  # rows; nearly a week of a value each second
_LATEST = 32_503_680_000.0  # the year 3000 in seconds since 1970: later times are in milliseconds
_HINT = "Give rows of timestamp,value: ISO 8601 or Unix seconds, and a number; an empty value is a gap"


@dataclass(frozen=True)
class CsvPoints:
    """A parsed series. `times` are seconds since 1970, never falling; a missing value is None."""

    times: list[float]
    values: list[float | None]


def read_points(text: str) -> CsvPoints:
    """Parses a series. A time without a zone is UTC. Raises Refusal, with the line number, for an invalid row."""
    rows = _rows(text)
    line, header = next(rows, (1, list[str]()))
    if [cell.strip().lower() for cell in header] != ["timestamp", "value"]:
        raise Refusal(f"Line {line} is not the header timestamp,value.", _HINT)
    found = CsvPoints([], [])
    for line, cells in rows:
        if len(cells) != 2:
            raise Refusal(f"Line {line} has {len(cells)} cells instead of 2.", _HINT)
        time, value = _time(cells[0].strip(), line), _value(cells[1].strip(), line)
        if found.times and time < found.times[-1]:
            raise Refusal(
                f"Line {line} is earlier than the row before it.",
                "Sort the rows by time; local times repeat an hour in autumn",
            )
        if len(found.times) == MOST:
            raise Refusal(
                f"Line {line} is beyond the {MOST:,} rows allowed.", "Cut the file, or take sums over longer steps"
            )
        found.times.append(time)
        found.values.append(value)
    if not found.times:
        raise Refusal("There are no rows.", _HINT)
    return found


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Non-blank rows, with the number of the line on which each ends."""
    reader = csv.reader(text.removeprefix("\ufeff").splitlines())
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise Refusal(f"Line {reader.line_num} is not CSV: {error}.", _HINT) from error


def _time(text: str, line: int) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = _moment(text, line)
    if not 0 <= seconds < _LATEST:
        raise Refusal(f"Line {line}: {_shown(text)} is no time between 1970 and 3000.", _HINT)
    return seconds


def _moment(text: str, line: int) -> float:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise Refusal(f"Line {line}: {_shown(text)} is no time.", _HINT) from error


def _value(text: str, line: int) -> float | None:
    if not text:
        return None
    try:
        found = float(text)
    except ValueError as error:
        raise Refusal(f"Line {line}: {_shown(text)} is no number.", _HINT) from error
    if math.isinf(found):
        raise Refusal(f"Line {line}: {_shown(text)} is no finite number.", _HINT)
    return None if math.isnan(found) else found  # NaN: a missing value in Prometheus, pandas and others


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 40 else f"{text[:40]}…") if text else "nothing"
