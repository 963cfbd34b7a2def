"""Extracts facts from alert text: numbers with units, and names of the affected objects. Pure, linear, never raises.

A text is the canonical text of an alert (one thing on each line) or any other; at most 64 KiB of it are read. Names
come with the quotation they were read off, so that every statement about them can be looked up again.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from ipaddress import ip_address

from midwatch.analysis.quantities import Number, data, numbers, timeless

LONGEST = 64 * 1024  # characters that are read
_VAGUE = "system"  # "on orders-db": a name, of whatever it is
MOST = 40  # names of one kind; bounds the memory that a hostile text can use
_LINE = re.compile(r"^(?:label|detail) ([^:\n]{1,120}): (.{1,500})$|^(service): (.{1,500})$", re.MULTILINE)
_PAIR = re.compile(r"(?<![\w.-])([A-Za-z][\w.-]{0,60})[\"']?(?:=|: ?)[\"']?([A-Za-z0-9/_][\w./@:+-]{0,120})")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_VERB = re.compile(
    r" (?:is|has|was|down|failed|fails|not|missed|crashed|stopped|unavailable)\b"
)  # keywords behind a name
_NAMELIKE = re.compile(r"[A-Za-z/][\w./@+-]{0,100}")


@dataclass(frozen=True, slots=True)
class NamedFact:
    """A name in the text: `kind` is host, address, user, database, service, table, queue, disk, url, region, port, code
    …"""

    kind: str
    value: str
    quote: str
    start: int


@dataclass(frozen=True)
class Facts:
    """All facts of one text, each kind in the order of the text."""

    numbers: tuple[Number, ...]
    names: tuple[NamedFact, ...]

    @cached_property
    def first(self) -> dict[str, NamedFact]:
        """The first name of each kind; labels and details come before sentences."""
        found: dict[str, NamedFact] = {}
        for name in self.names:
            found.setdefault(name.kind, name)
        return found

    def of(self, kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n.value for n in self.names if n.kind == kind))


def facts(text: str) -> Facts:
    text = text[:LONGEST]
    seen: dict[tuple[str, str], NamedFact] = {}
    count: dict[str, int] = {}
    known: set[str] = set()
    for name in sorted(
        (*_labelled(text), *_shaped(timeless(text)), *_in_sentences(text)), key=lambda n: n.kind == _VAGUE
    ):
        key = (name.kind, name.value)
        again = name.kind == _VAGUE and (name.value in known or name.value.lower() in _plain())
        if not again and key not in seen and count.get(name.kind, 0) < MOST:
            known.add(name.value)
            seen[key] = name
            count[name.kind] = count.get(name.kind, 0) + 1
    return Facts(numbers(text), tuple(seen.values()))


@dataclass(frozen=True)
class _Shape:
    kind: str
    pattern: re.Pattern[str]
    fits: Callable[[str], bool]


@cache
def _kinds() -> dict[str, str]:
    return {word: kind for kind, words in data()["names"].items() for word in words}


@cache
def _shapes() -> tuple[_Shape, ...]:
    checks: dict[str, Callable[[str], bool]] = {"ip": _is_address, "": bool}
    return tuple(_Shape(s["kind"], re.compile(s["pattern"]), checks[s.get("check", "")]) for s in data()["shapes"])


@cache
def _plain() -> frozenset[str]:
    return frozenset(data()["plain"]) | frozenset(_kinds())


@cache
def _words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = "|".join(w.replace("_", "[ _]") for w in sorted(_kinds(), key=len, reverse=True))
    name = r"[A-Za-z0-9/][\w./@+-]{0,100}"
    before = rf"(?<![\w.-])(?P<word>{words}) (?P<mark>[\"'`]?)(?P<name>{name})"
    behind = rf"(?<![\w./@-])(?P<name>[A-Za-z][\w.-]{{1,80}}) (?P<word>{words})(?![\w-])"
    return re.compile(before, re.IGNORECASE), re.compile(behind, re.IGNORECASE)


def _labelled(text: str) -> Iterator[NamedFact]:
    """Names behind a key, on a line of their own or in a sentence (host=db-1)."""
    for match in _LINE.finditer(text):
        key, value, at = (match[1], match[2], match.start(2)) if match[1] else (match[3], match[4], match.start(4))
        yield from _keyed(key, value.strip(), at)
    for match in _PAIR.finditer(text):
        yield from _keyed(match[1], match[2].rstrip(".:"), match.start(2))


def _keyed(key: str, value: str, at: int) -> Iterator[NamedFact]:
    known, low = _kinds(), key.lower()
    parts = [p.lower() for p in _PARTS.findall(key)]
    kind = known.get(low.rpartition(".")[2]) or (known.get(parts[-1]) if parts else None)
    if kind and value and not value.replace(".", "").replace("%", "").isdigit() and value.lower() not in _plain():
        yield NamedFact(kind, value, value, at)


def _shaped(text: str) -> Iterator[NamedFact]:
    for shape in _shapes():
        for match in shape.pattern.finditer(text):
            group = 1 if shape.pattern.groups else 0
            if shape.fits(match[group]):
                yield NamedFact(
                    shape.kind, match[group].rstrip(".,;)"), match[group].rstrip(".,;)"), match.start(group)
                )


def _in_sentences(text: str) -> Iterator[NamedFact]:
    """Names in sentences ("database orders_db", "the orders-events queue"): a word counts as a name when it is quoted
    or cannot be plain English."""
    before, behind = _words()
    known = _kinds()
    for match in before.finditer(text):
        name, kind = match["name"].rstrip(".,:"), known[match["word"].lower().replace(" ", "_")]
        sure = bool(match["mark"]) or _is_name(name) or kind == "user" or _VERB.match(text, match.end())
        if sure and name.lower() not in _plain() and _NAMELIKE.fullmatch(name):
            yield NamedFact(kind, name, name, match.start("name"))
    for match in behind.finditer(text):
        if _is_name(match["name"]) and match["name"].lower() not in _plain():
            yield NamedFact(
                known[match["word"].lower().replace(" ", "_")], match["name"], match["name"], match.start("name")
            )


def _is_name(word: str) -> bool:
    return any(sign in word for sign in "_-/0123456789") and not word[0].isdigit() and not word.endswith(("-", "_"))


def _is_address(text: str) -> bool:
    try:
        return text.count(":") != 1 and bool(ip_address(text)) and any(c.isalnum() for c in text)
    except ValueError:
        return False
