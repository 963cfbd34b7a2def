"""Parses the time in a text: a moment or a span, in UTC, with the words that express it.

A time that could lie in the past does: at one in the morning `2am` is yesterday's. A clock that a zone's change skips
is read with the offset before the change, one that it repeats is the first of the two."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from midwatch.analysis.times.clocks import PARTS, Clock, Part
from midwatch.analysis.times.days import Days
from midwatch.analysis.times.words import Moment, Word, length, words
from midwatch.domain.window import Window

_DAY = timedelta(days=1)
_GAP = re.compile(
    r"[\s,(]*(?:(?:at|around|about|on|the|of|by|in|approx|approximately|circa|roughly|exactly)\s+|[~@]\s*)*", re.I
)
_BETWEEN = re.compile(r"\b(?:between|from)\s+(?:about\s+|around\s+|the\s+)?$", re.I)
_AND = re.compile(
    r"\s*(?P<word>and|to|until|till|through|[-–—])\s*(?:about\s+|around\s+)?(?:at\s+|on\s+)?(?:the\s+)?", re.I
)
_SINCE = re.compile(
    r"\b(?:since|after|starting|beginning)\s+(?:at\s+|about\s+|around\s+|on\s+)?(?:the\s+)?$|\bfrom\s+(?:the\s+)?$",
    re.I,
)
_FROM = re.compile(r"\bfrom\s+(?:the\s+)?$", re.I)
_ONWARDS = re.compile(r"\s*(?:on|onwards?|until\s+now|to\s+now|till\s+now)\b", re.I)
_EXAMPLE = "Invalid timestamp. Use ISO 8601 format: 2025-10-16T02:00:00Z"
_SECONDS = re.compile(r"\s*@?(\d{9,10})\s*", re.A)  # of Unix, from 1973 on
_BACK = re.compile(r"\s*+(?:-(\d{1,5}\s?[smhdw])|(.{1,40}?)\s++ago)\s*+", re.I | re.A)
_THEN = re.compile(r"[\s,]*(?:between|from)\s+(?:about\s+|around\s+)?", re.I)


@dataclass(frozen=True)
class SpokenTime:
    """A time expression, from `start` to `end` of the text. A span whose end lies before its start stays so."""

    time: Moment | Window
    words: str
    start: int
    end: int


@dataclass(frozen=True)
class _Point:
    start: int
    end: int
    days: Days | None = None
    part: Part | None = None
    clock: Clock | None = None
    zone: tzinfo | None = None
    fixed: Moment | Window | None = None
    opens: bool = False  # `from` or `between` stood inside


def when(text: str, now: datetime, zone: tzinfo = UTC) -> SpokenTime | None:
    """The first time in a text; None when there is none that can be read. A clock time without a zone is one of
    `zone`."""
    return next(iter(times(text, now, zone)), None)


def span(text: str, now: datetime, around: timedelta = timedelta(hours=1)) -> Window | None:
    """The first time in a text as a window, a moment with `around` on both sides; None without one, or when it ends
    before it begins. A window up to `now` includes this very second."""
    said = when(text, now)
    if said is None:
        return None
    if isinstance(said.time, Moment):
        return Window(said.time.at - around, said.time.at + around)
    if said.time.until <= said.time.since:
        return None
    return Window(said.time.since, now + timedelta(seconds=1)) if said.time.until == now else said.time


def times(text: str, now: datetime, zone: tzinfo = UTC) -> list[SpokenTime]:
    """All times, in the order of the text."""
    found: list[SpokenTime] = []
    points = _points(text, words(text, now, zone))
    position = 0
    while position < len(points):
        taken, said = _read(text, points[position : position + 2], now, zone)
        position += taken
        if said:
            found.append(said)
    return found


def timestamp(text: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """One moment, in UTC: of a span its beginning. Raises ValueError with an example of a valid time."""
    if match := _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(match[1]), UTC)
    said = when(text, now, zone)
    if match := _BACK.fullmatch(text):
        back = length(match[1] or match[2])
        if back and now.replace(tzinfo=None) - datetime.min > back:
            return now - back
    if not said or text[: said.start].strip(" \"'@~") or text[said.end :].strip(" \"'."):
        raise ValueError(f'{_EXAMPLE} (or Unix seconds, or words as "2am", "yesterday 14:00", "2 hours ago")')
    return said.time.at if isinstance(said.time, Moment) else said.time.since


def _read(text: str, points: list[_Point], now: datetime, zone: tzinfo) -> tuple[int, SpokenTime | None]:
    """Number of points used, and their time."""
    first = points[0]
    try:
        if len(points) == 2 and _joined(text, first, points[1]):
            return 2, _expression(text, first.start, points[1].end, _range(first, points[1], now, zone))
        time = _resolve(first, now, zone)
        if _is_since(text, first):
            since = time.at if isinstance(time, Moment) else time.since
            return 1, _expression(text, first.start, first.end, up_to(since, max(now, since)))
        return 1, _expression(text, first.start, first.end, time)
    except (ValueError, OverflowError):  # before the first year, after the last
        return 1, None


def _expression(text: str, start: int, end: int, time: Moment | Window) -> SpokenTime:
    return SpokenTime(time, " ".join(text[start:end].split()), start, end)


def up_to(since: datetime, now: datetime) -> Window:
    """A window that is never empty: one that begins now is a second long."""
    return Window(since, now if now != since else since + timedelta(seconds=1))


def _points(text: str, found: list[Word]) -> list[_Point]:
    """Points in time: adjacent words that complete each other (a day, a part of it, a clock time, a zone) form one."""
    points: list[_Point] = []
    for word in found:
        near = points[-1] if points and _GAP.fullmatch(text, points[-1].end, word.start) else None
        if isinstance(word.value, Moment | Window):
            points.append(_Point(word.start, word.end, fixed=word.value))
        elif near and (grown := _grown(near, word)):
            points[-1] = grown
        elif not isinstance(word.value, tzinfo):
            points.append(_grown(_Point(word.start, word.start), word) or _Point(word.start, word.end))
    kept: list[_Point] = []
    for point in points:
        if (
            kept
            and _THEN.fullmatch(text, kept[-1].end, point.start)
            and point.clock
            and not (point.days or kept[-1].clock or kept[-1].fixed)
        ):
            # `yesterday from 10pm to 2am`
            point = replace(point, start=kept[-1].start, days=kept[-1].days, part=kept[-1].part, opens=True)
            kept.pop()
        kept.append(point)
    return [p for p in kept if not (p.part and p.part.day is None and not p.days and not p.clock)]


def _grown(point: _Point, word: Word) -> _Point | None:
    value = word.value
    if isinstance(value, Days) and (not point.days or point.days.step == 7) and not point.fixed:
        return replace(point, end=word.end, days=value)
    if isinstance(value, Part) and not point.part and not point.fixed:
        return replace(point, end=word.end, part=value)
    if isinstance(value, Clock) and not point.clock and not point.fixed and (not point.days or point.days.single):
        return replace(point, end=word.end, clock=value)
    if isinstance(value, tzinfo) and point.clock and not point.zone:
        return replace(point, end=word.end, zone=value)
    return None


def _resolve(point: _Point, now: datetime, zone: tzinfo) -> Moment | Window:
    if point.fixed:
        return point.fixed
    at = point.zone or zone
    today = now.astimezone(at).date()
    days = point.days
    if point.part and point.part.day is not None and not days:
        days = _part_day(point.part, point.clock, now, at)
    if point.clock:
        clock = point.part.turn(point.clock) if point.part else point.clock
        return Moment(_clock(days, clock, now, at))
    if not days:
        raise ValueError("no day")
    if point.part:
        return _part(days, point.part.name, now, at)
    if days.step and days.since >= today:  # on a Monday, `Monday` is the last one
        days = Days(days.since - _DAY * days.step, days.until - _DAY * days.step)
    return _clipped(_local(days.since, at), _local(days.until, at), now)


def _part_day(part: Part, clock: Clock | None, now: datetime, zone: tzinfo) -> Days:
    """The day of a part of day: after midnight `tonight` began yesterday; a morning still to come is yesterday's."""
    day = now.astimezone(zone).date() + _DAY * (part.day or 0)
    if part.day == 0:
        start = part.turn(clock).hour if clock else PARTS[part.name][0] if part.name != "morning" else 0
        if _local(day, zone, start) > now:
            day -= _DAY
    return Days(day, day + _DAY)


