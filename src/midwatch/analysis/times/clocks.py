"""Clock times in text, `2am`, `14h30`, `half past two`, `noon`, and parts of a day, `last night`, `in the morning`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

# Hours from the day's first midnight, as people on call use the words: a night ends in the morning after
# it.
PARTS = {"morning": (5, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 30)}


@dataclass(frozen=True)
class Clock:
    """A clock time. `bare` was a number with neither minutes nor am or pm: the hour of a 24-hour clock, unless its
    context is more specific."""

    hour: int
    minute: int = 0
    second: int = 0
    bare: bool = False


@dataclass(frozen=True)
class Part:
    """Part of a day. `day` counts from today: 0 in `this morning`, -1 in `last night`, None where a day may stand
    beside it."""

    name: str
    day: int | None = None

    def turn(self, clock: Clock) -> Clock:
        """The clock time within this part of a day: at eight in the evening it is 20, two at night belongs to the next
        day."""
        hour = clock.hour
        if self.name == "morning":
            return replace(clock, hour=0 if hour == 12 else hour)
        if self.name == "night" and (hour <= 5 or hour == 12):
            return replace(clock, hour=hour % 12 + 24)
        return replace(clock, hour=hour + 12 if hour < 12 else hour)


_HOURS = {
    name: n
    for n, name in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
}
_HOUR = rf"(?:\d{{1,2}}|{'|'.join(_HOURS)})"
_HALF = r"\s?(?P<half>a\.?m\b\.?|p\.?m\b\.?)"
_TAKEN = r"(?<![\w.:/+-])"  # not a part of a version, a name or a date
_SUFFIXED = re.compile(
    rf"(?<![\w.:/+])(?P<hour>\d{{1,2}})(?:[:.](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?)?{_HALF}(?![\w/])",
    re.I | re.A,
)
_COLON = re.compile(
    r"(?<![\w.:/+])(?P<hour>\d{1,2}):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d{1,6})?)?(?![\w/]|:\d)", re.A
)
_NAMED = re.compile(r"\b(?P<name>noon|midday|midnight)\b", re.I)
_PAST = re.compile(rf"\b(?P<part>half|quarter)\s+(?P<way>past|to)\s+(?P<hour>{_HOUR})(?:{_HALF})?\b", re.I | re.A)
_BEFORE = (
    r"(?:\b(?:at|around|about|since|after|from|between|until|till|by|before|circa|approx|approximately|near|roughly)\s*"
    r"|[@~]\s*)"
)
_AND = r"(?:and|to|until|till|[-–—])"
_ZONED = r"(?:utc|gmt|z|[ecmp]t|[ecmp][sd]t|ce?s?t)\b"
_AFTER = re.compile(
    rf"\s*(?:$|[?!,;)\]]|\.(?:\s|$)|(?:{_AND})\s*\d|{_ZONED}|(?:on|o'?clock|today|yesterday|last|this|tonight|in\s+the|at\s+night|hours?|hrs|please|pls|thanks|thx|for|did|was|were|why|what)\b)",
    re.I | re.A,
)
_LETTER_H = re.compile(
    rf"(?:{_BEFORE}|(?:yesterday|today|[a-z]{{3,6}}day)\s+|{_AND}\s*|^\s*(?=\d{{1,2}}h\d{{0,2}}\s*$))(?P<said>(?P<hour>\d{{1,2}})h(?P<minute>[0-5]\d)?)(?!\w)",
    re.I | re.A,
)
_MILITARY = re.compile(
    rf"{_TAKEN}(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?=\s?(?:z|utc|gmt|hrs|hours)\b)(?:\s?(?:hrs|hours))?",
    re.I | re.A,
)
_OCLOCK = re.compile(rf"\b(?P<hour>{_HOUR})\s?o'?\s?clock\b", re.I | re.A)
_ENDS = r"(?![\w.:%/]*\w)"
_BARE = re.compile(rf"{_BEFORE}(?P<said>(?P<hour>\d{{1,2}})){_ENDS}", re.I | re.A)
_BARE_END = re.compile(
    rf"\b(?:between|from)\s+\d{{1,2}}(?::\d\d)?\s*{_AND}\s*(?P<said>(?P<hour>\d{{1,2}})){_ENDS}", re.I | re.A
)
# `1-3am`, `2 in the morning`
_COMPLETED = re.compile(
    rf"{_TAKEN}(?P<said>(?P<hour>\d{{1,2}}))(?=\s?(?:[-–—]|to)\s?\d{{1,2}}(?::\d\d)?\s?[ap]\.?m\b|\s+in\s+the\s+(?:morning|afternoon|evening)\b|\s+at\s+night\b)",
    re.I | re.A,
)
_PART = re.compile(
    r"(?<!good )\b(?:(?P<this>this|last|late\s+last)\s+|(?:(?:in|during|at)\s+)?(?:the\s+)?(?:(?:early|late)\s+)?)"
    r"(?P<part>morning|afternoon|evening|night)\b|\b(?P<word>tonight|overnight)\b",
    re.I,
)


def parts(text: str) -> Iterator[tuple[int, int, Part]]:
    for match in _PART.finditer(text):
        yield match.start(), match.end(), _part(match)


def _part(match: re.Match[str]) -> Part:
    if match["word"]:
        return Part("night", 0 if match["word"].lower() == "tonight" else -1)
    this = (match["this"] or "").lower()
    return Part(match["part"].lower(), None if not this else 0 if this == "this" else -1)


def clocks(text: str) -> Iterator[tuple[int, int, Clock]]:
    for pattern in (_SUFFIXED, _COLON, _NAMED, _PAST, _LETTER_H, _MILITARY, _OCLOCK, _COMPLETED):
        for match in pattern.finditer(text):
            start, end = match.span("said" if "said" in pattern.groupindex else 0)
            if end > start and (clock := _clock(match.groupdict(), bare=pattern is _COMPLETED)):
                yield start, end, clock
    for pattern in (_BARE, _BARE_END):
        for match in pattern.finditer(text):
            if _AFTER.match(text, match.end()) and (clock := _clock(match.groupdict(), bare=True)):
                yield *match.span("said"), clock


def _clock(found: dict[str, str | None], bare: bool) -> Clock | None:
    if name := found.get("name"):
        return Clock(0 if name.lower() == "midnight" else 12)
    said = (found.get("hour") or "").lower()
    hour, minute = _HOURS.get(said) or int(said), int(found.get("minute") or 0)
    if half := (found.get("half") or "").lower():
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if part := found.get("part"):
        minutes = {"half": 30, "quarter": 15}[part.lower()] * (1 if (found.get("way") or "").lower() == "past" else -1)
        hour, minute = divmod((hour * 60 + minutes) % 1440, 60)
    return Clock(hour, minute, int(found.get("second") or 0), bare) if hour < 24 else None
