"""The queue of investigations: what a worker asks of it, and what it asks of a worker."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol


class Steps(Protocol):
    """What is done with an investigation. `begin` says whether there is anything to do, `run_investigation` whether it
    goes on after all (what it computes takes long): then `finish` waits for its end. Each may be called again after a
    crash."""

    async def begin(self, run_id: str) -> bool: ...
    async def run_investigation(self, run_id: str) -> bool: ...
    async def finish(self, run_id: str) -> None: ...
    async def fail(self, run_id: str, reason: str) -> None: ...


@dataclass(frozen=True)
class Left:
    """Investigations that are not over and that nobody carries on.

    `dropped` were begun by who is dead (times of a schedule are among them), `lost` by this process, which is not in
    them (any more); `ended` are those whose place in the queue ended without ending them; `unknown` have none.
    """

    dropped: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Queue(Protocol):
    """One process's share of the work. `start` and `stop` any number of times, in turn; the other methods only between
    them, and from a thread: they ask a database."""

    @property
    def is_started(self) -> bool: ...
    @property
    def has_schedules(self) -> bool:
        """Whether it has to run while there is no work, too."""
        ...

    @property
    def running_ids(self) -> frozenset[str]:
        """The investigations that this process is in."""
        ...

    async def start(self) -> None: ...
    async def stop(self) -> None:
        """Lets go at once: what is unfinished is found by whoever looks next."""
        ...

    def enqueue(self, run_id: str, priority: int) -> None:
        """Lower numbers go first; 1 is the lowest."""
        ...

    def find_abandoned(self, run_ids: Sequence[str], living: Collection[str]) -> Left:
        """Which of these, none of them over, nobody carries on; `living` are the names of the other workers that
        live."""
        ...

    def resume(self, dropped: Sequence[str]) -> None:
        """From the first step of each that was not finished."""
        ...

    def forget(self, run_ids: Sequence[str]) -> None:
        """So that they can be queued anew."""
        ...
