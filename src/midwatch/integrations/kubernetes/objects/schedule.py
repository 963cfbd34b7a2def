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
    """The error of an invalid schedule; None for a valid one."""
    text = re.sub(r"^(CRON_)?TZ=\S+\s+", "", schedule.strip())
    if not text:
        return "expected 5 fields, found 0"
    if text.startswith("@"):
        return _macro_fault(text)
    parts = text.split()
    if len(parts) != len(_FIELDS):
        return f"expected 5 fields, found {len(parts)}"
    for part, (name, low, high, words) in zip(parts, _FIELDS, strict=True):
        if wrong := _field_fault(part, low, high, words):
            return f"{name} {part!r}: {wrong}"
    return None


def _macro_fault(text: str) -> str | None:
    if text.startswith("@every "):
        duration = text.removeprefix("@every ").strip()
        return None if _DURATION.fullmatch(duration) else f"{duration!r} is not a duration"
    return None if text in _MACROS else f"{text!r} is not a known macro"


def _field_fault(field: str, low: int, high: int, words: dict[str, int]) -> str | None:
    choices = [c for c in field.split(",") if c]
    if not choices:
        return "no value"
    return next((wrong for c in choices if (wrong := _choice_fault(c, low, high, words))), None)


def _choice_fault(choice: str, low: int, high: int, words: dict[str, int]) -> str | None:
    span, *steps = choice.split("/")
    if len(steps) > 1 or any(not s.isdecimal() or int(s) == 0 for s in steps):
        return "step must be one integer above 0"
    if span in ("*", "?"):
        return None
    bounds = [_number(b, words) for b in span.split("-")]
    if len(bounds) > 2:
        return "more than two bounds in a range"
    numbers = [b for b in bounds if b is not None]
    if len(numbers) != len(bounds):
        return "not a number or known name"
    if min(numbers) < low or max(numbers) > high:
        return f"out of range {low}-{high}"
    if numbers[0] > numbers[-1]:
        return "range end is below range start"
    return None


def _number(text: str, words: dict[str, int]) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() else words.get(text.lower())
