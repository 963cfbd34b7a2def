"""A question that leans on the one before it: the earlier intent, changed in just what it says."""

import re
from datetime import UTC, datetime, timedelta

from midwatch.analysis.times.periods import shifted
from midwatch.analysis.times.said import times
from midwatch.analysis.times.words import Moment
from midwatch.domain.intent import JOB_TOPICS, NAT_TOPICS, AskBack, Facet, Intent, Topic
from midwatch.domain.window import Window
from midwatch.questions.entities import strange_client
from midwatch.questions.parsed_question import Heard
from midwatch.questions.standalone import AROUND, around, limited, routed, slots

_DAY = timedelta(days=1)
_BEFORE = re.compile(r"\b(?:the )?(?P<unit>hour|day|night|week|month) before\b(?! (?:yesterday|last))")


def leans(heard: Heard) -> bool:
    """Whether it cannot be understood alone: it asks one thing of `it`, or says no more than another time or name."""
    return (
        bool(facet(heard))
        or bool(heard.grammar.leaning.search(heard.plain))
        or not heard.plain.replace("§", "").strip()
    )


def facet(heard: Heard) -> Facet:
    rules = heard.grammar
    return rules.facet(heard.plain) or rules.facet(rules.leaning.sub("", heard.plain, count=1))


def followed(heard: Heard, before: Intent) -> Intent | AskBack:
    """A topic of its own keeps only the time of the earlier question; else all of that is kept but what was said
    anew."""
    asked = facet(heard)
    topics = heard.grammar.topics(_own(heard))
    if not asked and "compared" in heard.features:
        return _compared(heard, before)
    if not asked and len(topics) == 1 and topics[0] is not before.topic and not _only_names(heard):
        fresh = routed(heard, topics[0])
        return fresh if isinstance(fresh, AskBack) or heard.said else fresh.model_copy(update=_kept(fresh, before))
    changed = _changed(heard, before)
    if isinstance(changed, AskBack):
        return changed
    if changed == before and not asked and not topics:
        return AskBack(question=heard.grammar.help, choices=heard.grammar.examples)
    return changed.model_copy(update={"facet": asked})


def _own(heard: Heard) -> frozenset[str]:
    """What speaks for a topic beside the names and times, which only change the earlier one."""
    return heard.features - {"gateway", "client", "service", "namespace", "site", "point", "now", "days"}


def _only_names(heard: Heard) -> bool:
    return not heard.grammar.leaning.sub("", heard.plain).replace("§", "").strip()


def _kept(fresh: Intent, before: Intent) -> dict[str, object]:
    kept: dict[str, object] = (
        {"gateway": fresh.gateway or before.gateway} if before.gateway and fresh.topic in NAT_TOPICS else {}
    )
    if before.window and fresh.topic is not Topic.NAT_COMPARE and fresh.window:
        kept["window"] = before.window
    return kept


def _changed(heard: Heard, before: Intent) -> Intent | AskBack:
    """The earlier intent with the names and the time that this question says."""
    checked = routed(heard, before.topic if before.topic is not Topic.WEBSITE or heard.named.sites else Topic.CLUSTER)
    if isinstance(checked, AskBack):
        return checked
    said = slots(heard, before.topic)
    new: dict[str, object] = {k: v for k in ("gateway", "client", "namespace", "sites") if (v := getattr(said, k))}
    if not new and not heard.said and (strange := _strange(heard, before)):
        new = {"client": strange}
    topic = _topic(new, heard, before)
    update: dict[str, object] = {**new, "topic": topic, "facet": Facet.ALL}
    if topic is not Topic.CLUSTER:
        update |= {"services": ()} | ({"namespace": ""} if topic is Topic.WEBSITE else {})
    elif heard.named.services:
        update["services"] = heard.named.services
    if window := _window(heard, before):
        update["window"] = window
    if before.against and window and before.window:
        update["against"] = shifted(window, before.window.since - before.against.since, heard.zone)
    return limited(heard, before.model_copy(update=update))


def _topic(new: dict[str, object], heard: Heard, before: Intent) -> Topic:
    if "sites" in new:
        return Topic.WEBSITE
    if "client" in new and before.topic in JOB_TOPICS:
        return Topic.JOBS_OF_CLIENT
    return Topic.CLUSTER if heard.named.services and before.topic in (Topic.WEBSITE, Topic.WEBSITES) else before.topic


def _strange(heard: Heard, before: Intent) -> str:
    return strange_client(heard.plain, heard.grammar) if before.topic in JOB_TOPICS and not heard.names.clients else ""


def _window(heard: Heard, before: Intent) -> Window | None:
    """A clock alone is one of the day that was spoken of, a day alone keeps the clock of a moment; `the day before`
    goes back by one."""
    if before.window and (match := _BEFORE.search(heard.text)):
        units = {"hour": timedelta(hours=1), "week": _DAY * 7, "month": _DAY * 28}
        return shifted(before.window, units.get(match["unit"], _DAY), heard.zone)
    time = heard.time
    if isinstance(time, Window):
        return _same_clock(heard, before.window, time)
    if isinstance(time, Moment):
        return around(_on_that_day(heard, before, time.at), heard.now)
    return None


def _same_clock(heard: Heard, old: Window | None, new: Window) -> Window:
    moment = old and old.until - old.since <= AROUND * 2 and old.until < heard.now
    if old is None or not moment or new.until - new.since > _DAY * 1.1 or new.since.astimezone(heard.zone).hour:
        return new
    days = (old.since.astimezone(heard.zone).date() - new.since.astimezone(heard.zone).date()).days
    return shifted(old, _DAY * days, heard.zone)


def _on_that_day(heard: Heard, before: Intent, said: datetime) -> datetime:
    """`What about 3am?` after a question about Monday: Monday's 3 am. A time with a day of its own is taken as it
    is."""
    if before.window is None or _dated(heard):
        return said
    day = before.window.since + (before.window.until - before.window.since) / 2
    local, clock = day.astimezone(heard.zone), said.astimezone(heard.zone)
    at = local.replace(
        hour=clock.hour, minute=clock.minute, second=clock.second, microsecond=0, tzinfo=heard.zone
    ).astimezone(UTC)
    return at if at <= heard.now else said


def _dated(heard: Heard) -> bool:
    """Whether the same words mean another time a week from now: then it is only the clock that was said."""
    moved = [t.time for t in times(heard.text, heard.now - _DAY * 7, heard.zone)]
    return not any(isinstance(t, Moment) and heard.time == Moment(t.at + _DAY * 7) for t in moved)


def _compared(heard: Heard, before: Intent) -> Intent | AskBack:
    """`Compare that with last week`: the same clocks so many days back. With nothing said, what lies before it."""
    window = before.window
    if window is None:
        return AskBack(question=heard.grammar.lean)
    other = next((s.time for s in times(heard.text, heard.now, heard.zone) if s.time != Moment(heard.now)), None)
    length = window.until - window.since
    if isinstance(other, Moment):
        against = Window(other.at - length / 2, other.at + length / 2)
    elif other and other.until - other.since > _DAY * 5 >= length:
        against = shifted(window, _DAY * 7, heard.zone)
    elif other and length <= _DAY:
        days = (window.since.astimezone(heard.zone).date() - other.since.astimezone(heard.zone).date()).days
        against = shifted(window, _DAY * (days or 1), heard.zone)
    else:
        against = shifted(window, _DAY * max(1, -(-length // _DAY)), heard.zone)
    return limited(
        heard,
        before.model_copy(update={"topic": Topic.NAT_COMPARE, "against": against, "facet": Facet.ALL, "client": ""}),
    )
