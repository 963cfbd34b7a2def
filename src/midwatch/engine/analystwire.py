"""Messages between a worker and its analyst processes: length-prefixed pickles.

Both ends are this program, the same version of it, joined by pipes that no other process can write to. What comes from
outside (evidence, the question) travels as our own frozen models; a pickle from anywhere else is never read.
"""

import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from midwatch.domain.evidence import Evidence, Gap
from midwatch.engine.analyst import Case

HEAD = struct.Struct(">Q")  # bytes of the pickle that follows


@dataclass(frozen=True)
class Begin:
    """Begins a case. Answered with None once the needed modules are loaded. State of an earlier case is dropped."""

    case: Case


@dataclass(frozen=True)
class Wanted:
    """Request for a computation. `fresh`: the evidence that was not sent before."""

    fresh: tuple[Evidence, ...]


@dataclass(frozen=True)
class Conclude:
    fresh: tuple[Evidence, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class End:
    """Ends a case. Answered with whether the process is fit for another."""


Message = Begin | Wanted | Conclude | End


def encode(message: Any) -> bytes:
    body = pickle.dumps(message, protocol=5)
    return HEAD.pack(len(body)) + body


def decode(read: Callable[[int], bytes]) -> Any:
    """The next message; raises EOFError at the end. `read` returns that many bytes, fewer only at the end."""
    head = read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    return load(read(*HEAD.unpack(head)))


def load(body: bytes) -> Any:
    return pickle.loads(body)  # noqa: S301 - from our own process
