"""A question as it was understood before anything is decided: names, times, features, and the plain words that are
left."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from midwatch.analysis.times.periods import compared
from midwatch.analysis.times.said import Said, times
from midwatch.analysis.times.words import Moment
from midwatch.domain.intent import Names
from midwatch.domain.window import Window
from midwatch.questions.entities import Named, named
from midwatch.questions.grammar import Grammar, grammar
from midwatch.questions.spelling import spelled

LONGEST_QUESTION = 2000  # characters that are read
_LONG = timedelta(hours=36)
_MENTION = re.compile(r"<[@#!][^>]{0,200}+>|(?<!\w)@[\w.-]+|^\s*/[a-z]\w*|[*_`~\"“”]")


@dataclass(frozen=True)
class Heard:
    """A question as it was understood so far. `plain` is without names, times, punctuation and politeness."""

    text: str
    plain: str
    named: Named
    said: tuple[Said, ...]
    now: datetime
    zone: tzinfo
    names: Names
    grammar: Grammar
    features: frozenset[str] = field(default=frozenset())

    @property
    def time(self) -> Moment | Window | None:
        """The time that was said; `now` only when no other was."""
        chosen = next((s.time for s in self.said if s.time != Moment(self.now)), None)
        return chosen or (Moment(self.now) if self.said else None)


def hear(question: str, names: Names, now: datetime, zone: tzinfo) -> Heard:
    rules = grammar()
    text = " ".join(_MENTION.sub(" ", question[:LONGEST_QUESTION]).replace("’", "'").split()).lower()
    text = spelled(text, rules.spelling, rules.words)
    found = named(text, names, rules)
    said = tuple(times(found.text, now, zone))
    plain = found.text
    for time in reversed(said):
        plain = f"{plain[: time.start]} {plain[time.end :]}"
    plain = _politeless(_plain(plain), rules)
    whole = _politeless(_plain(found.text), rules)
    heard = Heard(found.text, plain, found, said, now, zone, names, rules)
    features = rules.found(whole) | found.features | _time_features(heard)
    return replace(heard, features=frozenset(features))


def _plain(text: str) -> str:
    text = re.sub(r"§'?s\b", "§", text).replace("'", "")
    return " ".join(re.sub(r"[^\w§%/]+", " ", re.sub(r"\bnat-(?=\w)", "nat ", text)).split())


def _politeless(text: str, rules: Grammar) -> str:
    previous = ""
    while previous != text:
        previous, text = text, rules.noise.sub("", text).strip()
    return text


def _time_features(heard: Heard) -> set[str]:
    time = heard.time
    found = {"compared"} if compared(heard.text) else set[str]()
    if isinstance(time, Moment):
        found.add("now" if time.at == heard.now else "point")
    elif time and time.until - time.since > _LONG:
        found.add("days")
    return found
