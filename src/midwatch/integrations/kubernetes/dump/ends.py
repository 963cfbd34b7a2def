"""Bytes to text, and the end of a file without the rest of it."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import deque
from typing import BinaryIO

from midwatch.integrations.kubernetes.dump import limits
from midwatch.integrations.kubernetes.dump.files import File

_BOMS = {BOM_UTF8: "utf-8", BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}


def encoding(head: bytes) -> tuple[str, int]:
    """The encoding a byte order mark announces (PowerShell's `>` writes UTF-16), and the mark's length."""
    return next(((name, len(mark)) for mark, name in _BOMS.items() if head.startswith(mark)), ("utf-8", 0))


def binary(head: bytes) -> bool:
    return b"\x00" in head and encoding(head)[0] == "utf-8"


def decoded(data: bytes) -> tuple[str, int]:
    """The text, and the line (from 1) of the first byte that is not in its encoding and was replaced; 0 when all is well."""
    name, mark = encoding(data)
    try:
        return data[mark:].decode(name), 0
    except UnicodeDecodeError as error:
        return data[mark:].decode(name, "replace"), data[mark:].count(b"\n", 0, error.start) + 1


def head(file: File) -> bytes:
    with file.open() as stream:
        return stream.read(limits.HEAD_BYTES)


def read(file: File, most: int) -> bytes | None:
    """The whole file, or None when it is longer than `most`."""
    if file.size is not None and file.size > most:
        return None
    with file.open() as stream:
        data = stream.read(most + 1)
    return data if len(data) <= most else None


def end(file: File, limit: int, start: int = 0, stop: int | None = None) -> tuple[bytes, bool]:
    """The last `limit` bytes of a part of a file, and whether earlier ones were left out."""
    with file.open() as stream:
        name, mark = encoding(stream.read(4))
        stop = file.size if stop is None else stop
        if file.direct and stop is not None:
            first = max(start, stop - limit)
            first -= first % 2 if name.startswith("utf-16") else 0
            stream.seek(first)
            data, cut = stream.read(stop - first), first > start
        else:
            stream.seek(0)
            data, cut = _streamed(stream, limit, start, stop)
    if not cut and start == 0:
        data = data[mark:]
    return (data if name == "utf-8" else data.decode(name, "replace").encode()), cut


def _streamed(stream: BinaryIO, limit: int, start: int, stop: int | None) -> tuple[bytes, bool]:
    """For streams that can only be read from the beginning: keeps no more than the end in memory."""
    kept: deque[bytes] = deque()
    size, position, cut = 0, 0, False
    while (stop is None or position < stop) and (chunk := stream.read(limits.CHUNK_BYTES)):
        piece = chunk[max(0, start - position) : None if stop is None else stop - position]
        position += len(chunk)
        kept.append(piece)
        size += len(piece)
        while size - len(kept[0]) >= limit:
            size -= len(kept.popleft())
            cut = True
    data = b"".join(kept)
    return data[-limit:], cut or len(data) > limit


def last_lines(text: str, count: int) -> tuple[str, bool]:
    """The last lines, and whether there are earlier ones."""
    at = len(text) - 1 if text.endswith("\n") else len(text)
    for _ in range(max(1, count)):
        at = text.rfind("\n", 0, at)
        if at < 0:
            return text, False
    return text[at + 1 :], True
