"""Which of the known objects a question is about, and which name was probably meant when none matches."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from midwatch.analysis.name_positions import (
    is_plain,
    whole_name,
    words_in_name_position,
    words_that_may_be_names,
)
from midwatch.domain.question import NAME
from midwatch.domain.subject import Subject

_LONGEST = 253  # letters of an object's name
_LOOKED_FOR = 20  # unknown names for which near ones are looked for: the look costs a comparison with every object
_MOST_ALIKE = 12  # objects that one part of a name may stand for; a word that is in more names says nothing
# What controllers append to the names of pods: letters the API server's generator uses, or a number.
_MADE = re.compile(
    r"(?P<stem>.+?)(?:-[bcdfghjklmnpqrstvwxz2456789]{6,10})?-(?:[bcdfghjklmnpqrstvwxz2456789]{5}|\d{1,4})"
)
_HASH = re.compile(r"-[a-f0-9]{6,10}(?:-[a-z0-9]{5})?$")


@dataclass(frozen=True)
class NameMatch:
    """A word of the question that is not an object's name, and the objects that it stands for. `how`: "name" (part of
    the name) or the label (`app`)."""

    word: str
    subjects: tuple[Subject, ...]
    how: str = "name"


@dataclass(frozen=True)
class Scope:
    """`named` are the objects a question names, `unknown` the names it uses that nothing has, with the nearest known
    ones. `matches` are the named ones that were found by a part of their name or by a label. `whole`: the question is
    a name and nothing else."""

    named: tuple[Subject, ...] = ()
    unknown: tuple[tuple[str, tuple[str, ...]], ...] = ()
    matches: tuple[NameMatch, ...] = ()
    whole: bool = False


def scope(
    question: str, subjects: Sequence[Subject], labels: Mapping[str, Mapping[Subject, str]] | None = None
) -> Scope:
    """Reads names off a question: an object's name, a part of one between dashes, or the value of a label (`labels`:
    value → object → label).

    A word counts as a name when an object has it, when it can be nothing else (it has a dash or a slash), or when it
    stands where a name would. A namespace beside other names only says where they are.
    """
    words = list(_words(question))
    if not words:
        return Scope()
    names = _Names(subjects, labels or {})
    whole = whole_name(question)
    placed = {*words_in_name_position(question), *filter(None, (whole,))}
    possible = set(words_that_may_be_names(question))
    named: dict[Subject, None] = {}
    unknown: dict[str, tuple[str, ...]] = {}
    matches: list[NameMatch] = []
    for word in dict.fromkeys(words):
        short = word.rpartition("/")[2]
        if found := names.exact(short):
            named |= dict.fromkeys(found)
        elif not (_is_name(word) or word in placed | possible):
            continue
        elif match := names.alike(short):
            matches.append(match)
        elif _is_name(word) or word in placed:
            short = short[:_LONGEST]
            unknown[short] = names.near(short) if len(unknown) < _LOOKED_FOR else ()
    alike = _inside(dict.fromkeys([*named, *(s for m in matches for s in m.subjects)]))
    used = tuple(m for m in matches if set(m.subjects) & set(alike))
    return Scope(alike, tuple(unknown.items()), used, bool(whole))


@dataclass
class _Names:
    subjects: Sequence[Subject]
    labels: Mapping[str, Mapping[Subject, str]]
    by_name: dict[str, list[Subject]] = field(default_factory=dict[str, list[Subject]])
    by_stem: dict[str, list[Subject]] = field(default_factory=dict[str, list[Subject]])

    def __post_init__(self) -> None:
        for subject in self.subjects:
            self.by_name.setdefault(subject.name.lower(), []).append(subject)
            if subject.kind == "Pod" and (made := _MADE.fullmatch(subject.name)):
                self.by_stem.setdefault(made["stem"].lower(), []).append(subject)

    def exact(self, word: str) -> list[Subject]:
        return self.by_name.get(word) or self.by_stem.get(word) or self.by_name.get(_HASH.sub("", word)) or []

    def alike(self, word: str) -> NameMatch | None:
        """The objects that have the word as a label's value, or as whole parts of their name: at its beginning rather
        than anywhere. None where they are too many to be meant."""
        if found := self.labels.get(word):
            return NameMatch(word, tuple(found), next(iter(found.values())))
        beginning = [name for name in self.by_name if name.startswith(word + "-")]
        inside = beginning or [name for name in self.by_name if f"-{word}-" in f"-{name}-"]
        found_by_part = [s for name in inside for s in self.by_name[name]]
        workloads = [s for s in found_by_part if s.kind != "Pod"] or found_by_part
        return NameMatch(word, tuple(workloads)) if 0 < len(workloads) <= _MOST_ALIKE else None

    def near(self, word: str) -> tuple[str, ...]:
        """Pods only where no workload's name is near: theirs are made from it."""
        made = {name for name, found in self.by_name.items() if all(s.kind in ("Pod", "ReplicaSet") for s in found)}
        others = [name for name in self.by_name if name not in made]
        return tuple(get_close_matches(word, others, n=3, cutoff=0.6) or get_close_matches(word, made, n=3, cutoff=0.6))


def _inside(named: Iterable[Subject]) -> tuple[Subject, ...]:
    """`web in shop`: the web of that namespace, and nothing else of it. An object called like its namespace may be
    meant by either."""
    spaces = {s.name for s in named if s.kind == "Namespace"}
    others = [s for s in named if s.kind != "Namespace" and s.name not in spaces]
    near = tuple(s for s in others if s.namespace in spaces)
    if not spaces or not others:
        return tuple(named)
    return near or tuple(others)


def _words(question: str) -> Iterator[str]:
    return (match[0].lower() for match in NAME.finditer(question))


def _is_name(word: str) -> bool:
    shaped = ("-" in word or "/" in word) and any(letter.isalpha() for letter in word)
    short = word.rpartition("/")[2]
    return shaped and any(letter.isalpha() for letter in short) and not (is_plain(word) or is_plain(short))
