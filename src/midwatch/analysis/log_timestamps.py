"""Timestamps at the head of log lines, in the usual logger formats. UTC where the line names no zone."""

import re
from datetime import UTC, datetime, timedelta

_HEAD, _TAIL = 160, 60  # characters; a time in between is part of the message
_ISO = re.compile(r"(20\d\d)[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?\s?(Z|[+-]\d\d:?\d\d)?")
_LETTERS = re.compile(r"\b([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?: [A-Z]{3,4})? (20\d\d)\b")
_CLF = re.compile(r"\[(\d\d)/([A-Z][a-z]{2})/(20\d\d):(\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d)\]")
_EPOCH = re.compile(r"\"(?:time|ts|timestamp)\": ?(1[4-9]\d{8})(?:\.\d+|(\d{3}))?\b")
_LEADING = re.compile(rf"^\[?(?:ts=|time=)?(?:[A-Z][a-z]{{2}} )?(?:{_ISO.pattern}|{_LETTERS.pattern})\]?[\s|:,-]*")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def moment(line: str) -> datetime | None:
    """Time of the line; None for a line without a whole date."""
    head = line if len(line) <= _HEAD else f"{line[:_HEAD]} {line[-_TAIL:]}"
    try:
        if match := _ISO.search(head):
            return datetime(*(int(match[i]) for i in range(1, 7)), tzinfo=UTC) - _offset(match[7] or "")
        if match := _CLF.search(head):
            day, month, year, *clock = match.groups()[:6]
            found = datetime(int(year), _MONTHS.index(month) + 1, int(day), *map(int, clock), tzinfo=UTC)
            return found - _offset(match[7] + match[8])
        if match := _LETTERS.search(head):
            month, day, *clock, year = match.groups()
            return datetime(int(year), _MONTHS.index(month) + 1, int(day), *map(int, clock), tzinfo=UTC)
        if match := _EPOCH.search(head):
            return datetime.fromtimestamp(int(match[1]), UTC)
    except (ValueError, OverflowError):  # a 31st of June, a month that is none
        return None
    return None


def headless(message: str) -> str:
    """The message without its timestamp: `Fri Jul 11 13:23:24 UTC 2025 no stock`, `ts=2025-07-11T13:23:24Z no
    stock`."""
    return _LEADING.sub("", message, count=1)


def _offset(zone: str) -> timedelta:
    if not zone or zone == "Z":
        return timedelta(0)
    digits = zone[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -span if zone[0] == "-" else span
