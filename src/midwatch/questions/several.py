"""Detects several questions in one text. One at a time is answered; the others are not dropped but asked back, each as
a choice."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from midwatch.domain.intent import Clarification, Entities, Intent
from midwatch.questions.grammar import Grammar
from midwatch.questions.parsed_question import ParsedQuestion, clean_question, parse
from midwatch.questions.route import route_question

_MOST = 20  # parts of a text that are looked at
_WORD = re.compile(r"[^\W\d_]{4,}")  # that could be the name of a thing


@dataclass(frozen=True)
class _Part:
    """One question of a text, with the intent it has after the one before it."""

    text: str
    parsed: ParsedQuestion
    understood: Intent | Clarification

    @property
    def topic(self) -> str:
        return self.understood.topic


def several(
    question: str, entities: Entities, now: datetime, grammar: Grammar, zone: tzinfo, before: Intent | None
) -> Clarification | None:
    """Clarification for a text with more than one question, if the intent of the whole would leave one out. `Why are
    pods crashing and are the nodes ready?` is one question: one answer has both."""
    texts = [text for text in _split(clean_question(question), grammar) if text][:_MOST]
    if len(texts) < 2:
        return None
    parts = list(_parts(texts, entities, now, grammar, zone, before))
    if len(parts) < 2:
        return None
    whole = route_question(parse(question, entities, now, zone, grammar), before)
    if isinstance(whole, Clarification) and len({part.topic for part in parts}) < 2:
        return None
    if isinstance(whole, Intent) and all(_is_part(part, whole, grammar) for part in parts):
        return None
    return Clarification(question=grammar.several, choices=tuple(part.text for part in parts), several=True)


def _split(text: str, grammar: Grammar) -> Iterator[str]:
    """Sentences and joined clauses that could be questions."""
    start = 0
    for end in (*(match.span() for match in grammar.ends.finditer(text)), (len(text), len(text))):
        sentence, start = text[start : end[0]], end[1]
        asks = text[end[0] : end[1]].startswith("?")
        for piece in grammar.joints.split(" ".join(sentence.split())):
            yield f"{piece.strip()}?" if asks else piece.strip()


def _parts(
    texts: Sequence[str], entities: Entities, now: datetime, grammar: Grammar, zone: tzinfo, before: Intent | None
) -> Iterator[_Part]:
    """Parts that have one topic, ask for an attribute of the earlier part's subject, or name an unknown object."""
    spoken, first = before, True
    for text in texts:
        parsed = parse(text, entities, now, zone, grammar)
        if not text.endswith("?") and not grammar.opening.match(parsed.plain):
            continue
        if not first and _is_about_the_same(parsed):
            continue
        found = route_question(parsed, spoken)
        if found.topic or _is_about_another_thing(parsed):
            yield _Part(text, parsed, found)
            spoken, first = found if isinstance(found, Intent) else spoken, False


def _is_about_the_same(parsed: ParsedQuestion) -> bool:
    """Whether the part continues the earlier subject: `Is it slow?`, without a word that belongs to an area."""
    return parsed.features <= parsed.grammar.shared and bool(parsed.grammar.pronouns.search(parsed.plain))


def _is_about_another_thing(parsed: ParsedQuestion) -> bool:
    """Whether the part is a question about an unknown object that would be left out: `How is the checkout?`."""
    grammar = parsed.grammar
    if not grammar.asking.match(parsed.plain) or grammar.pronouns.search(parsed.plain):
        return False
    known = grammar.plain | grammar.words
    return any(known.isdisjoint((word, f"{word}s", word.removesuffix("s"))) for word in _WORD.findall(parsed.plain))


def _is_part(part: _Part, whole: Intent, grammar: Grammar) -> bool:
    """Whether the answer to the whole includes the part: same topic, names and time, and not limited to another object.
    The open topic also covers unknown objects."""
    found = part.understood
    if not found.topic:
        return grammar.topic(whole.topic).open
    if isinstance(found, Clarification) or found.topic != whole.topic or whole.attribute not in ("", found.attribute):
        return False
    names = all(set(some) <= set(whole.entities_of(kind)) for kind, some in found.entities)
    return names and (not part.parsed.said or found.window == whole.window)
