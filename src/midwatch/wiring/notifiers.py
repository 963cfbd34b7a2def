"""The notifiers that are configured; what they open closes with the process."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from midwatch.domain.capabilities import Notifier
from midwatch.engine.notifications import by_name
from midwatch.integrations.pagerduty import notify as pagerduty_note
from midwatch.integrations.webhook import notify as webhook
from midwatch.settings import Settings
from midwatch.wiring.details import pagerduty


def notifiers(settings: Settings, stack: AsyncExitStack) -> Mapping[str, Notifier]:
    found: list[Notifier] = []
    if settings.pagerduty.token is not None:
        found.append(pagerduty_note.notifier(pagerduty(settings, stack)))
    if settings.webhook.url:
        sender = webhook.Webhook(settings.webhook)
        stack.push_async_callback(sender.close)
        found.append(webhook.notifier(sender))
    return by_name(found)
