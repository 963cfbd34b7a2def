"""Intent of a standalone question: topic, names, and time. Ambiguous texts, unknown names and impossible times are
asked back and never guessed."""

import re
from datetime import datetime, timedelta

from midwatch.analysis.times.periods import periods
from midwatch.analysis.times.words import Moment
from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.topics import Topic
from midwatch.domain.window import Window
from midwatch.questions.entities import unknown_name
from midwatch.questions.grammar import GrammarKind
from midwatch.questions.parsed_question import ParsedQuestion

AROUND = timedelta(minutes=30)  # before and after a moment
NOW = timedelta(minutes=15)  # length of `right now`, back from now
_CHOICES = 5
_BROKEN = re.compile(
    r"(?<![\w:./-])(?:\d{1,2}:\d{2}(?![\w:])|20\d\d-\d\d?-\d\d?\S*|\d{1,2}\s?[ap]m\b|\d{1,2}/\d{1,2}(?:/\d{2,4})?(?![\w/]))"
)
_INVALID = "Invalid timestamp. Use ISO 8601 format: 2025-10-16T02:00:00Z"


def route_standalone(parsed: ParsedQuestion, topic: str = "", *, needs_all: bool = True) -> Intent | Clarification:
    """Intent of a standalone question. `topic` is given where it is known; without `needs_all` the required name may
    come from an earlier question."""
    topics = (topic,) if topic else parsed.topics
    found = _doubted(parsed) or _mistimed(parsed) or _about(parsed, topics, needs_all=needs_all)
    if isinstance(found, Clarification) and len(topics) == 1:
        return found.model_copy(update={"topic": topics[0]})
    return found


def _about(parsed: ParsedQuestion, topics: tuple[str, ...], *, needs_all: bool) -> Intent | Clarification:
    grammar = parsed.grammar
    if not topics:
        return Clarification(question=grammar.help, choices=grammar.examples)
    first, *others = topics
    if others:
        either_topic = " or ".join(topic.replace("-", " ") for topic in topics)
        return Clarification(question=f"Is this about {either_topic}?", choices=topics)
    chosen = grammar.topic(first)
    kind = grammar.kind(chosen.strange)
    if kind and (strange := unknown_name(kind, parsed.plain, grammar)):
        return _unknown(parsed, chosen, kind, strange)
    return _with_required_entity(parsed, chosen) if needs_all else _with_window(parsed, slots(parsed, chosen))


def _unknown(parsed: ParsedQuestion, topic: Topic, kind: GrammarKind, name: str) -> Intent | Clarification:
    """Intent or clarification for an unknown name: asked back where names of the kind are known, else looked up as it
    is."""
    if known := parsed.entities.ids(kind.name):
        return Clarification(question=kind.declared.unknown.replace("{name}", repr(name)), choices=known[:_CHOICES])
    meant = parsed.grammar.topic(dict(topic.named).get(kind.name, topic.id))
    return _with_window(parsed, slots(parsed, meant).with_entity({kind.name: (name,)}))


def slots(parsed: ParsedQuestion, topic: Topic) -> Intent:
    """The intent with the names of the kinds that the topic takes."""
    named: dict[str, tuple[str, ...]] = {}
    for kind in parsed.grammar.kinds:
        found = parsed.named.of(kind.name) if kind.name in topic.takes else ()
        if kind.declared.single:
            found = found[:1]
        named[kind.name] = () if kind.declared.sole and len(found) > 1 else found
    return Intent(topic=topic.id).with_entity(named)


def _with_required_entity(parsed: ParsedQuestion, topic: Topic) -> Intent | Clarification:
    """Intent with the required name: `the app` is the only configured site; with several the name is asked back."""
    intent, kind = slots(parsed, topic), parsed.grammar.kind(topic.needs)
    if kind is None or intent.entities_of(kind.name):
        return _with_window(parsed, intent)
    known = parsed.entities.ids(kind.name)
    if len(known) == 1:
        return _with_window(parsed, intent.with_entity({kind.name: known}))
    return Clarification(question=kind.declared.which, choices=known)


def _doubted(parsed: ParsedQuestion) -> Clarification | None:
    for doubt in parsed.named.doubts:
        kind = parsed.grammar.kind(doubt.kind)
        if doubt.near:
            return Clarification(question=f"Did you mean {alternatives(doubt.near)}?", choices=doubt.near)
        if kind and kind.declared.missing:
            known = tuple(parsed.entities.title(kind.name, one) for one in parsed.entities.ids(kind.name))
            return Clarification(question=kind.declared.missing.replace("{name}", doubt.word), choices=known)
    for kind in parsed.grammar.kinds:
        some = parsed.named.of(kind.name)
        if kind.declared.single and len(some) > 1:
            question = (
                f"Which {kind.declared.title} do you mean: {alternatives(some)}? Only one at a time is supported."
            )
            return Clarification(question=question, choices=some)
    return None


def _mistimed(parsed: ParsedQuestion) -> Clarification | None:
    rest = parsed.text
    for said in reversed(parsed.said):
        rest = f"{rest[: said.start]}{' ' * (said.end - said.start)}{rest[said.end :]}"
    if match := _BROKEN.search(rest):
        return Clarification(question=f'Cannot parse time "{match[0]}". {_INVALID}', time=True)
    return None


def _with_window(parsed: ParsedQuestion, intent: Intent) -> Intent | Clarification:
    """The intent with the given window, or the topic's default one."""
    topic = parsed.grammar.topic(intent.topic)
    if topic.periods == 0:
        return intent
    if topic.periods == 2:
        found = periods(parsed.text, parsed.now, parsed.zone, AROUND)
        update = {"window": found.first, "against": found.second} if found else {}
        return within_limits(parsed, intent.model_copy(update=update))
    return within_limits(parsed, intent.model_copy(update={"window": window_of(parsed, topic)}))


def window_of(parsed: ParsedQuestion, topic: Topic) -> Window | None:
    time, now = parsed.time, parsed.now
    if isinstance(time, Window):
        return time
    if isinstance(time, Moment) and time.at != now:
        return window_around(time.at, now)
    if not parsed.features.isdisjoint(topic.current):
        return Window(now - NOW, now)
    return Window(now - topic.default_window, now) if topic.default_window else None


def window_around(at: datetime, now: datetime) -> Window:
    """Half an hour before and after, as far as that is past."""
    return Window(at - AROUND, min(at + AROUND, now) if at - AROUND < now else at + AROUND)


def within_limits(parsed: ParsedQuestion, intent: Intent) -> Intent | Clarification:
    """The intent, with future time cut off; or a clarification about an invalid time."""
    topic = parsed.grammar.topic(intent.topic)
    for window in (intent.window, intent.against):
        if window and window.since >= window.until:
            return Clarification(
                question=f"Invalid time range: start {_minute(window.since)} is not before end "
                f"{_minute(window.until)}.",
                time=True,
            )
        if window and window.since > parsed.now:
            said = f"{_minute(window.since)} is in the future. Which time in the past do you mean?"
            return Clarification(question=said, time=True)
        if window and topic.longest and window.until - window.since > topic.longest:
            return Clarification(question=topic.too_long.replace("{window}", str(window)))
    if intent.window and intent.window.until > parsed.now > intent.window.since:
        return intent.model_copy(update={"window": Window(intent.window.since, parsed.now)})
    return intent


def alternatives(some: tuple[str, ...]) -> str:
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} or {some[-1]}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
