"""What a question in words, or an alert, is about: understood with the names that the configuration knows."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from midwatch.diagnosis.traffic.config import configured
from midwatch.diagnosis.traffic.settings import TrafficSettings
from midwatch.domain.alert import Alert
from midwatch.domain.evidence import Gap
from midwatch.domain.intent import AskBack, Intent, Names, Topic
from midwatch.domain.investigation import Request
from midwatch.integrations.website.objects.site import Sites
from midwatch.services import understanding
from midwatch.settings import Settings, home

Completed = Callable[[Alert], Awaitable[tuple[Alert, tuple[Gap, ...]]]]


def names(settings: Settings) -> Names:
    """Raises Refusal when the traffic file is wrong."""
    traffic = configured(settings.of(TrafficSettings).file, home())
    return understanding.names(settings.of(Sites).root, traffic)


def understood(settings: Settings, words: str, now: datetime, otherwise: Topic | None = None) -> Intent | AskBack:
    return understanding.understood(words, names(settings), now, otherwise=otherwise)


async def reported(
    settings: Settings, completed: Completed, alert: Alert, now: datetime, namespace: str = ""
) -> Request:
    """With the details that its sender keeps."""
    whole, unread = await completed(alert)
    return understanding.reported(whole, names(settings), now, namespace, unread)
