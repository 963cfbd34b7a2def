"""Times that people name: `last December`, `on June 12`, `since Thursday`, `the last 6 hours`. UTC; counted back from a given now."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

from midwatch.domain.window import Window

_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_UNITS = {"minute": timedelta(minutes=1), "min": timedelta(minutes=1), "hour": timedelta(hours=1), "h": timedelta(hours=1)} | {
    "day": timedelta(days=1),
    "d": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY_FIRST = _MONTH.replace("month", "month2")
_SPAN = re.compile(r"\b(?:last|past|previous|recent)\s++(?:(?P<count>\d{1,4})\s*+)?(?P<unit>minute|min|hour|h|day|d|week)s?\b")
_ISO = re.compile(r"\b(?P<year>20\d\d)-(?P<number>\d\d)-(?P<day>\d\d)(?:[t ](?P<hour>\d\d):(?P<minute>\d\d))?")
_DATE = re.compile(
    rf"\b(?:{_MONTH}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{_DAY_FIRST})"
    r"(?:,?\s+(?P<year>20\d\d))?\b"
)
_WHOLE_MONTH = re.compile(rf"\b(?:last|in|during|of|since|this)\s+{_MONTH}\b(?:\s+(?P<year>20\d\d))?")
_WEEKDAY = re.compile(rf"\b(?P<since>since\s+)?(?:last\s+|on\s+)?(?P<day>{'|'.join(_DAYS)})\b")
_SINCE = re.compile(r"\b(?:since|after|from|starting)\s+(?:the\s+|last\s+)?$")


def window(question: str, now: datetime) -> Window | None:
    """The time a question speaks of; None when it names none that can be read."""
    text = question.lower()
    for read in (_dates, _month, _span, _weekday, _words):
        try:
            if found := read(text, now):
                return found
        except (ValueError, OverflowError):  # the 31st of June, the year 0
            continue
    return None


def _dates(text: str, now: datetime) -> Window | None:
    """One day, from a day on, or from one day to another."""
    found: list[tuple[int, datetime, bool]] = []
    for match in _ISO.finditer(text):
        hour, minute = int(match["hour"] or 0), int(match["minute"] or 0)
        when = datetime(int(match["year"]), int(match["number"]), int(match["day"]), hour, minute, tzinfo=UTC)
        found.append((match.start(), when, bool(match["hour"])))
    for match in _DATE.finditer(text):
        month, day = _number(match["month"] or match["month2"]), int(match["day"] or match["day2"])
        year = int(match["year"] or now.year)
        when = datetime(year, month, day, tzinfo=UTC)
        found.append((match.start(), when if match["year"] or when <= now else when.replace(year=year - 1), False))
    found.sort()
    if not found:
        return None
    at, first, exact = found[0]
    if len(found) > 1 and found[-1][1] > first:
        return Window(first, found[-1][1] if found[-1][2] else found[-1][1] + timedelta(days=1))
    if _SINCE.search(text[:at]):
        return Window(first, max(now, first) + timedelta(seconds=1))
    return Window(first - timedelta(hours=1), first + timedelta(hours=1)) if exact else Window(first, first + timedelta(days=1))


def _month(text: str, now: datetime) -> Window | None:
    match = _WHOLE_MONTH.search(text)
    if not match:
        return None
    month, year = _number(match["month"]), int(match["year"] or now.year)
    if not match["year"] and (month > now.month or (month == now.month and match[0].startswith("last"))):
        year -= 1
    first = datetime(year, month, 1, tzinfo=UTC)
    if match[0].startswith("since"):
        return Window(first, now + timedelta(seconds=1))
    return Window(first, first + timedelta(days=monthrange(year, month)[1]))


def _span(text: str, now: datetime) -> Window | None:
    match = _SPAN.search(text)
    if not match:
        return None
    return Window(now - _UNITS[match["unit"]] * int(match["count"] or 1), now + timedelta(seconds=1))


def _weekday(text: str, now: datetime) -> Window | None:
    match = _WEEKDAY.search(text)
    if not match:
        return None
    back = (now.weekday() - _DAYS.index(match["day"])) % 7 or 7
    first = _midnight(now) - timedelta(days=back)
    return Window(first, now + timedelta(seconds=1) if match["since"] else first + timedelta(days=1))


def _words(text: str, now: datetime) -> Window | None:
    today = _midnight(now)
    if re.search(r"\byesterday\b", text):
        return Window(today - timedelta(days=1), today)
    if re.search(r"\btoday\b", text):
        return Window(today, now + timedelta(seconds=1))
    if re.search(r"\blast month\b", text):
        first = today.replace(day=1)
        return Window((first - timedelta(days=1)).replace(day=1), first)
    return None


def _midnight(when: datetime) -> datetime:
    return when.replace(hour=0, minute=0, second=0, microsecond=0)


def _number(month: str) -> int:
    return next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month[:3]))
