"""Numbers of a text with their units and roles: value, limit, usual value, or duration.

Linear in the text: every expression has bounded repeats, and what stands around a number is looked at within fixed
widths.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

BEFORE, AFTER = 64, 32  # characters around a number that are searched for its meaning
MOST = 400  # numbers of one text; an alert has a handful
_HEADS = frozenset({"title", "summary", "detail", "label"})
_KEY = re.compile(r"([A-Za-z][\w.-]{0,60})[\"']?\s{0,2}[:=]\s{0,2}[\"'(]?$")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_STAMP = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T "
    r"]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?|(?<![\w:])\d\d:\d\d(?::\d\d)?(?![\w:])"
)
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w])|https?://\S{1,300}|(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}"
)
_IS_LIMIT = re.compile(r"\s?\(?(?:threshold|limit|max|maximum|slo|target)\b(?!\W{0,3}(?:of |is )?\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """One number. `amount` is in the dimension's own unit (percent, seconds, bytes, bytes a second, events a second, or
    as it stands).

    `name` is the key or the thing it counts; `near` what stands around it, lower case; `of` what it is a part of
    ("95/100").
    """

    text: str
    amount: float
    dimension: str
    role: str
    name: str
    near: str
    quote: str
    start: int
    of: "Number | None" = None


@dataclass(frozen=True)
class _Grammar:
    number: re.Pattern[str]
    units: dict[str, tuple[str, float]]
    roles: tuple[tuple[str, re.Pattern[str]], ...]
    keys: dict[str, str]


@cache
def data() -> dict[str, Any]:
    return yaml.load(files("midwatch.analysis").joinpath("facts.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)


_DIGITS = r"\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,9})?|\d{1,18}(?:\.\d{1,9})?"
_OF = r"\s?(?:/|\bout of\b|\bof\b)\s?(?:an? |the )?(?:maximum |max |total )?(?:of )?"


@cache
def _grammar() -> _Grammar:
    found = data()
    units = {
        spelling: (dimension, float(factor))
        for dimension, known in found["units"].items()
        for spelling, factor in known.items()
    }
    spelled = "|".join(re.escape(u) for u in sorted(units, key=len, reverse=True))
    things = "|".join(_plural(t) for t in sorted(found["things"], key=len, reverse=True))
    one, other = (_one(n, spelled, things) for n in (1, 2))
    number = rf"(?<![\w.:/,-])(?P<sign>-(?=\d))?{one}(?:{_OF}{other}(?![\w/-]))?"
    between = "|".join(found["between"])
    roles = tuple((role, _ending(words, between)) for role, words in found["roles"].items())
    keys = {part: role for role, parts in found["keys"].items() for part in parts}
    return _Grammar(re.compile(number, re.IGNORECASE), units, roles, keys)


def _one(n: int, units: str, things: str) -> str:
    unit = rf"\s?(?P<unit{n}>{units})(?![\w/])"
    thing = (
        rf"\s{{1,2}}(?:[A-Za-z][A-Za-z-]{{1,15}} ){{0,2}}?(?P<thing{n}>{things})(?![\w])(?! "
        rf"(?:attempts|failures|errors|timeouts)\b)"
    )
    return rf"(?P<n{n}>{_DIGITS})(?P<k{n}>(?-i:[kKM])(?=[\s/]|$))?(?![\d.,]\d)(?:{unit}|{thing})?"


def _plural(thing: str) -> str:
    return f"{thing[:-1]}(?:y|ies)" if thing.endswith("y") else f"{thing}(?:e?s)?"


def _ending(words: list[str], between: str) -> re.Pattern[str]:
    """Expression that matches when one of the words comes directly before a number."""
    gap = r"[\s:=(\"'-]{0,3}"
    return re.compile(
        rf"(?:(?<=\W)|^)(?:{'|'.join(words)}){gap}(?:(?:{between})[\s:=]{{1,2}}){{0,3}}~?$", re.IGNORECASE
    )


def numbers(text: str) -> tuple[Number, ...]:
    """Numbers of the text in order, at most 400; without times of day, dates and addresses."""
    grammar = _grammar()
    blanked = _ADDRESS.sub(_blank, timeless(text))
    return tuple(_numbers(blanked, grammar))


def _numbers(blanked: str, grammar: _Grammar) -> Iterator[Number]:
    for count, match in enumerate(grammar.number.finditer(blanked)):
        if count >= MOST:
            return
        start = match.start()
        after = match.end()
        if after < len(blanked) and blanked[after].isalnum():
            continue  # the beginning of a word: 3scale, 7f3a91
        before = blanked[max(0, start - BEFORE) : start].rpartition("\n")[2]
        tail = blanked[after : after + AFTER].partition("\n")[0]
        key = _KEY.search(before)
        name = key[1] if key and key[1].lower() not in _HEADS else ""
        near = f"{before} {match[0]}{tail}".lower()
        role = _role(before, tail, name, grammar)
        first = _number(match, 1, name, near, role, grammar)
        if match["n2"]:
            second = _number(match, 2, name, near, "limit", grammar)
            thing = second.dimension in (first.dimension, "") or not first.dimension
            first = replace(first, of=second, name=first.name or second.name, quote=match[0]) if thing else first
        yield first


def _number(match: re.Match[str], n: int, name: str, near: str, role: str, grammar: _Grammar) -> Number:
    unit, thing = match[f"unit{n}"], match[f"thing{n}"]
    dimension, factor = grammar.units[unit.lower()] if unit else ("", 1.0)
    amount = float(match[f"n{n}"].replace(",", "")) * factor
    amount *= {"k": 1e3, "K": 1e3, "M": 1e6}.get(match[f"k{n}"] or "", 1.0)
    if match["sign"] and n == 1:
        amount = -amount
    start, end = (
        match.start(f"n{n}"),
        match.end(f"unit{n}" if unit else f"thing{n}" if thing else f"k{n}" if match[f"k{n}"] else f"n{n}"),
    )
    text = match.string[start:end]
    return Number(text, amount, dimension, role, name or (thing or "").lower(), near, text, start)


def _role(before: str, tail: str, name: str, grammar: _Grammar) -> str:
    if name:
        parts = [p.lower() for p in _PARTS.findall(name)]
        return next((grammar.keys[p] for p in parts if p in grammar.keys), "value")
    if _IS_LIMIT.match(tail):
        return "limit"
    return next((role for role, ending in grammar.roles if ending.search(before)), "value")


def timeless(text: str) -> str:
    """The text with dates and times of day blanked; positions stay."""
    return _STAMP.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