def _part(days: Days, name: str, now: datetime, zone: tzinfo) -> Window:
    start, end = PARTS[name]
    if days.step and _local(days.since, zone, 0 if name == "morning" else start) >= now:
        days = Days(days.since - _DAY * days.step, days.until - _DAY * days.step)
    if name == "morning" and _local(days.since, zone, start) >= now:
        start = 0  # before five, the morning is the part of it so far
    return _clipped(_local(days.since, zone, start), _local(days.since, zone, end), now)


def _clock(days: Days | None, clock: Clock, now: datetime, zone: tzinfo) -> datetime:
    if not days:
        today = now.astimezone(zone).date()
        at = _local(today, zone, clock.hour, clock.minute, clock.second)
        return at if at <= now else _local(today - _DAY, zone, clock.hour, clock.minute, clock.second)
    at = _local(days.since, zone, clock.hour, clock.minute, clock.second)
    if days.step and at > now:
        return _local(days.since - _DAY * days.step, zone, clock.hour, clock.minute, clock.second)
    return at


def _clipped(since: datetime, until: datetime, now: datetime) -> Window:
    """The window, cut at now."""
    return up_to(since, now) if since <= now < until else Window(since, until)


def _local(day: date, zone: tzinfo, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    later, hour = divmod(hour, 24)
    return datetime.combine(day + _DAY * later, time(hour, minute, second), zone).astimezone(UTC)


def _joined(text: str, first: _Point, second: _Point) -> bool:
    """Whether two points are the ends of a span. Two adjacent days are one only after `from` or `between`: they may be
    compared."""
    match = _AND.fullmatch(text, first.end, second.start)
    if not match or (first.days and not first.days.single) or isinstance(first.fixed, Window):
        return False
    if first.opens or _BETWEEN.search(text, 0, first.start):
        return True
    clocks = (first.clock or first.fixed) and (second.clock or second.fixed)
    return bool(clocks) and match["word"].lower() != "and"


def _is_since(text: str, point: _Point) -> bool:
    if not _SINCE.search(text, 0, point.start):
        return False
    return not _FROM.search(text, 0, point.start) or bool(_ONWARDS.match(text, point.end))


def _range(first: _Point, second: _Point, now: datetime, zone: tzinfo) -> Window:
    first, second = _shared(first, second)
    floating = not first.days and not first.part and not first.fixed
    start = _resolve(first, now, zone)
    since = start.at if isinstance(start, Moment) else start.since
    if second.clock and not second.days and not second.fixed and not (second.part and second.part.day is not None):
        at = second.zone or zone
        clock = second.part.turn(second.clock) if second.part else second.clock
        clock = replace(clock, hour=clock.hour % 24)
        day = since.astimezone(at).date()
        until = _local(day, at, clock.hour, clock.minute, clock.second)
        until = until if until > since else _local(day + _DAY, at, clock.hour, clock.minute, clock.second)
        return up_to(since, min(until, now)) if floating and since <= now else Window(since, until)
    end = _resolve(second, now, zone)
    return Window(since, end.at if isinstance(end, Moment) else end.until)


def _shared(first: _Point, second: _Point) -> tuple[_Point, _Point]:
    """The two ends with shared parts: in `between 1 and 3 am on Monday`, am and Monday hold for both."""
    if not first.fixed and first.clock and second.clock:
        if (
            first.clock.bare
            and not second.clock.bare
            and second.clock.hour >= 12
            and first.clock.hour < second.clock.hour - 12
        ):
            first = replace(first, clock=replace(first.clock, hour=first.clock.hour + 12))
        if not first.days and not first.part:
            first = replace(first, days=second.days, part=second.part)
            second = replace(second, days=None)
        if first.part:
            second = replace(second, part=replace(first.part, day=None))
        first = replace(first, zone=first.zone or second.zone)
        second = replace(second, zone=second.zone or first.zone)
    return first, second
