"""All inboxes. A folder with an `alerts.py` is one; there is no list to keep."""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from midwatch.integrations.alert_sources.normalize import decode
from midwatch.integrations.alert_sources.source import Inbox


@cache
def inboxes() -> MappingProxyType[str, Inbox]:
    """Every inbox by its source, which is the last part of its address."""
    folders = sorted(p.parent.name for p in Path(__file__).parents[1].glob("*/alerts.py"))
    found: list[Inbox] = [import_module(f"midwatch.integrations.{name}").INBOX for name in folders]
    return MappingProxyType({inbox.source: inbox for inbox in found})


def recognised(body: bytes) -> Inbox:
    """The source whose own fields the body has; the one that takes anything where no other recognises it."""
    document = decode(body)
    found = [inbox for inbox in inboxes().values() if inbox.recognises and inbox.recognises(document)]
    return found[0] if found else next(inbox for inbox in inboxes().values() if inbox.recognises is None)
