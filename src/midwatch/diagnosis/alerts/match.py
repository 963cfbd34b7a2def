"""Which playbook an alert belongs to. The title decides before the summary, the summary before a single label or
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
_NAME, _TITLE, _SUMMARY, _LINE = 1000, 300, 150, 50  # what a fit is worth by where it stands
_PART, _CATEGORY = 12, 12  # for each part of a phrase, and for an entry of the category that the words speak of
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
    """The playbook that fits best; ALT-900 when none does. `category` decides between entries that fit equally well;
    what is named in the envelope of the source chooses nothing by its name."""
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
    """What a fit is worth there, the text, and the part of it of which at least one word of a fit has to come."""
    title = split_camel_case(" ".join([lines.title, *(lines.labels[k] for k in _NAMED if k in lines.labels)]))[
        :_SEARCHED
    ]
    summary = f"{title}\n{split_camel_case(lines.summary[:_SEARCHED])}"
    own = f"{title}\n{split_camel_case(chr(10).join(wording(lines, envelope))[:_SEARCHED])}"
    yield _TITLE, title, title
    yield _SUMMARY, summary, summary
    yield _LINE, f"{lines.service}\n{own}", own


def _points(known: _Known, places: tuple[tuple[int, str, str], ...]) -> int:
    """Of the phrases that fit, the one with the most parts counts, where it fits best."""
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
    """More parts say more, and so do longer words; both stay below what the next better place is worth."""
    letters = sum(len(m[0]) for m in (p.search(text) for p in phrase) if m)
    return min(_PART * len(phrase) + letters, _LINE + _SUMMARY // 2)
