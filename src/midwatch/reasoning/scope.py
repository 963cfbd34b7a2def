"""Which of the known objects a question is about, and which name was probably meant when none matches."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from midwatch.domain.subject import Subject

_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?")
# Words that look like names and are none, unless an object really is called so.
_HASH = re.compile(r"-[a-f0-9]{6,10}(?:-[a-z0-9]{5})?$")


@dataclass(frozen=True)
class Scope:
    """`named` are the objects a question names, `unknown` the names it uses that nothing has, with the nearest known ones."""

    named: tuple[Subject, ...] = ()
    unknown: tuple[tuple[str, tuple[str, ...]], ...] = ()


def scope(question: str, subjects: Sequence[Subject]) -> Scope:
    """Reads names off a question. A word counts as a name when an object has it, or when it can be nothing else (it has a dash,
    a slash or a dot between letters and digits)."""
    by_name: dict[str, list[Subject]] = {}
    for subject in subjects:
        by_name.setdefault(subject.name.lower(), []).append(subject)
    named: dict[Subject, None] = {}
    unknown: dict[str, tuple[str, ...]] = {}
    for word in _words(question):
        short = word.rpartition("/")[2]
        found = by_name.get(short) or by_name.get(_HASH.sub("", short))
        if found:
            named |= dict.fromkeys(found)
        elif _is_name(word):
            unknown[short] = tuple(get_close_matches(short, by_name, n=3, cutoff=0.6))
    return Scope(tuple(named), tuple(unknown.items()))


def _words(question: str) -> Iterable[str]:
    return (match[0].lower() for match in _WORD.finditer(question))


def _is_name(word: str) -> bool:
    return ("-" in word or "/" in word) and not word.replace("-", "").isdigit() and word not in _PLAIN


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
