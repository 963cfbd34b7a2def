"""Write lock among the processes that share a SQLite file.

SQLite makes waiting processes poll after ever longer naps, up to a tenth of a second, though a write takes a
millisecond; a lock of the system's wakes the next one at once. It is a courtesy: SQLite's own lock still decides, and
where there is none of the system's (Windows, some file systems), everything works, only later.

No waiter gives up here: `sqlite.BUSY_S` is for those who write without asking for a turn, and for those behind us who
wait for our own connection.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress

from midwatch.store.private import OWN, file_of

if sys.platform == "win32":

    def _lock(_file: int) -> None: ...
    def _unlock(_file: int) -> None: ...

else:
    from fcntl import LOCK_EX, LOCK_UN, flock

    def _lock(file: int) -> None:
        with suppress(OSError):
            flock(file, LOCK_EX)

    def _unlock(file: int) -> None:
        with suppress(OSError):
            flock(file, LOCK_UN)


class WriteLock:
    """A lock for one thread at a time: `with turn.hold():`; a process has one connection that writes."""

    def __init__(self, url: str) -> None:
        self._file = -1
        if path := file_of(url):
            with suppress(OSError):
                self._file = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT, OWN)
                os.fchmod(self._file, OWN)

    @contextmanager
    def hold(self) -> Generator[None]:
        """Holds the lock; the system releases it when the process dies."""
        if self._file < 0:
            yield
            return
        _lock(self._file)
        try:
            yield
        finally:
            _unlock(self._file)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
