"""The files of a dump, wherever they lie: a folder, one file, standard input. Nothing is ever written."""

import gzip
import io
import lzma
import os
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, cast

from midwatch.integrations.kubernetes.dump import limits
from midwatch.integrations.kubernetes.reader import Refused, Unreadable
from midwatch.kit.clock import utc_now

# What reading somebody else's file can raise. zipfile says "encrypted" as RuntimeError, as it does "unknown method".
READ_ERRORS = (
    *(OSError, EOFError, ValueError, RuntimeError, OverflowError, struct.error),
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError),
)
ACCEPTED = (
    "give a folder, a file, a .zip or a .tar(.gz, .xz, .bz2) with the output of `kubectl get … -o yaml` or `-o json`, "
    "of `kubectl cluster-info dump`, a must-gather, or saved kubectl text and pod logs"
)
STANDARD_INPUT = "standard input"
_HIDDEN = frozenset({"__MACOSX", "node_modules", "__pycache__"})


def reason_of(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, zipfile.BadZipFile) and "not a zip" in str(error):
        return "not a zip file"
    return str(error) or type(error).__name__


class Oversized(OSError):
    """unpacks to far more than its size: not read"""


@dataclass(frozen=True)
class File:
    """`name` is relative to the dump, with `/`; `size` None: known only after reading.

    `direct`: any part is reached without reading what is before it.
    """

    name: str
    open: Callable[[], BinaryIO]
    size: int | None = None
    modified: float | None = None
    direct: bool = True


@dataclass
class Files:
    """`name` is what a person calls the dump. `refused` are members that were not even opened."""

    name: str
    found: list[File] = field(default_factory=list[File])
    refused: list[Unreadable] = field(default_factory=list[Unreadable])
    close: Callable[[], None] = lambda: None

    def refuse(self, name: str, reason: str) -> None:
        self.refused.append(Unreadable(name, 0, reason))


class BoundedFile(io.RawIOBase):
    """An unpacking stream that stops when the output is out of all proportion to the input."""

    def __init__(self, stream: BinaryIO, packed: int | None, *beneath: BinaryIO) -> None:
        super().__init__()
        self._stream, self._beneath, self._count = stream, beneath, 0
        likely = limits.UNPACKED_BYTES if packed is None else packed * limits.RATIO
        self._most = max(limits.RATIO_FROM_BYTES, min(likely, limits.UNPACKED_BYTES))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        data = self._stream.read(len(buffer))
        self._count += len(data)
        if self._count > self._most:
            raise Oversized(Oversized.__doc__)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            for stream in (self._stream, *self._beneath):
                stream.close()
        super().close()


def uncompress(file: File) -> File:
    """A single .gz file as what is in it; any other file as it is."""
    if not file.name.endswith(".gz"):
        return file

    def opened() -> BinaryIO:
        beneath = file.open()
        return cast(
            BinaryIO, io.BufferedReader(BoundedFile(cast(BinaryIO, gzip.GzipFile(fileobj=beneath)), file.size, beneath))
        )

    return File(file.name.removesuffix(".gz"), opened, None, file.modified, direct=False)


def folder(path: Path) -> Files:
    files = Files(path.resolve().name or str(path))
    for entry, name in _walk(path):
        if len(files.found) >= limits.FILES:
            files.refuse(name, f"the folder has more than {limits.FILES:,} files: the rest is not read")
            break
        _add(files, entry, name)
    if not files.found and not files.refused:
        raise Refused(f"{path} is empty; {ACCEPTED}")
    return files


def _walk(path: Path) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Each file with its name within the dump; the files of a folder before those of the folders in it."""
    waiting = [(str(path), "")]
    while waiting:
        place, within = waiting.pop()
        entries = _listed(place)
        folders = [e for e in entries if e.is_dir(follow_symlinks=False)]
        yield from ((e, within + e.name) for e in entries if not e.is_dir(follow_symlinks=False))
        waiting += [(e.path, f"{within}{e.name}/") for e in reversed(folders) if e.name not in _HIDDEN]


def _listed(place: str) -> list[os.DirEntry[str]]:
    """In order of name; a folder that may not be read holds nothing."""
    try:
        with os.scandir(place) as found:
            return sorted((e for e in found if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError:
        return []


def _add(files: Files, entry: os.DirEntry[str], name: str) -> None:
    if entry.is_symlink():
        return files.refuse(name, "a symbolic link: not followed")
    try:
        stat = entry.stat(follow_symlinks=False)
    except OSError as error:
        return files.refuse(name, error.strerror or "not readable")
    if not S_ISREG(stat.st_mode):
        return files.refuse(name, "not a regular file: not opened")
    files.found.append(uncompress(File(name, partial(_open, entry.path), stat.st_size, stat.st_mtime)))
    return None


def _open(path: str | Path) -> BinaryIO:
    return open(path, "rb")  # noqa: PTH123  a Path for each of a hundred thousand files costs more than opening them


def single_file(path: Path) -> Files:
    stat = path.stat()
    return Files(path.name, [uncompress(File(path.name, partial(_open, path), stat.st_size, stat.st_mtime))])


def stream(path: Path | None) -> tuple[str, bytes]:
    """Standard input, or a pipe such as a shell's `<(…)`: it can be read only once, so it is held in memory."""
    name = STANDARD_INPUT if path is None else path.name
    most = limits.OBJECT_FILE_BYTES
    try:
        if path is None:
            data = sys.stdin.buffer.read(most + 1)
        else:
            with path.open("rb") as pipe:
                data = pipe.read(most + 1)
    except OSError as error:
        raise Refused(f"{name} cannot be read ({error.strerror}); {ACCEPTED}") from error
    if len(data) > most:
        raise Refused(f"{name} is longer than {most // limits.MIB} MiB; save it to a file and give its path")
    if not data.strip():
        raise Refused(f"{name} is empty; {ACCEPTED}")
    return name, data


def files_in_memory(name: str, data: bytes) -> Files:
    """What came through a pipe was printed a moment ago, as far as nothing in it says otherwise."""
    return Files(name, [File(name, partial(io.BytesIO, data), len(data), utc_now().timestamp())])
