"""Checks claims against the stored evidence. A citation is proved when code finds what it points at; nothing is taken
on trust."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from midwatch.analysis import series
from midwatch.domain.evidence import Citation, Evidence
from midwatch.domain.finding import Finding
from midwatch.domain.observation import Measurements, Observation, Resources, Written
from midwatch.domain.subject import Subject


class Library:
    """The evidence of one investigation, indexed for looking quotations up."""

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        self._evidence = {item.id: item for item in evidence}
        self._find = lru_cache(maxsize=4096)(self._lookup)
        self._objects: dict[str, dict[tuple[str, str], msgspec.Raw]] = {}

    def proves(self, citation: Citation) -> bool:
        item = self._evidence.get(citation.evidence)
        if item is None:
            return False
        if isinstance(item.observation, Written):
            return citation.subject is None and not citation.absent and citation.quote in item.observation.text
        if citation.subject is None:
            return not citation.quote or citation.quote in item.text
        found = self._find(citation.evidence, citation.subject)
        if citation.absent:
            if isinstance(item.observation, Measurements):
                return False
            return found is None and (
                not item.observation.partial or citation.subject.namespace in item.observation.whole
            )
        return found is not None and (citation.quote in found or _holds(msgspec.json.decode(found), citation.quote))

    def prove(self, cites: Sequence[Citation]) -> bool:
        """Whether all of them hold. What cites nothing is not proved."""
        return bool(cites) and all(self.proves(c) for c in cites)

    def _lookup(self, evidence: str, subject: Subject) -> str | None:
        if evidence not in self._objects:
            seen = self._evidence[evidence].observation
            self._objects[evidence] = _index(seen)
        raw = self._objects[evidence].get((subject.namespace, subject.name))
        return None if raw is None else bytes(raw).decode()

    def proved_findings(self, findings: Sequence[Finding]) -> tuple[list[Finding], int]:
        """The findings all of whose citations hold, and how many did not and were dropped."""
        kept = [f for f in findings if self.prove(f.cites)]
        return kept, len(findings) - len(kept)


class _Named(msgspec.Struct):
    name: str = ""
    namespace: str = ""


class _Headed(msgspec.Struct):
    metadata: _Named = msgspec.field(default_factory=_Named)


def _index(seen: Observation) -> dict[tuple[str, str], msgspec.Raw]:
    """Objects, or series, by name, still encoded: of thousands only the cited few are ever decoded whole."""
    if isinstance(seen, Measurements):
        return series.rows(seen.body)
    return _objects(seen) if isinstance(seen, Resources) else {}


def _objects(seen: Resources) -> dict[tuple[str, str], msgspec.Raw]:
    head = msgspec.json.Decoder(_Headed)
    found: dict[tuple[str, str], msgspec.Raw] = {}
    for raw in msgspec.json.decode(seen.body, type=list[msgspec.Raw]):
        meta = head.decode(raw).metadata
        found[meta.namespace, meta.name] = raw
    return found


def _holds(value: Any, quote: str) -> bool:
    """True when the quotation stands in a key or a value of the object, however deep.

    The encoded object was searched before (for `"replicas":0`); this finds texts whose quotes and line ends JSON
    escapes.
    """
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            for key, child in here.items():  # pyright: ignore[reportUnknownVariableType]
                if quote in str(key):  # pyright: ignore[reportUnknownArgumentType]
                    return True
                waiting.append(child)
        elif isinstance(here, list):
            waiting.extend(here)  # pyright: ignore[reportUnknownArgumentType]
        elif quote in str(here):
            return True
    return False
