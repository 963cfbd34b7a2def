"""Standard output and standard error of a command: a reader that leaves (`| head`), a full disk and a locale without
Unicode must not end it half-way."""

import io
import os
import sys
from typing import Any, TextIO

OUTPUT, ERROR = 1, 2  # file descriptors


class StandardStream(io.FileIO):
    """Raises the first error of a disk, with the name of the stream, and drops everything after it. A closed pipe is
    no error: the investigation, its files and its exit code do not depend on the reader."""

    def __init__(self, descriptor: int, name: str, *, strict: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._title, self._strict = name, strict
        self.failed = False

    def write(self, data: Any, /) -> int | None:
        if not self.failed:
            try:
                return super().write(data)
            except BrokenPipeError:
                self.failed = True
            except OSError as error:
                self.failed = True
                if self._strict:
                    raise OSError(error.errno, error.strerror, self._title) from None
        return memoryview(data).nbytes


def prepare() -> None:
    """Replaces sys.stdout and sys.stderr. Characters that the encoding lacks are written as "?"."""
    sys.stdout = _opened(sys.stdout, OUTPUT, "standard output", strict=True)
    sys.stderr = _opened(sys.stderr, ERROR, "standard error", strict=False)


def has_reader() -> bool:
    """False once the reader of standard output has left: commands that would go on for ever end then."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return not (isinstance(raw, StandardStream) and raw.failed)


def _opened(found: TextIO | None, descriptor: int, name: str, *, strict: bool) -> TextIO:
    if found is None:  # closed by the caller (>&-): the next file opened would take its number, and get our text
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    raw = StandardStream(descriptor, name, strict=strict)
    lines = descriptor == ERROR or raw.isatty()
    encoding = found.encoding if found else "utf-8"
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors="replace", line_buffering=lines, write_through=False
    )
