"""Entities named in a question, by kind. A name that is nearly a known one is taken for it when no other is near; an
ambiguous or more distant one is asked back."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches

from midwatch.domain.intent import Entities
from midwatch.questions.grammar import Grammar, GrammarKind

# Likeness by difflib: one letter of six, of fifteen in a host; "Aldrebroko" is 0.8 like "Alderbrook".
SURE, NEAR = 0.85, 0.6
_WORD = re.compile(r"[a-z0-9](?:[a-z0-9_.&-]*[a-z0-9])?")


@dataclass(frozen=True)
class Doubt:
    """An unknown name: `near` are the known ones with a similar spelling."""

    kind: str
    word: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class NamedEntities:
    """Entities of one question. `text` is the question with § for each name; `names` are ids by kind."""

    text: str
    names: Mapping[str, tuple[str, ...]]
    doubts: tuple[Doubt, ...] = ()

    @property
    def features(self) -> set[str]:
        return {kind for kind, found in self.names.items() if found} | {doubt.kind for doubt in self.doubts}

    def of(self, kind: str) -> tuple[str, ...]:
        return self.names.get(kind, ())


@dataclass
class _Reading:
    """The remaining text of a question while names are extracted, one kind after the other."""

    text: str
    grammar: Grammar
    doubts: list[Doubt] = field(default_factory=list[Doubt])

    def take(self, word: str, before: str = r"(?<![\w§.-])", after: str = r"(?![\w-])") -> bool:
        """Whether the word occurs; each occurrence is replaced by §."""
        if word not in self.text:
            return False
        self.text, times = re.subn(f"{before}{re.escape(word)}{after}", "§", self.text)
        return times > 0

    def named(self, kind: GrammarKind, known: Entities) -> Iterator[str]:
        """Names that are known, or match the kind's pattern."""
        pairs = known.pairs(kind.name)
        if kind.declared.short_names:
            yield from self._spelled(pairs, kind.declared.ambiguous)
        elif kind.pattern is None:
            shared = set(known.ids(kind.declared.shared_with)) if kind.declared.shared_with else set[str]()
            yield from self._known((name for name, _ in pairs if name not in shared), kind.declared.marker)
        yield from self._formed(kind, [name for name, _ in pairs])

    def _spelled(self, known: Sequence[tuple[str, str]], ambiguous: Sequence[str]) -> Iterator[str]:
        for spelling, name in _spellings(known, ambiguous):
            if self.take(spelling, before=r"(?<![\w-])"):
                yield name

    def _known(self, names: Iterable[str], marker: str) -> Iterator[str]:
        """Known names that occur letter by letter, the longest first. One that is also a word of the grammar is a name
        only before a marker."""
        for name in sorted(names, key=lambda n: (-len(n), n)):
            low = name.lower()
            marked = marker if low in self.grammar.words else ""
            if self.take(low, after=rf"(?:'s)?(?![\w-]){marked}"):
                yield name

    def _formed(self, kind: GrammarKind, ids: Sequence[str]) -> Iterator[str]:
        for match in list(kind.pattern.finditer(self.text)) if kind.pattern else ():
            name = match["name"]
            if kind.unlike and not match.groupdict().get("sure") and kind.unlike.search(name):
                continue
            near = tuple(found for found in get_close_matches(name, ids, n=3, cutoff=SURE) if found != name)
            if not kind.declared.closed:
                self.text = self.text.replace(match[0], "§", 1)
            if (kind.declared.closed and ids) or (near and name not in ids):
                self.doubts.append(Doubt(kind.name, name, near))
            else:
                yield name
        if ids and kind.partial and kind.partial_with and kind.partial_with.search(self.text):
            words = [match[0] for match in kind.partial.finditer(self.text)]
            self.doubts += [Doubt(kind.name, w, tuple(get_close_matches(w, ids, n=3, cutoff=SURE))) for w in words]

    def mistyped(self, kind: GrammarKind, ids: Sequence[str]) -> Iterator[str]:
        if kind.places is None:
            return
        low = {name.lower(): name for name in ids if name}
        places = {word for word in _in_places(self.text, kind.places) if word not in self.grammar.plain}
        for word in dict.fromkeys(match[0] for match in _WORD.finditer(self.text)):
            stem = word.removesuffix("s") if word not in low and word in places else word
            if len(word) < 4 or word in self.grammar.plain or not self.grammar.words.isdisjoint((stem, word)):
                continue
            alike = [n for n in low if n[0] == word[0] and abs(len(n) - len(word)) <= 2]
            near: list[str] = get_close_matches(word, alike, n=3, cutoff=NEAR if word in places else SURE)
            if len(near) == 1 and SequenceMatcher(None, word, near[0]).ratio() >= SURE:
                self.take(word)
                yield low[near[0]]
            elif near:
                self.doubts.append(Doubt(kind.name, word, tuple(low[n] for n in near)))


