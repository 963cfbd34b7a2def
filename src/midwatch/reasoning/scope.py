"""Which of the known objects a question is about, and which name was probably meant when none matches."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from midwatch.domain.question import NAME
from midwatch.domain.subject import Subject

_LONGEST = 253  # letters of an object's name
_MESSAGE = 2000  # letters of a message whose words are looked at
_LOOKED_FOR = 20  # unknown names for which near ones are looked for: the look costs a comparison with every object
# What controllers append to the names of pods: letters the API server's generator uses, or a number.
_MADE = re.compile(
    r"(?P<stem>.+?)(?:-[bcdfghjklmnpqrstvwxz2456789]{6,10})?-(?:[bcdfghjklmnpqrstvwxz2456789]{5}|\d{1,4})"
)
_HASH = re.compile(r"-[a-f0-9]{6,10}(?:-[a-z0-9]{5})?$")


@dataclass(frozen=True)
class Scope:
    """`named` are the objects a question names, `unknown` the names it uses that nothing has, with the nearest known
    ones."""

    named: tuple[Subject, ...] = ()
    unknown: tuple[tuple[str, tuple[str, ...]], ...] = ()


def scope(question: str, subjects: Sequence[Subject], quotes: Iterable[str] = ()) -> Scope:
    """Reads names off a question. A word counts as a name when an object has it, or when it can be nothing else (it has
    a dash, a slash or a dot between letters and digits). A namespace beside other names only says where they are.

    `quotes` are the messages that findings cite: their words ("Multi-Attach error", "0/5 nodes are available") are not
    names that nothing has.
    """
    words = list(_words(question))
    if not words:
        return Scope()
    by_name: dict[str, list[Subject]] = {}
    by_stem: dict[str, list[Subject]] = {}
    for subject in subjects:
        by_name.setdefault(subject.name.lower(), []).append(subject)
        if (made := _MADE.fullmatch(subject.name)) and subject.kind == "Pod":
            by_stem.setdefault(made["stem"].lower(), []).append(subject)
    named: dict[Subject, None] = {}
    unknown: dict[str, tuple[str, ...]] = {}
    spoken: frozenset[str] = frozenset()
    for word in words:
        short = word.rpartition("/")[2]
        found = by_name.get(short) or by_stem.get(short) or by_name.get(_HASH.sub("", short))
        if found:
            named |= dict.fromkeys(found)
        elif _is_name(word) and not (spoken := spoken or _spoken(quotes)).intersection((word, short)):
            short = short[:_LONGEST]
            unknown[short] = (
                tuple(get_close_matches(short, by_name, n=3, cutoff=0.6)) if len(unknown) < _LOOKED_FOR else ()
            )
    return Scope(_inside(named), tuple(unknown.items()))


def _inside(named: Iterable[Subject]) -> tuple[Subject, ...]:
    """`web in shop`: the web of that namespace, and nothing else of it. An object called like its namespace may be
    meant by either."""
    spaces = {s.name for s in named if s.kind == "Namespace"}
    others = [s for s in named if s.kind != "Namespace" and s.name not in spaces]
    near = tuple(s for s in others if s.namespace in spaces)
    if not spaces or not others:
        return tuple(named)
    return near or tuple(others)


def _words(question: str) -> Iterable[str]:
    return (match[0].lower() for match in NAME.finditer(question))


def _spoken(quotes: Iterable[str]) -> frozenset[str]:
    """The words of all messages; a quote of one word is a name or a value."""
    return frozenset(word for quote in quotes if " " in quote for word in _words(quote[:_MESSAGE])) or frozenset(("",))


def _is_name(word: str) -> bool:
    return ("-" in word or "/" in word) and re.search("[a-z]", word) is not None and word not in _PLAIN


# English compounds that are written with a dash and are no names.
_PLAIN = frozenset(
    [
        "back-off",
        "crash-loop",
        "crash-looping",
        "on-call",
        "out-of-memory",
        "read-only",
        "re-start",
        "rolled-out",
        "roll-out",
        "start-up",
        "time-out",
        "and/or",
        "up-to-date",
        "error-rate",
        "load-balancer",
        "config-map",
        "network-policy",
        "service-account",
        "image-pull",
        "http/https",
        "tcp/ip",
        "ci/cd",
        "i/o",
    ]
)
