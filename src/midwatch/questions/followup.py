"""Follow-up questions: the earlier intent, changed only where the new question differs."""

import re
from datetime import UTC, datetime, timedelta

from midwatch.analysis.times.periods import shift_back
from midwatch.analysis.times.spoken_time import times
from midwatch.analysis.times.words import Moment
from midwatch.domain.intent import Clarification, Intent
from midwatch.domain.topics import Topic
from midwatch.domain.window import Window
from midwatch.questions.entities import unknown_name
from midwatch.questions.fragments import COMPUTED
from midwatch.questions.parsed_question import ParsedQuestion
from midwatch.questions.standalone import AROUND, route_standalone, slots, window_around, within_limits

_DAY = timedelta(days=1)
_BEFORE = re.compile(r"\b(?:the )?(?P<unit>hour|day|night|week|month) before\b(?! (?:yesterday|last))")


def leans(parsed: ParsedQuestion) -> bool:
    """Whether the question depends on an earlier one: it asks for an attribute of `it`, or gives only another time or
    name."""
    return (
        bool(attribute(parsed))
        or bool(parsed.grammar.leaning.search(parsed.plain))
        or not parsed.plain.replace("§", "").strip()
    )


def attribute(parsed: ParsedQuestion) -> str:
    grammar = parsed.grammar
    return grammar.attribute(parsed.plain) or grammar.attribute(grammar.leaning.sub("", parsed.plain, count=1))


def follow_up(parsed: ParsedQuestion, before: Intent) -> Intent | Clarification:
    """Intent of a follow-up. A topic of its own keeps only the time of the earlier question; else all of that is kept
    but the replaced parts."""
    asked = attribute(parsed)
    topics = parsed.grammar.topics(_own(parsed))
    earlier = parsed.grammar.topic(before.topic)
    if not asked and "compared" in parsed.features and (earlier.compared or not topics):
        return _compared(parsed, before, earlier)
    if not asked and len(topics) == 1 and topics[0] != before.topic and not _only_names(parsed):
        fresh = route_standalone(parsed, topics[0])
        return fresh if isinstance(fresh, Clarification) or parsed.said else _inherited(parsed, fresh, before)
    changed = _changed(parsed, before, earlier)
    if isinstance(changed, Clarification):
        return changed
    if changed == before and not asked and not topics:
        return Clarification(question=parsed.grammar.help, choices=parsed.grammar.examples)
    return changed.model_copy(update={"attribute": asked})


def _own(parsed: ParsedQuestion) -> frozenset[str]:
    """Features that indicate a topic, without names and times, which only change the earlier one."""
    return parsed.features - {kind.name for kind in parsed.grammar.kinds} - (COMPUTED - {"compared"})


def _only_names(parsed: ParsedQuestion) -> bool:
    return not parsed.grammar.leaning.sub("", parsed.plain).replace("§", "").strip()


def _inherited(parsed: ParsedQuestion, fresh: Intent, before: Intent) -> Intent:
    topic = parsed.grammar.topic(fresh.topic)
    names = {kind: before.entities_of(kind) for kind in topic.inherits if not fresh.entities_of(kind)}
    if before.window and fresh.window and topic.periods == 1:
        fresh = fresh.model_copy(update={"window": before.window})
    return fresh.with_entity({kind: some for kind, some in names.items() if some})


def _changed(parsed: ParsedQuestion, before: Intent, earlier: Topic) -> Intent | Clarification:
    """The earlier intent with the names and the time of this question."""
    said = slots(parsed, earlier)
    alone = route_standalone(parsed, earlier.id, needs_all=False)
    if isinstance(alone, Clarification):
        return alone
    named = {kind.name: some for kind in parsed.grammar.kinds if (some := parsed.named.of(kind.name))}
    new = {kind: said.entities_of(kind) or some for kind, some in named.items()}
    if not new and not parsed.said and (strange := _unknown_names(parsed, earlier)):
        new = strange
    topic = _topic(tuple(new), parsed, earlier)
    update: dict[str, object] = {"topic": topic.id, "attribute": ""}
    if window := _window(parsed, before):
        update["window"] = window
    if before.against and window and before.window:
        update["against"] = shift_back(window, before.window.since - before.against.since, parsed.zone)
    return within_limits(parsed, before.model_copy(update=update).with_entity(new).only(topic.takes))


