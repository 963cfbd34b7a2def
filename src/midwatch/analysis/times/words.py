"""Elements of a time in text: a day, a part of a day, a clock time, a zone, a moment, a span. Days are those of a
zone."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, partial

from midwatch.analysis.times.clocks import Clock, Part, clocks, parts
from midwatch.analysis.times.days import Days, days
from midwatch.analysis.times.zones import zones
from midwatch.domain.window import Window


@dataclass(frozen=True)
class Moment:
    """One point in time, in UTC."""

    at: datetime


Value = Days | Part | Clock | tzinfo | Moment | Window


@dataclass(frozen=True)
class Word:
    start: int
    end: int
    value: Value


_NUMBERS = [
    "a",
    "an",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_VAGUE = {"couple": 2.0, "few": 3.0, "several": 4.0}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2592000}  # seconds; a month back is 30 days
_UNIT = r"(?:seconds?|secs?|s|minutes?|mins?|months?|m|hours?|hrs?|hr|h|days?|d|weeks?|wks?|w)"
_COUNT = (
    rf"(?:\d{{1,5}}(?:\.\d{{1,2}})?|half\s+an?|an?\s+(?:half|quarter\s+of\s+an)|(?:an?\s+)?(?:{'|'.join(_VAGUE)})(?:\s+of)?"
    rf"|(?:{'|'.join(_NUMBERS)})\b)"
)
_LENGTH = re.compile(rf"({_COUNT})\s*({_UNIT})(?![a-z])(\s+and\s+a\s+half)?", re.I | re.A)
_LENGTHS = rf"{_COUNT}\s*{_UNIT}(?![a-z])(?:\s+and\s+a\s+half)?(?:(?:\s+and)?\s*\d{{1,3}}\s*{_UNIT})?"
_AGO = re.compile(rf"(?<![\w.:-]){_LENGTHS}\s+(?:ago|earlier|back)\b", re.I | re.A)
_ROLLING = re.compile(
    rf"\b(?P<the>(?:the|these|those)\s+)?(?P<last>last|past|previous|prev|recent)\s+(?:(?P<length>{_LENGTHS})|(?P<unit>half[\s-]hour|{_UNIT}))\b",
    re.I | re.A,
)
_STAMP = re.compile(
    r"(?<![\w.-])(?:20\d\d-\d\d-\d\d[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?|20\d{6}T\d{4}(?:\d\d)?)"
    r"(?:\s?(?:Z|UTC|GMT)\b|\s?[+-]\d\d(?::?\d\d)?(?!\d))?",
    re.I | re.A,
)
_UNIX = re.compile(r"(?<![\w.:/-])@?(1\d{9})(\d{3})?(?:\.\d{1,9})?(?![\w:/-])", re.A)
_NOW = re.compile(
    r"\b(?:right\s+now|just\s+now|now|currently|at\s+the\s+moment|at\s+present|at\s+this\s+moment)\b", re.I
)


def words(text: str, now: datetime, zone: tzinfo) -> list[Word]:
    """All elements of a text, in order. Where two readings overlap the longer one counts."""
    found: list[Word] = []
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Value | None]], ...] = (
        (_STAMP, partial(_stamp, zone=zone)),
        (_UNIX, _unix),
        (_AGO, partial(_ago, now=now, today=now.astimezone(zone).date())),
        (_ROLLING, partial(_rolling, now=now)),
        (_NOW, lambda _: Moment(now)),
    )
    for pattern, read in readers:
        found.extend(Word(m.start(), m.end(), value) for m in pattern.finditer(text) if (value := _quietly(read, m)))
    found.extend(Word(*piece) for piece in _others(text, now.astimezone(zone).date()))
    return _longest(found)


def _others(text: str, today: date) -> Iterator[tuple[int, int, Value]]:
    yield from days(text, today)
    yield from parts(text)
    yield from clocks(text)
    yield from zones(text)


def _longest(found: list[Word]) -> list[Word]:
    kept: list[Word] = []
    for word in sorted(found, key=lambda w: (w.start - w.end, w.start)):
        if all(word.end <= other.start or other.end <= word.start for other in kept):
            kept.append(word)
    return sorted(kept, key=lambda w: w.start)


def _quietly(read: Callable[[re.Match[str]], Value | None], match: re.Match[str]) -> Value | None:
    try:
        return read(match)
    except (ValueError, OverflowError):  # the 31st of June, a number of weeks before the first year
        return None


def _stamp(match: re.Match[str], zone: tzinfo) -> Moment:
    text = re.sub(r"\s?(?:z|utc|gmt)$", "Z", match[0].strip(), flags=re.I).replace(",", ".")
    at = datetime.fromisoformat(re.sub(r"\s(?=[+-]\d\d:?\d*$)", "", text))
    return Moment((at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC))


def _unix(match: re.Match[str]) -> Moment:
    return Moment(datetime.fromtimestamp(int(match[1]), UTC) + timedelta(milliseconds=int(match[2] or 0)))


def length(text: str) -> timedelta:
    """Duration in text: `90m`, `half an hour`, `an hour and a half`, `1h 30m`."""
    seconds = sum((_count(m[1]) + (0.5 if m[3] else 0)) * _UNITS[_unit(m[2])] for m in _LENGTH.finditer(text))
    return timedelta(seconds=seconds)


@cache
def _count(words: str) -> float:
    low = words.lower()
    if "half" in low:
        return 0.5
    if "quarter" in low:
        return 0.25
    if vague := next((v for v in _VAGUE if v in low), ""):
        return _VAGUE[vague]
    return float(max(1, _NUMBERS.index(low) - 1)) if low in _NUMBERS else float(low)


def _unit(word: str) -> str:
    return "mo" if word.lower().startswith("mo") else word[0].lower()


def _ago(match: re.Match[str], now: datetime, today: date) -> Moment | Days:
    """Time before now: whole days back are a calendar day, to which a clock time may follow; hours and minutes give a
    moment."""
    back = length(match[0])
    if {_unit(m[2]) for m in _LENGTH.finditer(match[0])} <= {"d", "w", "mo"}:
        day = today - timedelta(days=round(back.total_seconds() / 86400))
        return Days(day, day + timedelta(days=1))
    return Moment(now - back)


def _rolling(match: re.Match[str], now: datetime) -> Window | None:
    """The last hours up to now. `last week` without an article is the week of the calendar (see days.py); `the last
    week` is seven days."""
    unit = match["unit"] or ""
    if unit and not match["the"] and match["last"].lower() != "past" and _unit(unit) in ("w", "mo"):
        return None
    back = timedelta(minutes=30) if unit.lower().startswith("half") else length(match["length"] or f"1 {unit}")
    return Window(now - back, now)
