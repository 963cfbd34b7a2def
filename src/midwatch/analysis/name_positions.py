"""Plain words of a question in the position of an object's name: `checkout` in `why is checkout slow`."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

_NAME = r"(?P<name>[a-z][a-z0-9-]{1,62})"
_PART = re.compile("KIND|NAME|THING")
_LONGEST = 2_000  # characters of a question; a longer paste is no question


@dataclass(frozen=True)
class _Tables:
    positions: tuple[re.Pattern[str], ...]
    possible: tuple[re.Pattern[str], ...]
    whole: tuple[re.Pattern[str], ...]
    plain: frozenset[str]
    topics: frozenset[str]


@cache
def _tables() -> _Tables:
    text = files("midwatch.analysis").joinpath("name_positions.yaml").read_text("utf-8")
    table = yaml.load(text, Loader=yaml.CSafeLoader)
    kinds = "|".join(table["kinds"].split())
    parts = {"KIND": f"(?:(?:{kinds}) (?:named |called )?)", "NAME": _NAME, "THING": f"(?: (?:{kinds}))"}

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(_PART.sub(lambda m: parts[m[0]], pattern))

    plain = frozenset((table["plain"] + " " + table["compounds"]).split())
    positions, possible, whole = (tuple(map(compiled, table[key])) for key in ("positions", "possible", "whole"))
    return _Tables(positions, possible, whole, plain, frozenset(table["topics"].split()))


def words_in_name_position(question: str) -> tuple[str, ...]:
    """Such words in lower case, each once, in order of position; without words that are never names."""
    return _found(question, _tables().positions)


def words_that_may_be_names(question: str) -> tuple[str, ...]:
    """As `words_in_name_position`, and words where an adjective is possible as well (`service abnormal`)."""
    return _found(question, _tables().possible)


def whole_name(question: str) -> str:
    """The name that is the whole question, alone or with a kind (`payments`, `pod payments`); "" where it is a topic in
    plain English (`help`, `pods`, `evictions`)."""
    found = _found(question, _tables().whole)
    return found[0] if found and found[0] not in _tables().topics else ""


def is_plain(word: str) -> bool:
    """Whether the word is never an object name by itself."""
    return word in _tables().plain


def _found(question: str, patterns: tuple[re.Pattern[str], ...]) -> tuple[str, ...]:
    low = " ".join(question[:_LONGEST].lower().split())
    words = (match["name"] for pattern in patterns for match in pattern.finditer(low))
    return tuple(dict.fromkeys(word for word in words if not is_plain(word)))
