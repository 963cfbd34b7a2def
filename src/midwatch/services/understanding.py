"""What a question in words, or an alert, turns out to ask: questions/understand for who has a request to make of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from midwatch.diagnosis.alerts.subject import namespace as named_in
from midwatch.domain.alert import Alert
from midwatch.domain.capabilities import Area
from midwatch.domain.evidence import Gap
from midwatch.domain.intent import Clarification, Entities, Intent
from midwatch.domain.investigation import Request
from midwatch.domain.limits import short_enough
from midwatch.questions.understand import understand

# With its details, and what of them could not be read.
Completed = Callable[[Alert], Awaitable[tuple[Alert, tuple[Gap, ...]]]]


def understand_question(
    question: str,
    entities: Entities,
    now: datetime,
    areas: tuple[Area, ...],
    before: Intent | None = None,
    otherwise: str = "",
) -> Intent | Clarification:
    """As questions.understand; raises Refusal when the question is longer than anybody asks."""
    short_enough(question)
    return understand(question, entities, now, areas, before=before, otherwise=otherwise)


def alert_request(
    alert: Alert,
    entities: Entities,
    now: datetime,
    areas: tuple[Area, ...],
    namespace: str = "",
    unread: tuple[Gap, ...] = (),
) -> Request:
    """The investigation of an alert, which names its namespace itself where none is given. `unread` is what its sender
    kept back."""
    found = understand(alert, entities, now, areas)
    intent = found if isinstance(found, Intent) else None
    return Request(alert=alert, namespace=namespace or named_in(alert.labels), intent=intent, unread=unread)
