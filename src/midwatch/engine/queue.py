"""The queue of investigations: its interface to the worker, and the steps it calls."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol


class Steps(Protocol):
    """Steps of an investigation. `begin` returns whether there is work, `run_investigation` whether it continues in the
    background (a long computation): then `finish` waits for its end. Each may be called again after a crash."""

    async def begin(self, run_id: str) -> bool: ...
    async def run_investigation(self, run_id: str) -> bool: ...
    async def finish(self, run_id: str) -> None: ...
    async def fail(self, run_id: str, reason: str) -> None: ...


@dataclass(frozen=True)
class Left:
    """Unfinished investigations that no process is working on.

    `dropped` were begun by a dead worker (times of a schedule are among them), `lost` by this process, which is not in
    them (any more); `ended` are those whose place in the queue ended without ending them; `unknown` have none.
    """

    dropped: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Queue(Protocol):
    """One process's share of the work. `start` and `stop` any number of times, in turn; the other methods only between
    them, and from a thread: they query a database."""

    @property
    def is_started(self) -> bool: ...
    @property
    def has_schedules(self) -> bool:
        """Whether it has to run while there is no work, too."""
        ...

    @property
    def running_ids(self) -> frozenset[str]:
        """The investigations that are executing in this process."""
        ...

    async def start(self) -> None: ...
    async def stop(self) -> None:
        """Stops at once: unfinished work is found by the next process that looks."""
        ...

    def enqueue(self, run_id: str, priority: int) -> None:
        """Queues a run. Lower numbers go first; 1 is the lowest."""
        ...

    def find_abandoned(self, run_ids: Sequence[str], living: Collection[str]) -> Left:
        """The unfinished ones among these that no process is working on; `living` are the names of the other living
        workers."""
        ...

    def resume(self, dropped: Sequence[str]) -> None:
        """Resumes each run from its first unfinished step."""
        ...

    def forget(self, run_ids: Sequence[str]) -> None:
        """Removes the runs from the queue, so that they can be queued anew."""
        ...