def _topic(named: tuple[str, ...], parsed: ParsedQuestion, earlier: Topic) -> Topic:
    """Topic of the follow-up: a name of a kind that the earlier topic does not take leads to the topic of that kind."""
    kinds = [kind for kind in parsed.grammar.kinds if kind.name in named]
    leading = [kind.declared.topic for kind in kinds if kind.name not in earlier.takes]
    leading += [topic for kind, topic in earlier.named if kind in named]
    return next((parsed.grammar.declared[t] for t in leading if t in parsed.grammar.declared), earlier)


def _unknown_names(parsed: ParsedQuestion, earlier: Topic) -> dict[str, tuple[str, ...]]:
    """An unknown name of a leading kind, only where no names of that kind are known."""
    for name, _ in earlier.named:
        kind = parsed.grammar.kind(name)
        if kind and not parsed.entities.ids(name) and (word := unknown_name(kind, parsed.plain, parsed.grammar)):
            return {name: (word,)}
    return {}


def _window(parsed: ParsedQuestion, before: Intent) -> Window | None:
    """Window of the follow-up: a clock time alone is one of the earlier day, a day alone keeps the clock time of a
    moment; `the day before` goes back by one."""
    if before.window and (match := _BEFORE.search(parsed.text)):
        units = {"hour": timedelta(hours=1), "week": _DAY * 7, "month": _DAY * 28}
        return shift_back(before.window, units.get(match["unit"], _DAY), parsed.zone)
    time = parsed.time
    if isinstance(time, Window):
        return _same_clock(parsed, before.window, time)
    if isinstance(time, Moment):
        return window_around(_on_that_day(parsed, before, time.at), parsed.now)
    return None


def _same_clock(parsed: ParsedQuestion, old: Window | None, new: Window) -> Window:
    moment = old and old.until - old.since <= AROUND * 2 and old.until < parsed.now
    if old is None or not moment or new.until - new.since > _DAY * 1.1 or new.since.astimezone(parsed.zone).hour:
        return new
    days = (old.since.astimezone(parsed.zone).date() - new.since.astimezone(parsed.zone).date()).days
    return shift_back(old, _DAY * days, parsed.zone)


def _on_that_day(parsed: ParsedQuestion, before: Intent, said: datetime) -> datetime:
    """The clock time on the earlier day: `What about 3am?` after a question about Monday is Monday's 3 am. A time with
    a day of its own is taken as it is."""
    if before.window is None or _is_clock_only(parsed):
        return said
    day = before.window.since + (before.window.until - before.window.since) / 2
    local, clock = day.astimezone(parsed.zone), said.astimezone(parsed.zone)
    at = local.replace(
        hour=clock.hour, minute=clock.minute, second=clock.second, microsecond=0, tzinfo=parsed.zone
    ).astimezone(UTC)
    return at if at <= parsed.now else said


def _is_clock_only(parsed: ParsedQuestion) -> bool:
    """Whether the text gives a clock time without a day: the same words mean another time a week from now."""
    moved = [t.time for t in times(parsed.text, parsed.now - _DAY * 7, parsed.zone)]
    return not any(isinstance(t, Moment) and parsed.time == Moment(t.at + _DAY * 7) for t in moved)


def _compared(parsed: ParsedQuestion, before: Intent, earlier: Topic) -> Intent | Clarification:
    """Intent of `Compare that with last week`: the same clock times so many days back. Without a time, the period
    before it."""
    window, now, zone = before.window, parsed.now, parsed.zone
    topic = parsed.grammar.topic(earlier.compared)
    if window is None or not earlier.compared:
        return Clarification(question=parsed.grammar.lean)
    other = next((s.time for s in times(parsed.text, now, zone) if s.time != Moment(now)), None)
    length = window.until - window.since
    if isinstance(other, Moment):
        against = Window(other.at - length / 2, other.at + length / 2)
    elif other and other.until - other.since > _DAY * 5 >= length:
        against = shift_back(window, _DAY * 7, zone)
    elif other and length <= _DAY:
        days = (window.since.astimezone(zone).date() - other.since.astimezone(zone).date()).days
        against = shift_back(window, _DAY * (days or 1), zone)
    else:
        against = shift_back(window, _DAY * max(1, -(-length // _DAY)), zone)
    changed = before.model_copy(update={"topic": topic.id, "against": against, "attribute": ""})
    return within_limits(parsed, changed.only(topic.takes))
