"""A parsed question, before any decision: names, times, features, and the remaining plain words."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from midwatch.analysis.times.periods import is_comparison
from midwatch.analysis.times.spoken_time import SpokenTime, times
from midwatch.analysis.times.words import Moment
from midwatch.domain.intent import Entities
from midwatch.domain.window import Window
from midwatch.questions.entities import NamedEntities, named_entities
from midwatch.questions.grammar import Grammar
from midwatch.questions.spelling import correct_spelling

LONGEST_QUESTION = 2000  # characters that are read
_LONG = timedelta(hours=36)
_MENTION = re.compile(r"<[@#!][^>]{0,200}+>|(?<!\w)@[\w.-]+|^\s*/[a-z]\w*|[*_`~\"“”]")


@dataclass(frozen=True)
class ParsedQuestion:
    """A parsed question. `plain` is without names, times, punctuation and politeness."""

    text: str
    plain: str
    named: NamedEntities
    said: tuple[SpokenTime, ...]
    now: datetime
    zone: tzinfo
    entities: Entities
    grammar: Grammar
    features: frozenset[str] = field(default=frozenset())

    @property
    def time(self) -> Moment | Window | None:
        """The time in the question; `now` only when no other was given."""
        chosen = next((s.time for s in self.said if s.time != Moment(self.now)), None)
        return chosen or (Moment(self.now) if self.said else None)

    @property
    def topics(self) -> tuple[str, ...]:
        return self.grammar.topics(self.features)


def parse(question: str, entities: Entities, now: datetime, zone: tzinfo, grammar: Grammar) -> ParsedQuestion:
    text = " ".join(clean_question(question).replace("’", "'").split()).lower()
    text = correct_spelling(text, grammar.spelling, grammar.words)
    found = named_entities(text, entities, grammar)
    said = tuple(times(found.text, now, zone))
    plain = found.text
    for time in reversed(said):
        plain = f"{plain[: time.start]} {plain[time.end :]}"
    plain = _politeless(_plain(plain), grammar)
    whole = _politeless(_plain(found.text), grammar)
    parsed = ParsedQuestion(found.text, plain, found, said, now, zone, entities, grammar)
    features = grammar.matching_rules(whole) | found.features | _time_features(parsed)
    return replace(parsed, features=frozenset(features))


def clean_question(question: str) -> str:
    """The question up to the length limit, without mentions and formatting."""
    return _MENTION.sub(" ", question[:LONGEST_QUESTION])


def _plain(text: str) -> str:
    text = re.sub(r"§'?s\b", "§", text).replace("'", "")
    return " ".join(re.sub(r"[^\w§%/]+", " ", text).split())


def _politeless(text: str, grammar: Grammar) -> str:
    previous = ""
    while previous != text:
        previous, text = text, grammar.noise.sub("", text).strip()
    return text


def _time_features(parsed: ParsedQuestion) -> set[str]:
    time = parsed.time
    found = {"compared"} if is_comparison(parsed.text) else set[str]()
    if isinstance(time, Moment):
        found.add("now" if time.at == parsed.now else "point")
    elif time and time.until - time.since > _LONG:
        found.add("days")
    return found
