from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from midwatch.domain.capabilities import Area
from midwatch.domain.intent import Entities
from midwatch.integrations.inbox import Inbox
from midwatch.settings import Settings
from midwatch.store.database import Database
from midwatch.store.probe import Probe


@dataclass(frozen=True)
class Desk:
    """What the use cases of a server need: the store, the sources of alerts, the clock.

    `wake` tells the workers that something is queued; they would find it by themselves a little later. `fetch` gets a
    public address (a certificate, a confirmation) or raises Unreachable. `open` means that no key is asked for: on
    loopback, by the user's own wish. `entities` are what a question can name, by the configuration; `areas` what it
    can be about.
    """

    db: Database
    settings: Settings
    inboxes: Mapping[str, Inbox]
    now: Callable[[], datetime]
    wake: Callable[[], None]
    fetch: Callable[[str], Awaitable[bytes]]
    open: bool = False
    entities: Entities = field(default_factory=Entities)
    areas: tuple[Area, ...] = ()

    @cached_property
    def probe(self) -> Probe:
        """One for all who ask whether the store takes writes."""
        return Probe(self.db)
