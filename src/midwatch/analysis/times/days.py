"""Days in text: `yesterday`, `on Monday`, `Oct 16`, `16.10.`, `this week`. A day without a year is the most recent
one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)
_MONTHS: list[str] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS: list[str] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:,?\s+(?P<year>20\d\d)\b)?"


@dataclass(frozen=True)
class Days:
    """A range of days from `since` up to and without `until`. `step` is the distance in days to the previous one of
    that name: a weekday's 7, else 0."""

    since: date
    until: date
    step: int = 0

    @property
    def single(self) -> bool:
        return self.until - self.since == _DAY


def _relative(match: re.Match[str], today: date) -> Days:
    word = re.sub(r"\s+", " ", match[0].lower())
    back = {"today": 0, "yesterday": 1, "tomorrow": -1}.get(word, 2)
    return Days(today - _DAY * back, today - _DAY * (back - 1))


def _weekday(match: re.Match[str], today: date) -> Days:
    back = (today.weekday() - _WEEKDAYS.index(match["day"][:3].lower())) % 7
    last = (match["last"] or "").lower()
    if last == "next":
        back -= 7
    elif last:
        back = back or 7
    day = today - _DAY * back
    return Days(day, day + _DAY, step=0 if last else 7)


def _week(match: re.Match[str], today: date) -> Days:
    monday = today - _DAY * today.weekday()
    which = re.sub(r"\s+", " ", match["which"].lower())
    if match["end"]:
        saturday = monday + _DAY * 5
        saturday -= _DAY * 7 if saturday > today or (which == "last" and today.weekday() >= 5) else _DAY * 0
        return Days(saturday, saturday + _DAY * 2)
    back = {"this": 0, "next": -1, "the": 2}.get(which, 1)
    return Days(monday - _DAY * 7 * back, monday - _DAY * 7 * (back - 1))


def _month_of(match: re.Match[str], today: date) -> Days:
    first = today.replace(day=1)
    which = match["which"].lower()
    if which == "this":
        return Days(first, _next_month(first))
    if which == "next":
        return Days(_next_month(first), _next_month(_next_month(first)))
    return Days((first - _DAY).replace(day=1), first)


def _whole_month(match: re.Match[str], today: date) -> Days:
    month, year = _MONTHS.index(match["month"][:3].lower()) + 1, int(match["year"] or today.year)
    if not match["year"] and (month > today.month or (month == today.month and match["last"].lower() == "last")):
        year -= 1
    first = date(year, month, 1)
    return Days(first, _next_month(first))


def _dated(match: re.Match[str], today: date) -> Days:
    found = match.groupdict()
    name = found.get("month") or ""
    month = int(name) if name.isdigit() else _MONTHS.index(name[:3].lower()) + 1
    return _on(int(match["day"]), month, found.get("year"), today)


def _slashed(match: re.Match[str], today: date) -> Days | None:
    """A date with slashes, if day and month can be told apart."""
    one, two = int(match["one"]), int(match["two"])
    if one <= 12 and two <= 12 and one != two:
        return None
    return _on(*((two, one) if two > 12 else (one, two)), match["year"], today)


def _on(day: int, month: int, year: str | None, today: date) -> Days:
    """The date; without a year the most recent one: the 29th of February may lie eight years back."""
    if year:
        found = date(int(year), month, day)
        return Days(found, found + _DAY)
    for back in range(9):
        try:
            found = date(today.year - back, month, day)
        except ValueError:
            continue
        if found <= today:
            return Days(found, found + _DAY)
    raise ValueError("no such day")


def _next_month(first: date) -> date:
    return (first + _DAY * 31).replace(day=1)


_TH = r"(?:st|nd|rd|th)?"
_NAMES = r"mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
_READERS: tuple[tuple[str, Callable[[re.Match[str], date], Days | None]], ...] = (
    (r"\b(?:the\s+)?day\s+before\s+yesterday\b|\btoday\b|\byesterday\b|\btomorrow\b", _relative),
    (rf"\b(?:(?P<last>last|previous|next)\s+)?(?P<day>{_NAMES})\b", _weekday),
    (r"\b(?P<which>this|last|previous|next)\s+week(?P<end>end)?\b", _week),
    (r"\b(?P<which>the)\s+week(?:(?P<end>end)|\s+before\s+last)\b", _week),
    (r"\b(?P<which>this|last|previous|next)\s+month\b", _month_of),
    (
        rf"(?<!\d )(?<!\dst )(?<!\dnd )(?<!\drd )(?<!\dth )"
        rf"\b(?P<last>last|in|during|of|since|this)\s+{_MONTH}\b(?!\.?\s+\d{{1,2}}(?!\d)){_YEAR}",
        _whole_month,
    ),
    (r"(?<![\w.-])(?P<year>20\d\d)[-/](?P<month>\d\d)[-/](?P<day>\d\d)(?![\d-])", _dated),
    (rf"\b{_MONTH}\.?\s+(?P<day>\d{{1,2}}){_TH}(?![\w:]){_YEAR}", _dated),
    (rf"(?<![\w.:/-])(?P<day>\d{{1,2}}){_TH}\.?(?:\s+of)?\s+{_MONTH}\b{_YEAR}", _dated),
    (r"(?<![\w.:/-])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>20\d\d)(?![\w.])", _dated),
    (
        r"(?:(?<=\bon )|(?<=since )|(?<=from )|(?<=and )|(?<=\bof "
        r"))(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>)(?!\w)",
        _dated,
    ),
    (r"(?<![\w.:/-])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>)(?=\s+(?:at\s+)?\d{1,2}(?:[:h]|\s?[ap]m))", _dated),
    (r"(?<![\w.:/-])(?P<one>\d{1,2})/(?P<two>\d{1,2})(?:/(?P<year>20\d\d))?(?![\w/.])", _slashed),
)
_COMPILED = tuple((re.compile(pattern, re.I | re.A), read) for pattern, read in _READERS)


def days(text: str, today: date) -> Iterator[tuple[int, int, Days]]:
    for pattern, read in _COMPILED:
        for match in pattern.finditer(text):
            try:
                found = read(match, today)
            except (ValueError, OverflowError):  # the 31st of June, the day after the last year
                continue
            if found:
                yield match.start(), match.end(), found
