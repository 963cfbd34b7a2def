"""Time zones after a clock time. A name without `standard` or `daylight` in it follows the region's wall clock."""

import re
from collections.abc import Iterator
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_REGIONS = {
    "et": "America/New_York",
    "eastern": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
    "pacific": "America/Los_Angeles",
    "cet": "Europe/Berlin",
    "uk": "Europe/London",
    "ist": "Asia/Kolkata",
    "jst": "Asia/Tokyo",
}
# Hours east of UTC.
_FIXED = {
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "bst": 1,
    "cest": 2,
    "eet": 2,
    "eest": 3,
}
_ZONE = re.compile(
    rf"(?<![\w.:])(?P<name>{'|'.join((*_REGIONS, *_FIXED))})(?:\s+time)?\b"
    r"|(?<![\w/.-])(?P<region>(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z_]{2,30}(?:/[A-Za-z_]{2,30})?)\b"
    r"|(?<![A-Za-z])(?:(?:utc|gmt)\s?(?P<offset>[+-]\d{1,2}(?::?[0-5]\d)?)(?!\d)|(?P<utc>utc|gmt|z)\b)"
    r"|(?<=\d)\s?(?P<plus>\+\d\d(?::?[0-5]\d)?)(?!\d)",
    re.I | re.A,
)


def zones(text: str) -> Iterator[tuple[int, int, tzinfo]]:
    for match in _ZONE.finditer(text):
        if zone := _zone(match):
            yield match.start(), match.end(), zone


def _zone(match: re.Match[str]) -> tzinfo | None:
    if match["utc"]:
        return UTC
    if offset := match["offset"] or match["plus"]:
        hours, minutes = re.fullmatch(r"(\d{1,2}):?(\d\d)?", offset[1:], re.A).groups()  # type: ignore[union-attr]
        east = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-east if offset[0] == "-" else east) if east < timedelta(hours=24) else None
    if match["name"] and (east := _FIXED.get(match["name"].lower())) is not None:
        return timezone(timedelta(hours=east))
    try:
        return ZoneInfo(_REGIONS.get((match["name"] or "").lower()) or _spelled(match["region"]))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such place, or a system without the zones
        return None


def _spelled(region: str) -> str:
    """Spelling of the zone files: `europe/berlin` → `Europe/Berlin`."""
    return "/".join(
        "_".join(part[:1].upper() + part[1:].lower() for part in name.split("_")) for name in region.split("/")
    )
