"""Context of a worker process."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from midwatch.domain.notifier import Notifier
from midwatch.store.database import Database


def _no_wake() -> None:
    """A callback that does nothing: the worker polls for due work."""


Announce = Callable[[Collection[str]], None]  # which investigations have new events


def no_announcement(_run_ids: Collection[str]) -> None:
    """A callback that does nothing: watchers poll the store."""


@dataclass(frozen=True)
class WorkerContext:
    """The store, the clock, and the notifiers by their names.

    `wake` tells the worker that a notification is due; `announce` tells watchers, after the commit, which
    investigations have new events. Both are called from any thread. `keep` is how long raw evidence and deliveries are
    kept.
    """

    db: Database
    now: Callable[[], datetime]
    notifiers: Mapping[str, Notifier] = field(default_factory=dict[str, Notifier])
    wake: Callable[[], None] = _no_wake
    announce: Announce = no_announcement
    keep: timedelta = timedelta(days=90)
