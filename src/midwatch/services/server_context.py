from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from midwatch.domain.alert_source import AlertSource
from midwatch.domain.capabilities import Area
from midwatch.domain.intent import Entities
from midwatch.engine.events import LiveEvents
from midwatch.settings import Settings
from midwatch.store.database import Database
from midwatch.store.probe import StoreProbe


@dataclass(frozen=True)
class ServerContext:
    """What the use cases of a server need: the store, the sources of alerts, the clock.

    `wake` tells the workers that something is queued; they would find it by themselves a little later. `fetch` gets a
    public address (a certificate, a confirmation) or raises Unreachable. `open` means that no key is asked for: on
    loopback, by the user's own wish. `entities` are what a question can name, by the configuration; `areas` what it
    can be about; `broken` are the plug-ins of outside packages that are not used, with the reason.
    """

    db: Database
    settings: Settings
    alert_sources: Mapping[str, AlertSource]
    now: Callable[[], datetime]
    wake: Callable[[], None]
    fetch: Callable[[str], Awaitable[bytes]]
    open: bool = False
    entities: Entities = field(default_factory=Entities)
    areas: tuple[Area, ...] = ()
    broken: tuple[str, ...] = ()

    @cached_property
    def events(self) -> LiveEvents:
        """One for all who watch an investigation."""
        return LiveEvents(self.db)

    @cached_property
    def probe(self) -> StoreProbe:
        """One for all who ask whether the store takes writes."""
        return StoreProbe(self.db)
