"""kubectl's ages ("3d4h", "4s (x9 over 111s)") and written-out times as RFC 3339 in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_AGE = re.compile(r"(?:(\d{1,4})y)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?")
_LONGEST_AGE = 36  # letters that the expression takes at most
_SEEN = re.compile(r"(\S+)\s+\(x(\d{1,9}) over (\S+?)\)")
# `Tue, 11 Nov 2025 21:32:08 +0800` (describe), `2026-03-13 20:20:18 +0800 CST` (network policies),
# `2025-11-28T16:02:49Z` (CREATED AT)
_WRITTEN = re.compile(
    r"(?:(?:\w{3},\s)?(?P<day>\d{1,2})\s(?P<mon>[A-Z][a-z]{2})\s(?P<year>\d{4})|(?P<date>\d{4}-\d\d-\d\d))[ T]"
    r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?:\.\d+)?\s?(?P<zone>[+-]\d\d:?\d\d|Z|UTC|GMT)?",
    re.ASCII,
)
_MONTHS = {
    name: n
    for n, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}


@dataclass(frozen=True)
class SeenTime:
    """When an event was last and first seen, before now, and how often."""

    last: timedelta | None
    first: timedelta | None
    count: int | None = None


def age(text: str) -> timedelta | None:
    text = text.strip()
    return _age(text) if len(text) <= _LONGEST_AGE else None


@lru_cache(maxsize=4096)
def _age(text: str) -> timedelta | None:
    match = _AGE.fullmatch(text)
    if not match or not any(match.groups()):
        return None
    years, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=365 * years + days, hours=hours, minutes=minutes, seconds=seconds)


def event_times(text: str) -> SeenTime:
    if match := _SEEN.match(text.strip()):
        return SeenTime(age(match[1]), age(match[3]), int(match[2]))
    once = age(text)
    return SeenTime(once, once)


@lru_cache(maxsize=4096)
def ago(now: datetime | None, span: timedelta | None) -> str | None:
    """The moment `span` before `now`; None when either is unknown."""
    if now is None or span is None:
        return None
    try:
        return rfc3339(now - span)
    except OverflowError:
        return None


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime | None:
    """The first written-out time in the text; None for the zero time, which means "never"."""
    match = _WRITTEN.search(text)
    if not match:
        return None
    try:
        if match["date"]:
            year, month, day = (int(part) for part in match["date"].split("-"))
        else:
            year, month, day = int(match["year"]), _MONTHS[match["mon"]], int(match["day"])
        found = datetime(
            year, month, day, int(match["h"]), int(match["m"]), int(match["s"]), tzinfo=_zone(match["zone"])
        )
        return found.astimezone(UTC) if year > 1 else None
    except (ValueError, KeyError, OverflowError):
        return None


def parse_time(text: str) -> str | None:
    found = moment(text)
    return rfc3339(found) if found else None


@lru_cache(maxsize=256)
def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
