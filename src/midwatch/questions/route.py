"""From a question to what it asks, by a written grammar (route.yaml): the same words are always understood alike."""

from datetime import UTC, datetime, tzinfo

from midwatch.domain.intent import AskBack, Intent, Names
from midwatch.questions.followup import facet, followed, leans
from midwatch.questions.parsed_question import Heard, hear
from midwatch.questions.standalone import routed


def route(
    question: str, names: Names, now: datetime, zone: tzinfo = UTC, before: Intent | None = None
) -> Intent | AskBack:
    """What a question asks, or what to ask back. `before` is what the question before it in the same conversation
    asked; clocks without a zone are those of `zone`. Names and times are never taken from anywhere but the question,
    `before` and `names`."""
    heard = hear(question, names, now, zone)
    if _orders(heard):
        return AskBack(question=heard.grammar.read_only, choices=heard.grammar.examples)
    if leans(heard) and (heard.plain or heard.said):
        if before is not None:
            return followed(heard, before)
        if not _stands(heard):
            return AskBack(question=heard.grammar.lean, choices=heard.grammar.examples)
    if before is not None and not heard.grammar.topics(heard.features) and heard.said:
        return followed(heard, before)
    found = routed(heard)
    return found if isinstance(found, AskBack) else found.model_copy(update={"facet": facet(heard)})


def _orders(heard: Heard) -> bool:
    return any(pattern.search(heard.plain) for pattern in heard.grammar.orders)


def _stands(heard: Heard) -> bool:
    """`how long did the upload of Acrisure take` needs nothing before it; `and yesterday?` does."""
    if facet(heard):
        return bool(heard.named.clients)
    return bool(heard.grammar.topics(heard.features)) and "§" not in heard.plain
