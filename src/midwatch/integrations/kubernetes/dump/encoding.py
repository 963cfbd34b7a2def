"""Bytes to text, and the end of a file without the rest of it."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from midwatch.integrations.kubernetes.dump import limits
from midwatch.integrations.kubernetes.dump.files import File

_BOMS = {BOM_UTF8: "utf-8", BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}


def encoding(head: bytes) -> tuple[str, int]:
    """The encoding a byte order mark announces (PowerShell's `>` writes UTF-16), and the mark's length."""
    return next(((name, len(mark)) for mark, name in _BOMS.items() if head.startswith(mark)), ("utf-8", 0))


def binary(head: bytes) -> bool:
    return b"\x00" in head and encoding(head)[0] == "utf-8"


def decode(data: bytes) -> tuple[str, int]:
    """The text, and the line (from 1) of the first byte that is not in its encoding and was replaced; 0 when all is
    well."""
    name, mark = encoding(data)
    try:
        return data[mark:].decode(name), 0
    except UnicodeDecodeError as error:
        return data[mark:].decode(name, "replace"), data[mark:].count(b"\n", 0, error.start) + 1


def start(file: File, count: int) -> bytes:
    with file.open() as stream:
        return stream.read(count)


def head(file: File) -> bytes:
    return start(file, limits.HEAD_BYTES)


def read_file(file: File, most: int) -> bytes | None:
    """The whole file, or None when it is longer than `most`."""
    if file.size is not None and file.size > most:
        return None
    with file.open() as stream:
        if file.size is not None:
            data = stream.read(
                file.size + 1
            )  # one more: a file that grew meanwhile is cut, and its last object said to be broken
            return data if len(data) <= most else None
        pieces = bytearray()
        while len(pieces) <= most and (piece := stream.read(limits.CHUNK_BYTES)):
            pieces += piece
    return bytes(pieces) if len(pieces) <= most else None


def end(file: File, limit: int, begin: int = 0, stop: int | None = None) -> tuple[bytes, bool]:
    """The last `limit` bytes of a part of a file, and whether earlier ones were left out."""
    with file.open() as stream:
        opening = stream.read(4)
        name, mark = encoding(opening)
        stop = file.size if stop is None else stop
        if file.direct and stop is not None:
            first = max(begin, stop - limit)
            first -= first % 2 if name.startswith("utf-16") else 0
            stream.seek(first)
            data, cut = stream.read(stop - first), first > begin
        else:
            data, cut = _streamed(_chunks(stream, opening), limit, begin, stop)
    if not cut and begin == 0:
        data = data[mark:]
    return (data if name == "utf-8" else data.decode(name, "replace").encode()), cut


def _chunks(stream: BinaryIO, opening: bytes) -> Iterator[bytes]:
    yield opening
    while chunk := stream.read(limits.CHUNK_BYTES):
        yield chunk


def _streamed(chunks: Iterator[bytes], limit: int, begin: int, stop: int | None) -> tuple[bytes, bool]:
    """For streams that can only be read from the beginning: keeps no more than the end in memory."""
    kept: deque[bytes] = deque()
    size, position, cut = 0, 0, False
    for chunk in chunks:
        piece = chunk[max(0, begin - position) : None if stop is None else stop - position]
        position += len(chunk)
        kept.append(piece)
        size += len(piece)
        while size - len(kept[0]) >= limit:
            size -= len(kept.popleft())
            cut = True
        if stop is not None and position >= stop:
            break
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
