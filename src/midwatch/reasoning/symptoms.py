"""What a question speaks of beside names: symptoms, and words that only the messages of findings have."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import yaml

from midwatch.domain.diagnosis import Cause
from midwatch.domain.evidence import Evidence
from midwatch.domain.finding import Code, Finding
from midwatch.domain.observation import Resources
from midwatch.domain.question import Question
from midwatch.reasoning.scope import Scope

_WORDS_OF_A_NAME = 2  # `web`, `deploy web`
_LISTS_OF_A_STATE = 3  # kinds of which the whole list was saved


@dataclass(frozen=True)
class _Table:
    """`patterns`: symptom → how people speak of it. `only`: symptom → its title, where nothing else is an answer."""

    patterns: Mapping[str, re.Pattern[str]]
    only: Mapping[str, str]


@cache
def _table() -> _Table:
    text = files("midwatch.reasoning").joinpath("symptoms.yaml").read_text("utf-8")
    table = yaml.load(text, Loader=yaml.CSafeLoader)
    return _Table({name: re.compile(p, re.IGNORECASE) for name, p in table["symptoms"].items()}, table["only"])


def symptoms(question: Question) -> frozenset[str]:
    """The symptoms that the question speaks of, by the names that codes declare."""
    if not question.text:
        return frozenset()
    return frozenset(name for name, pattern in _table().patterns.items() if pattern.search(question.text))


def answers(finding: Finding, codes: Mapping[str, Code], spoken_of: frozenset[str]) -> bool:
    """Whether the finding is about a symptom that was asked about."""
    return not spoken_of.isdisjoint(codes[finding.code].symptoms)


def symptom_first(causes: Sequence[Cause], codes: Mapping[str, Code], spoken_of: frozenset[str]) -> list[Cause]:
    """Causes of what was asked about before others, else in their order."""

    def fits(cause: Cause) -> bool:
        return any(answers(f, codes, spoken_of) for f in (cause.finding, *cause.explains))

    return sorted(causes, key=lambda cause: not fits(cause)) if spoken_of else list(causes)


def asked_alone(spoken_of: frozenset[str]) -> tuple[str, ...]:
    """Titles of the symptoms that were asked about and to which nothing else is an answer."""
    return tuple(title for name, title in _table().only.items() if name in spoken_of)


def causes_mentioning(causes: Sequence[Cause], about: Scope) -> tuple[list[Cause], Scope]:
    """Words that no object has, but a cause: those causes are the answer, and the words no missing names
    (`Multi-Attach`). A question that is a misspelt name and nothing else is about that name only."""
    found: list[Cause] = []
    unknown = list(about.unknown)
    for word, near in about.unknown:
        if about.whole and near:
            continue
        speaking = [c for c in causes if _speaks_of(c, word)]
        if speaking:
            unknown.remove((word, near))
            found += [c for c in speaking if c not in found]
    return found, replace(about, unknown=tuple(unknown))


def _speaks_of(cause: Cause, word: str) -> bool:
    texts = (t for f in (cause.finding, *cause.explains) for t in (f.message, *(c.quote for c in f.cites)))
    return any(word in text.lower() for text in texts)


def without_written_words(about: Scope, question: Question, evidence: Sequence[Evidence]) -> Scope:
    """Of a saved text that holds a word there is no missing name of that word: it is what the text is about (`mysql` of
    a path, the name in an event). A live cluster holds too much text for that. Of a sentence about a paste only
    what can be nothing but a name is missing."""
    if not about.unknown:
        return about
    texts = [e.text.lower() for e in evidence if e.snapshot is not None]
    sentence = is_sentence_on_paste(question, evidence)
    unknown = [(word, near) for word, near in about.unknown if "-" in word or not sentence]
    unknown = tuple((word, near) for word, near in unknown if not any(_holds(text, word) for text in texts))
    return replace(about, unknown=unknown)


def is_sentence_on_paste(question: Question, evidence: Sequence[Evidence]) -> bool:
    """Whether a paste was asked about in more than the name of an object."""
    return is_paste(evidence) and len(question.text.split()) > _WORDS_OF_A_NAME


def is_paste(evidence: Sequence[Evidence]) -> bool:
    """Whether what was read is a few saved outputs and not the state of a cluster: all of it is about the question.
    What a live cluster refuses to list makes no paste of it."""
    whole: set[str] = set()
    for item in evidence:
        seen = item.observation
        if isinstance(seen, Resources):
            if item.snapshot is None:
                return False
            whole |= set() if seen.partial else {seen.resource}
    return len(whole) < _LISTS_OF_A_STATE


def _holds(text: str, word: str) -> bool:
    return word in text and re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None
