"""Plain words of a question that stand where the name of an object would: `checkout` in `why is checkout slow`."""

import re
from functools import cache
from importlib.resources import files

import yaml

_NAME = r"(?P<name>[a-z][a-z0-9-]{1,62})"
_LONGEST = 2_000  # characters of a question; what is pasted beyond is no question


@cache
def _tables() -> tuple[tuple[re.Pattern[str], ...], frozenset[str]]:
    text = files("midwatch.analysis").joinpath("name_positions.yaml").read_text("utf-8")
    table = yaml.load(text, Loader=yaml.CSafeLoader)
    patterns = tuple(re.compile(p.replace("NAME", _NAME)) for p in table["positions"])
    return patterns, frozenset((table["plain"] + " " + table["compounds"]).split())


def words_in_name_position(question: str) -> tuple[str, ...]:
    """In small letters, each once, in the order of the positions; without words that are known to be no names."""
    patterns, plain = _tables()
    low = " ".join(question[:_LONGEST].lower().split())
    found = (match["name"] for pattern in patterns for match in pattern.finditer(low))
    return tuple(dict.fromkeys(word for word in found if word not in plain))


def is_plain(word: str) -> bool:
    """Whether the word never names an object by itself."""
    return word in _tables()[1]
