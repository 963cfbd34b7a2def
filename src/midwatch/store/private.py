"""File permissions: the store's files are readable by their owner only, whatever the folder's rights and the umask."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

OWN, OWN_FOLDER = 0o600, 0o700
_BESIDE = ("", "-wal", "-shm", "-journal", "-turn")  # files of SQLite and of Midwatch beside the database


def private(url: str) -> None:
    """Creates a missing SQLite file, and narrows the rights of an existing one; SQLite's files beside it get the same
    rights.

    A failure is left to the code that opens the file: its error gives the reason.
    """
    if (path := file_of(url)) is None:
        return
    with suppress(OSError):
        made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWN)
        os.fchmod(made, OWN)  # a umask can remove more rights than intended
        os.close(made)
    for suffix in _BESIDE:
        narrow(path.with_name(path.name + suffix))


def file_of(url: str) -> Path | None:
    """The file of a SQLite address; None for memory, for SQLite's own addresses (`file:`), and for PostgreSQL."""
    parsed = make_url(url)
    kept = parsed.database if parsed.get_backend_name() == "sqlite" else None
    return Path(kept) if kept and not kept.startswith(("file:", ":")) else None


def narrow(path: Path) -> None:
    """Removes group and world rights from a regular file or a folder, if it is ours."""
    with suppress(OSError):
        found = path.stat()
        mine = found.st_uid == os.geteuid()
        allowed = OWN_FOLDER if stat.S_ISDIR(found.st_mode) else OWN
        if (
            mine
            and (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))
            and stat.S_IMODE(found.st_mode) & ~allowed
        ):
            path.chmod(stat.S_IMODE(found.st_mode) & allowed)
