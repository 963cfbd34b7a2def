"""Intent of a question, an alert or a tool call: the same for every interface. Pure; needs no server and no store."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from midwatch.domain.alert import Alert
from midwatch.domain.capabilities import Area
from midwatch.domain.intent import Clarification, Entities, Intent
from midwatch.domain.window import Window
from midwatch.integrations.alert_sources.normalize import text
from midwatch.questions.fragments import merge_grammars, open_topic
from midwatch.questions.route import route
from midwatch.questions.several import several
from midwatch.questions.standalone import AROUND

_READ = 500  # letters of an alert's summary


def understand(
    asked: str | Alert | Intent,
    entities: Entities,
    now: datetime,
    areas: tuple[Area, ...],
    *,
    zone: tzinfo = UTC,
    before: Intent | None = None,
    otherwise: str = "",
) -> Intent | Clarification:
    """Intent of a request, or a clarification.

    `before` is the last intent of the same conversation. `otherwise` is the topic of an interface that has one: a text
    without a topic, or with an unclear match of that one, is about it. An empty question asks what is wrong (the
    open topic). Several questions in one text, and a time that cannot be read, are asked back at every door: nothing is
    dropped.
    """
    if isinstance(asked, Intent):
        return asked
    anything = otherwise or open_topic(areas)
    if isinstance(asked, Alert):
        return _of_alert(asked, entities, now, areas) or Intent(topic=anything)
    if not asked.strip():
        return Intent(topic=anything)
    grammar, words = merge_grammars(areas), text(asked)
    found = several(words, entities, now, grammar, zone, before) or route(words, entities, now, grammar, zone, before)
    if isinstance(found, Clarification):
        swallowed = otherwise and not (found.several or found.time) and found.topic in ("", otherwise)
        return Intent(topic=otherwise) if swallowed else found
    topic = grammar.topic(found.topic)
    return Intent(topic=open_topic(areas)) if topic.rests_on and not _any_known(topic.rests_on, entities) else found


def _any_known(kinds: Iterable[str], entities: Entities) -> bool:
    return any(entities.ids(kind) for kind in kinds)


def _of_alert(alert: Alert, entities: Entities, now: datetime, areas: tuple[Area, ...]) -> Intent | None:
    """Intent of an alert whose text matches a topic with an alert topic, at its start time; None for every other alert,
    and where no matching entity is configured."""
    declared = {topic.id: topic for area in areas for topic in area.topics}
    if not any(topic.alert and _any_known(topic.inherits, entities) for topic in declared.values()):
        return None
    said = text(f"what caused this: {alert.title}. {alert.summary[:_READ]}")
    found = route(said, entities, now, merge_grammars(areas))
    spoken = declared.get(found.topic) if isinstance(found, Intent) else None
    if not isinstance(found, Intent) or spoken is None or not _any_known(spoken.inherits, entities):
        return None
    topic = declared.get(spoken.alert)
    if topic is None:
        return None
    window = Window(alert.starts_at - AROUND, min(alert.starts_at + AROUND, max(now, alert.starts_at)))
    names = {kind: _labelled(alert, kind, entities) or found.entities_of(kind) for kind in topic.inherits}
    return Intent(topic=topic.id, window=window).with_entity(names)


def _labelled(alert: Alert, kind: str, entities: Entities) -> tuple[str, ...]:
    """The known name that is a label's value."""
    ids = {name.lower(): entity for entity, name in entities.pairs(kind) if name}
    ids |= {entity: entity for entity in entities.ids(kind)}
    return next(((ids[value.lower()],) for value in alert.labels.values() if value.lower() in ids), ())