def named_entities(text: str, known: Entities, grammar: Grammar) -> NamedEntities:
    """Entities named in the text, which is in lower case. A name recognised as one kind is not read as another too."""
    reading = _Reading(text, grammar)
    names = {kind.name: list(reading.named(kind, known)) for kind in grammar.kinds}
    for kind in grammar.kinds:
        names[kind.name] += _in_common(kind, names, known, text)
    for kind in grammar.kinds:
        names[kind.name] += reading.mistyped(kind, known.ids(kind.name))
    order = {name: text.find(name.lower()) for some in names.values() for name in some}
    found = {kind: tuple(sorted(dict.fromkeys(some), key=order.__getitem__)) for kind, some in names.items()}
    return NamedEntities(reading.text, found, _final_doubts(reading.doubts, found, grammar))


def unknown_name(kind: GrammarKind, text: str, grammar: Grammar) -> str:
    """The word in the position of a name of this kind, when none is known."""
    return next((word for word in _in_places(text, kind.places, 1) if word not in grammar.plain), "")


def _in_places(text: str, places: re.Pattern[str] | None, most: int = 0) -> Iterator[str]:
    for number, match in enumerate(places.finditer(text) if places else (), 1):
        yield from (word for word in match.groupdict().values() if word)
        if number == most:
            return


def _in_common(kind: GrammarKind, names: Mapping[str, Sequence[str]], known: Entities, text: str) -> list[str]:
    """Names of another kind that are used as one of this kind: `in checkout`."""
    ids, marks = set(known.ids(kind.name)), kind.declared.marks
    shared = names.get(kind.declared.shared_with, ())
    return [name for name in shared if name in ids and any(mark.replace("{name}", name) in text for mark in marks)]


def _spellings(known: Sequence[tuple[str, str]], ambiguous: Sequence[str]) -> list[tuple[str, str]]:
    """Id, name, and each unique tail of a name (`us-east-1c`, `1c`); the longest first."""
    found: dict[str, set[str]] = {}
    for entity, name in known:
        parts = name.lower().split("-")
        tails = {"-".join(parts[i:]) for i in range(1, len(parts))}
        short = {f"{a}-{parts[-1]}" for a in parts[:-1]}  # eks-1c
        for spelling in {entity.lower(), name.lower(), *tails, *short}:
            if len(spelling) >= 2 and spelling not in ambiguous:
                found.setdefault(spelling, set()).add(entity)
    unique = [(spelling, next(iter(ids))) for spelling, ids in found.items() if len(ids) == 1 and spelling]
    return sorted(unique, key=lambda pair: (-len(pair[0]), pair[0]))


def _final_doubts(doubts: Sequence[Doubt], found: Mapping[str, Sequence[str]], grammar: Grammar) -> tuple[Doubt, ...]:
    """One doubt for each word; none beside a sure name of a kind of which one suffices."""
    enough = {kind.name for kind in grammar.kinds if kind.declared.one_suffices and found[kind.name]}
    return tuple({doubt.word: doubt for doubt in doubts if doubt.kind not in enough}.values())
