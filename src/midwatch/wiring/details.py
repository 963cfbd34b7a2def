"""What the sender of an alert left out of it, and who gives it."""

from contextlib import AsyncExitStack
from functools import partial

from midwatch.domain.alert import Alert
from midwatch.domain.evidence import Gap
from midwatch.integrations.pagerduty.client import PagerDuty
from midwatch.integrations.pagerduty.details import complete
from midwatch.services.understanding import Completed
from midwatch.settings import Settings


def completed(settings: Settings, stack: AsyncExitStack) -> Completed:
    """The alert with its details, and what of them could not be read; what is opened for it closes with `stack`."""
    if settings.pagerduty.token is not None:
        return partial(complete, pagerduty(settings, stack))
    return _as_it_came


def pagerduty(settings: Settings, stack: AsyncExitStack) -> PagerDuty:
    client = PagerDuty(settings.pagerduty)
    stack.push_async_callback(client.close)
    return client


async def _as_it_came(alert: Alert) -> tuple[Alert, tuple[Gap, ...]]:
    return alert, ()
