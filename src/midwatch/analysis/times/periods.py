"""Two compared periods in text: `today vs yesterday`, `the last hour to the same hour yesterday`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from midwatch.analysis.times.spoken_time import SpokenTime, times
from midwatch.analysis.times.words import Moment
from midwatch.domain.window import Window

_DAY = timedelta(days=1)
_VERSUS = re.compile(
    r"\b(?:vs|versus|against|compar\w+|than(?!\s+(?:\d|an?|one|two|three)\b)|differ\w*|relative\s+to|as\s+opposed\s+to)\b",
    re.I,
)
_SAME = re.compile(
    r"\b(?:the\s+)?same\s+(?:hours?|time|times|period|window|span|clock|day|minutes?)(?:\s+(?:of|on|the))?\b", re.I
)
_BEFORE = re.compile(r"\b(?:the\s+)?(?P<unit>hour|day|week|one|period)\s+before(?!\s+(?:last|yesterday))\b", re.I)


@dataclass(frozen=True)
class Periods:
    """Two periods. `first` is the one in question, `second` its reference; `note` explains a cut to equal length."""

    first: Window
    second: Window
    note: str = ""


def is_comparison(text: str) -> bool:
    return bool(_VERSUS.search(text))


def periods(text: str, now: datetime, zone: tzinfo = UTC, around: timedelta = timedelta(minutes=30)) -> Periods | None:
    """The compared periods; None for a text without a comparison. One named period is compared with the time before it;
    without any, today with yesterday. A moment is the time `around` it."""
    if not is_comparison(text):
        return None
    found = times(text, now, zone)
    same = _SAME.search(text)
    today = _day(now, zone)
    if not found:
        return _alike(_window(today, now), shift_back(today, _DAY, zone), now, _back(text))
    first = _spread(found[0], around)
    if len(found) >= 2:
        second = _spread(found[1], around)
        return Periods(first, _same(first, second, zone)) if same else _alike(first, second, now)
    if back := _BEFORE.search(text):
        return Periods(first, shift_back(first, _unit(back["unit"], first), zone))
    return _one(text, found[0], first, now, zone)


def shift_back(window: Window, back: timedelta, zone: tzinfo) -> Window:
    """The same clock times so much earlier, in the zone's local time."""
    return Window(_earlier(window.since, back, zone), _earlier(window.until, back, zone))


def _one(text: str, said: SpokenTime, only: Window, now: datetime, zone: tzinfo) -> Periods:
    """Periods of a text with one time: `compare traffic with yesterday` is about today; `compare yesterday` is about
    the day before it."""
    versus = [m for m in _VERSUS.finditer(text, 0, said.start)]
    link = re.search(
        r"\b(?:with|to|against|than|vs|versus)\b\s*(?:the\s+|that\s+of\s+)?(?:same\s+\w+\s+)?(?:of\s+|on\s+)?$",
        text[: said.start],
        re.I,
    )
    back = _length(only)
    if versus and link and only.until <= now:
        current = Window(_earlier(only.since, -back, zone), _earlier(only.until, -back, zone))
        while current.until < now and back <= _DAY:
            current = Window(_earlier(current.since, -back, zone), _earlier(current.until, -back, zone))
        return _alike(_window(current, now), only, now)
    return _alike(only, shift_back(only, back, zone), now)


def _alike(first: Window, second: Window, now: datetime, note: str = "") -> Periods:
    """Two periods of equal length: if one is still running, the other is cut."""
    a, b = first.until - first.since, second.until - second.since
    if first.until >= now and a < b:
        return Periods(
            first, Window(second.since, second.since + a), note or "so far, against the same length of the other"
        )
    if second.until >= now and b < a:
        return Periods(Window(first.since, first.since + b), second, note or "cut to what there was of the running one")
    return Periods(first, second, note)


def _same(first: Window, second: Window, zone: tzinfo) -> Window:
    """Clock times of the first on the day of the second; on the same weekday when that is a week or longer."""
    span = second.until - second.since
    if span > _DAY * 2:
        return shift_back(first, _DAY * (7 if span < _DAY * 8 else 28), zone)
    days = (first.since.astimezone(zone).date() - second.since.astimezone(zone).date()).days
    return shift_back(first, _DAY * (days or 1), zone)


def _back(text: str) -> str:
    return "" if re.search(r"\btoday\b", text, re.I) else "no periods were named: today so far against yesterday"


def _unit(word: str, first: Window) -> timedelta:
    known = {"hour": timedelta(hours=1), "day": _DAY, "week": _DAY * 7}
    return known.get(word.lower()) or _length(first)


def _length(window: Window) -> timedelta:
    """Distance back to the period before: whole days for anything longer than half a day."""
    length = window.until - window.since
    days = -(-length // _DAY)
    return _DAY * (7 if 5 <= days <= 7 else days) if length > _DAY / 2 else _DAY


def _spread(said: SpokenTime, around: timedelta) -> Window:
    return Window(said.time.at - around, said.time.at + around) if isinstance(said.time, Moment) else said.time


def _window(window: Window, now: datetime) -> Window:
    return Window(window.since, min(window.until, max(now, window.since + timedelta(seconds=1))))


def _day(at: datetime, zone: tzinfo) -> Window:
    first = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(first.astimezone(UTC), _earlier(first.astimezone(UTC), -_DAY, zone))


def _earlier(at: datetime, back: timedelta, zone: tzinfo) -> datetime:
    local = at.astimezone(zone).replace(tzinfo=None) - back
    return local.replace(tzinfo=zone).astimezone(UTC)
