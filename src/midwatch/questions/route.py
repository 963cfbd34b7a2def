"""Routes a question to its intent by the grammar: the same words always give the same intent."""

from datetime import UTC, datetime, tzinfo

from midwatch.domain.intent import Clarification, Entities, Intent
from midwatch.questions.followup import attribute, follow_up, leans
from midwatch.questions.grammar import Grammar
from midwatch.questions.parsed_question import ParsedQuestion, parse
from midwatch.questions.standalone import route_standalone


def route(
    question: str,
    entities: Entities,
    now: datetime,
    grammar: Grammar,
    zone: tzinfo = UTC,
    before: Intent | None = None,
) -> Intent | Clarification:
    """Intent of one question, or a clarification. `before` is the intent of the preceding question in the same
    conversation; clock times without a zone are those of `zone`. Names and times come only from the question, `before`
    and `entities`."""
    return route_question(parse(question, entities, now, zone, grammar), before)


def route_question(parsed: ParsedQuestion, before: Intent | None) -> Intent | Clarification:
    grammar = parsed.grammar
    if _orders(parsed):
        return Clarification(question=grammar.read_only, choices=grammar.examples)
    if leans(parsed) and (parsed.plain or parsed.said):
        if before is not None:
            return follow_up(parsed, before)
        if not _stands(parsed):
            return Clarification(question=grammar.lean, choices=grammar.examples)
    if before is not None and not parsed.topics and parsed.said:
        return follow_up(parsed, before)
    found = route_standalone(parsed)
    return found if isinstance(found, Clarification) else found.model_copy(update={"attribute": attribute(parsed)})


def _orders(parsed: ParsedQuestion) -> bool:
    return any(pattern.search(parsed.plain) for pattern in parsed.grammar.orders)


def _stands(parsed: ParsedQuestion) -> bool:
    """Whether the question is complete by itself: `how long did the upload of Alderbrook take` is, `and yesterday?` is
    not."""
    if attribute(parsed):
        return any(kind.declared.stands and parsed.named.of(kind.name) for kind in parsed.grammar.kinds)
    return bool(parsed.topics) and "§" not in parsed.plain
