"""Alert category, from words and labels with weights, as data. The same text gives the same category."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

IN_TITLE = 3  # a word in the title counts as much as three in the text
_SHORT = 3
SEARCHED = 16 * 1024  # characters of the text in which words are looked for


@dataclass(frozen=True)
class TroubleKind:
    """The category of an alert. `quotes` are the deciding words, as the text spells them."""

    category: str
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Category:
    name: str
    words: tuple[tuple[re.Pattern[str], int], ...]
    labels: frozenset[str]
    about: tuple[str, ...]


@cache
def _categories() -> tuple[_Category, ...]:
    entries: dict[str, dict[str, Any]] = yaml.load(
        files("midwatch.analysis").joinpath("classify.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    return tuple(
        _Category(
            name,
            tuple((re.compile(start(str(word)), re.IGNORECASE), weight) for word, weight in entry["words"].items()),
            frozenset(entry.get("labels", ())),
            tuple(entry["about"]),
        )
        for name, entry in entries.items()
    )


def start(word: str) -> str:
    """Regular expression for a word prefix; a space in it matches any separator of words in names and keys.

    A word of up to three letters has to be the whole word: db is not the beginning of dbt.
    """
    end = "(?![A-Za-z])" if len(word) <= _SHORT else ""
    return r"(?<![A-Za-z0-9])" + re.escape(word).replace(r"\ ", r"[\s_-]?") + end


def split_camel_case(text: str) -> str:
    """The text, followed by a copy with CamelCase split into words, so that alert names can be matched like
    sentences."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return text if apart == text else f"{text}\n{apart}"


def name_kinds(category: str) -> tuple[str, ...]:
    """Kinds of names that an alert of this category is about, the likeliest first."""
    return next((c.about for c in _categories() if c.name == category), ("service", "host"))


def categories() -> tuple[str, ...]:
    return tuple(c.name for c in _categories())


def classify(title: str, text: str, labels: Iterable[str] = ()) -> TroubleKind:
    """The category with the most points, and the words that gave them; `other` without any."""
    keys = {k.lower() for k in labels}
    named, body = split_camel_case(title), text[:SEARCHED]
    best, most, proof = "other", 0, tuple[str, ...]()
    for category in _categories():
        points = 2 * len(keys & category.labels)
        quotes: dict[str, None] = {}
        for pattern, weight in category.words:
            if found := pattern.search(named):
                points += IN_TITLE * weight
                quotes[found[0]] = None
            elif found := pattern.search(body):
                points += weight
                quotes[found[0]] = None
        if points > most:
            best, most, proof = category.name, points, tuple(quotes)
    return TroubleKind(best, tuple(dict.fromkeys(q for q in proof if q in title or q in text)))
