"""Cron schedules as Kubernetes reads them (the standard parser of github.com/robfig/cron, version 3)."""

import re

_MONTHS = {
    name: n
    for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_DAYS = {name: n for n, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
# Name, lowest, highest, words. Sunday is 0 only: the parser rejects 7.
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_MACROS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_DURATION = re.compile(r"([+-]?)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+")


def fault(schedule: str) -> str | None:
    """Why a schedule cannot be understood, in words; None when it can."""
    text = re.sub(r"^(CRON_)?TZ=\S+\s+", "", schedule.strip())
    if not text:
        return "it is empty"
    if text.startswith("@"):
        return _macro_fault(text)
    parts = text.split()
    if len(parts) != len(_FIELDS):
        return f"it has {len(parts)} field{'s' if len(parts) != 1 else ''} instead of 5"
    for part, (name, low, high, words) in zip(parts, _FIELDS, strict=True):
        if wrong := _field_fault(part, low, high, words):
            return f"{name} {part!r}: {wrong}"
    return None


def _macro_fault(text: str) -> str | None:
    if text.startswith("@every "):
        duration = text.removeprefix("@every ").strip()
        return None if _DURATION.fullmatch(duration) else f"{duration!r} is no duration"
    return None if text in _MACROS else f"{text!r} is no known macro"


def _field_fault(field: str, low: int, high: int, words: dict[str, int]) -> str | None:
    choices = [c for c in field.split(",") if c]
    if not choices:
        return "it names no value"
    return next((wrong for c in choices if (wrong := _choice_fault(c, low, high, words))), None)


def _choice_fault(choice: str, low: int, high: int, words: dict[str, int]) -> str | None:
    span, *steps = choice.split("/")
    if len(steps) > 1 or any(not s.isdecimal() or int(s) == 0 for s in steps):
        return "the step must be one whole number above 0"
    if span in ("*", "?"):
        return None
    bounds = [_number(b, words) for b in span.split("-")]
    if len(bounds) > 2:
        return "a range has two ends"
    numbers = [b for b in bounds if b is not None]
    if len(numbers) != len(bounds):
        return "it is neither a number nor a known name"
    if min(numbers) < low or max(numbers) > high:
        return f"it is outside {low}-{high}"
    if numbers[0] > numbers[-1]:
        return "the range ends before it begins"
    return None


def _number(text: str, words: dict[str, int]) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() else words.get(text.lower())
