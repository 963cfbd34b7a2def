"""The logs within a `kubectl cluster-info dump`: between `==== START logs for container C of pod NS/POD ====` and its
END."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from midwatch.integrations.kubernetes.dump import limits

MARK = b"==== START logs for container "
_MARK = re.compile(
    rb"^==== (?P<side>START|END) logs for container (?P<container>\S+) of pod (?P<namespace>[^\s/]+)/(?P<pod>\S+) "
    rb"====\s*$"
)


@dataclass(frozen=True)
class DumpSection:
    """Bytes from `start` to `stop`, beginning at `line`; `pod` is "" for what stands between the logs."""

    start: int
    stop: int
    line: int
    namespace: str = ""
    pod: str = ""
    container: str = ""


def sections(stream: BinaryIO) -> Iterator[DumpSection]:
    """All parts in order, read line by line: the logs may be larger than memory."""
    start = position = 0
    first = line = 1
    owner = ("", "", "")
    fresh = True  # at the beginning of a line: a long one comes in several pieces
    while piece := stream.readline(limits.CHUNK_BYTES):
        mark = _MARK.match(piece) if fresh and piece.startswith(b"==== ") else None
        fresh = piece.endswith(b"\n")
        if mark is not None:
            if position > start:
                yield DumpSection(start, position, first, *owner)
            opening = mark["side"] == b"START"
            owner = (
                (_name(mark, "namespace"), _name(mark, "pod"), _name(mark, "container")) if opening else ("", "", "")
            )
            start, first = position + len(piece), line + 1
            if opening:
                yield DumpSection(start, start, first, *owner)
        position += len(piece)
        line += fresh
    if position > start:
        yield DumpSection(start, position, first, *owner)


def _name(mark: re.Match[bytes], group: str) -> str:
    return mark[group].decode("utf-8", "replace")
