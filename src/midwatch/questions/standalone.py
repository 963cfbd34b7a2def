"""A question that stands on its own: its topic, what it names, and the time it is about. What could mean two things,
names what nothing has, or speaks of a time that cannot be, is asked back and never guessed."""

import re
from datetime import datetime, timedelta

from midwatch.analysis.times.periods import periods
from midwatch.analysis.times.words import Moment
from midwatch.domain.intent import NAT_TOPICS, AskBack, Intent, Names, Topic
from midwatch.domain.window import Window
from midwatch.questions.entities import Doubt, strange_client
from midwatch.questions.parsed_question import Heard

AROUND = timedelta(minutes=30)  # a moment is asked about with half an hour before and after it
NOW = timedelta(minutes=15)  # what `right now` reaches back for
LONGEST = timedelta(days=7, hours=1)  # of NAT metrics; a week can be an hour longer where clocks change
_CHOICES = 5
_DEFAULT = {
    Topic.NAT_SPIKE: timedelta(days=1),
    Topic.NAT_TRAFFIC: timedelta(hours=1),
    Topic.NAT_PATTERNS: timedelta(days=7),
    Topic.JOBS: timedelta(days=1),
    Topic.JOBS_OF_CLIENT: timedelta(days=7),
    Topic.JOBS_BY_VOLUME: timedelta(days=1),
}
_BROKEN = re.compile(
    r"(?<![\w:./-])(?:\d{1,2}:\d{2}(?![\w:])|20\d\d-\d\d?-\d\d?\S*|\d{1,2}\s?[ap]m\b|\d{1,2}/\d{1,2}(?:/\d{2,4})?(?![\w/]))"
)
_INVALID = "Invalid timestamp. Use ISO 8601 format: 2025-10-16T02:00:00Z"


def routed(heard: Heard, topic: Topic | None = None) -> Intent | AskBack:
    """A question that stands on its own. `topic` is given where it is known."""
    topics: tuple[Topic, ...] = (topic,) if topic else heard.grammar.topics(heard.features)
    found = _doubted(heard) or _mistimed(heard) or _about(heard, topics)
    return found.model_copy(update={"topic": topics[0]}) if isinstance(found, AskBack) and len(topics) == 1 else found


def _about(heard: Heard, topics: tuple[Topic, ...]) -> Intent | AskBack:
    if not topics:
        return AskBack(question=heard.grammar.help, choices=heard.grammar.examples)
    if len(topics) > 1:
        return AskBack(
            question=f"Is this about {' or '.join(t.value.replace('-', ' ') for t in topics)}?", choices=tuple(topics)
        )
    chosen = next(iter(topics))
    if chosen is Topic.JOBS and (strange := strange_client(heard.plain, heard.grammar)):
        return _unknown_client(heard, strange)
    return _site(heard, chosen) if chosen is Topic.WEBSITE else _timed(heard, slots(heard, chosen))


def _unknown_client(heard: Heard, name: str) -> Intent | AskBack:
    """Where the clients are known, one that nobody has is asked back; else it is looked for among the jobs."""
    if known := heard.names.clients:
        return AskBack(question=f"I know no client {name!r}. Which one do you mean?", choices=known[:_CHOICES])
    return _timed(heard, slots(heard, Topic.JOBS_OF_CLIENT).model_copy(update={"client": name}))


def slots(heard: Heard, topic: Topic) -> Intent:
    found = heard.named
    return Intent(
        topic=topic,
        gateway=found.gateways[0] if found.gateways else "",
        client=found.clients[0] if found.clients else "",
        namespace=found.namespaces[0] if len(found.namespaces) == 1 else "",
        services=found.services if topic is Topic.CLUSTER else (),
        sites=found.sites,
    )


def _site(heard: Heard, topic: Topic) -> Intent | AskBack:
    """`the app` is the one site that is configured; of several it has to be said which."""
    if heard.named.sites:
        return _timed(heard, slots(heard, topic))
    if len(heard.names.sites) == 1:
        return _timed(heard, slots(heard, topic).model_copy(update={"sites": heard.names.sites}))
    return AskBack(question="Which website do you mean?", choices=heard.names.sites)


def _doubted(heard: Heard) -> AskBack | None:
    for doubt in heard.named.doubts:
        if doubt.near:
            return AskBack(question=f"Did you mean {either(doubt.near)}?", choices=doubt.near)
        if doubt.kind == "gateway":
            return _no_gateway(doubt, heard.names)
    for kind, some in (("NAT gateway", heard.named.gateways), ("client", heard.named.clients)):
        if len(some) > 1:
            return AskBack(
                question=f"Which {kind} do you mean: {either(some)}? I can look at one at a time.", choices=some
            )
    return None


def _no_gateway(doubt: Doubt, names: Names) -> AskBack:
    known = tuple(f"{gateway} ({name})" if name else gateway for gateway, name in names.gateways)
    return AskBack(question=f"NAT gateway {doubt.word} not found or not configured for this cluster.", choices=known)


def _mistimed(heard: Heard) -> AskBack | None:
    rest = heard.text
    for said in reversed(heard.said):
        rest = f"{rest[: said.start]}{' ' * (said.end - said.start)}{rest[said.end :]}"
    if match := _BROKEN.search(rest):
        return AskBack(question=f'I cannot read the time "{match[0]}". {_INVALID}')
    return None


def _timed(heard: Heard, intent: Intent) -> Intent | AskBack:
    """The intent with the window that was said, or its topic's own."""
    if intent.topic is Topic.NAT_GATEWAYS:
        return intent
    if intent.topic is Topic.NAT_COMPARE:
        found = periods(heard.text, heard.now, heard.zone, AROUND)
        return limited(
            heard, intent.model_copy(update={"window": found.first, "against": found.second} if found else {})
        )
    return limited(heard, intent.model_copy(update={"window": windowed(heard, intent.topic)}))


def windowed(heard: Heard, topic: Topic) -> Window | None:
    time, now = heard.time, heard.now
    if isinstance(time, Window):
        return time
    if isinstance(time, Moment) and time.at != now:
        return around(time.at, now)
    if topic is Topic.JOBS and ("now" in heard.features or "running" in heard.features):
        return Window(now - NOW, now)
    return Window(now - _DEFAULT[topic], now) if topic in _DEFAULT else None


def around(at: datetime, now: datetime) -> Window:
    """Half an hour before and after, as far as that is over."""
    return Window(at - AROUND, min(at + AROUND, now) if at - AROUND < now else at + AROUND)


def limited(heard: Heard, intent: Intent) -> Intent | AskBack:
    """The intent, with what is still to come cut off; or what is wrong with its time."""
    for window in (intent.window, intent.against):
        if window and window.since >= window.until:
            return AskBack(
                question=f"The time has to begin before it ends: {_minute(window.since)} is not before "
                f"{_minute(window.until)}."
            )
        if window and window.since > heard.now:
            return AskBack(question=f"{_minute(window.since)} lies in the future. Which time in the past do you mean?")
        if window and intent.topic in NAT_TOPICS and window.until - window.since > LONGEST:
            return AskBack(
                question=f"NAT traffic can be asked about for at most 7 days at a time; {window} is longer. Which 7 "
                "days?"
            )
    if intent.window and intent.window.until > heard.now > intent.window.since:
        return intent.model_copy(update={"window": Window(intent.window.since, heard.now)})
    return intent


def either(some: tuple[str, ...]) -> str:
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} or {some[-1]}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
