"""Selects the playbook of an alert. The title decides before the summary, the summary before a single label or
detail."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from midwatch.analysis.alertlines import AlertLines
from midwatch.analysis.classify import split_camel_case, start
from midwatch.diagnosis.alerts.envelope import wording
from midwatch.diagnosis.alerts.situations import Situation, situations
from midwatch.domain.alert_source import Envelope

UNKNOWN = "ALT-900"
_NAME, _TITLE, _SUMMARY, _LINE = 1000, 300, 150, 50  # points of a match by its place
_PART, _CATEGORY = 12, 12  # for each part of a phrase, and for an entry of the alert's category
_NO_ENVELOPE = Envelope()
_SEARCHED = 2_000  # characters of a title or summary, and of all details together
_NAMED = ("alertname", "alert_name", "AlarmName", "alarm_name", "rulename", "monitor_name")


@dataclass(frozen=True)
class _Known:
    situation: Situation
    names: frozenset[str]
    phrases: tuple[tuple[re.Pattern[str], ...], ...]
    without: re.Pattern[str] | None


@cache
def _known() -> tuple[_Known, ...]:
    return tuple(
        _Known(
            situation,
            frozenset(n.lower() for n in situation.match.names),
            tuple(tuple(_pattern(part) for part in phrase.split("&")) for phrase in situation.match.words),
            _pattern("|".join(situation.match.without)) if situation.match.without else None,
        )
        for situation in situations().values()
    )


def _pattern(part: str) -> re.Pattern[str]:
    return re.compile("|".join(start(word.strip()) for word in part.split("|")), re.IGNORECASE)


def match(lines: AlertLines, category: str = "", envelope: Envelope = _NO_ENVELOPE) -> Situation:
    """The best matching playbook; ALT-900 when none matches. `category` decides between equal matches; field names of
    the envelope choose nothing."""
    names = {w.lower() for w in re.findall(r"[A-Za-z][\w-]{2,80}", lines.title[:_SEARCHED])}
    names |= {lines.labels[key].strip().lower() for key in _NAMED if key in lines.labels}
    places = tuple(_places(lines, envelope))
    best, most = situations()[UNKNOWN], 0
    for known in _known():
        points = max(_NAME if known.names & names else 0, _points(known, places))
        points += _CATEGORY * (points > 0 and known.situation.category == category)
        if points > most:
            best, most = known.situation, points
    return best


def _places(lines: AlertLines, envelope: Envelope) -> Iterator[tuple[int, str, str]]:
    """For each place its weight, the text, and the part of it from which at least one word of a match has to come."""
    title = split_camel_case(" ".join([lines.title, *(lines.labels[k] for k in _NAMED if k in lines.labels)]))[
        :_SEARCHED
    ]
    summary = f"{title}\n{split_camel_case(lines.summary[:_SEARCHED])}"
    own = f"{title}\n{split_camel_case(chr(10).join(wording(lines, envelope))[:_SEARCHED])}"
    yield _TITLE, title, title
    yield _SUMMARY, summary, summary
    yield _LINE, f"{lines.service}\n{own}", own


def _points(known: _Known, places: tuple[tuple[int, str, str], ...]) -> int:
    """Points of the matching phrase with the most parts, in its best place."""
    found = 0
    for worth, text, own in places:
        if known.without and known.without.search(text):
            return 0
        fits = (
            p for p in known.phrases if all(part.search(text) for part in p) and any(part.search(own) for part in p)
        )
        found = max([found, *(worth + _closeness(phrase, text) for phrase in fits)])
    return found


def _closeness(phrase: tuple[re.Pattern[str], ...], text: str) -> int:
    """Points for the number of parts and the length of the words; always below the weight of the next better place."""
    letters = sum(len(m[0]) for m in (p.search(text) for p in phrase) if m)
    return min(_PART * len(phrase) + letters, _LINE + _SUMMARY // 2)
