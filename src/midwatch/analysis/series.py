"""Time series of measurements: one entity, one signal, values in step with their times. The encoded form is stored and
cited."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


@dataclass(frozen=True, eq=False)
class Series:
    """One time series. `signal` is one of our own words (latency_p95, cpu, …), `role` the kind of the entity: pod,
    node, service or "".

    `times` are seconds since 1970, rising; a value that is missing is None, never 0. `zoned` is False where the source
    writes local times without saying of which zone: then only their differences mean anything.
    """

    entity: str
    signal: str
    unit: str
    times: Sequence[float]
    values: Sequence[float | None]
    namespace: str = ""
    role: str = ""
    zoned: bool = True

    @property
    def name(self) -> str:
        return f"{self.entity}/{self.signal}"

    @property
    def scale(self) -> float | None:
        """Factor from a duration's unit to seconds; None for a unit that is no duration, or unknown."""
        return _SECONDS.get(self.unit)


class _Row(msgspec.Struct, omit_defaults=True):
    name: str
    entity: str
    signal: str
    unit: str
    values: list[float | None]
    namespace: str = ""
    role: str = ""


class _Table(msgspec.Struct, omit_defaults=True):
    """Series with the same times."""

    times: list[float]
    series: list[_Row]
    zoned: bool = True


def encode(found: Iterable[Series]) -> bytes:
    """Canonical encoding: the same series give the same bytes, in any order."""
    tables: dict[tuple[bool, tuple[float, ...]], list[_Row]] = {}
    for one in sorted(found, key=lambda s: (s.namespace, s.entity, s.signal, s.role)):
        row = _Row(one.name, one.entity, one.signal, one.unit, list(one.values), one.namespace, one.role)
        tables.setdefault((one.zoned, tuple(one.times)), []).append(row)
    return msgspec.json.encode([_Table(list(times), rows, zoned) for (zoned, times), rows in tables.items()])


def decode(body: bytes) -> list[Series]:
    tables = msgspec.json.decode(body, type=list[_Table])
    return [
        Series(r.entity, r.signal, r.unit, t.times, r.values, r.namespace, r.role, t.zoned)
        for t in tables
        for r in t.series
    ]


class _RawRow(msgspec.Struct):
    name: str
    namespace: str = ""


class _RawTable(msgspec.Struct):
    series: list[msgspec.Raw]


def rows(body: bytes) -> dict[tuple[str, str], msgspec.Raw]:
    """(namespace, name) → the encoded series, in which quotations are looked up."""
    head = msgspec.json.Decoder(_RawRow)
    raw = [row for table in msgspec.json.decode(body, type=list[_RawTable]) for row in table.series]
    return {(named.namespace, named.name): row for row in raw for named in (head.decode(row),)}


def quote(values: Sequence[float | None]) -> str:
    """Consecutive values as they stand in the encoded form."""
    return msgspec.json.encode(list(values)).decode()[1:-1]
