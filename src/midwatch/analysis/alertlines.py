"""Canonical text of an alert, and its parser: one field on each line, behind its name.

This text is hashed, cited, saved and replayed; no text of a sender can start a line of another name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from midwatch.analysis.prompt_injection import clean, suspicious
from midwatch.domain.alert import Alert
from midwatch.kit.redaction import redact_named, redact_text

LONGEST = 64 * 1024  # characters of the whole text
_TITLE, _SUMMARY, _VALUE, _KEY = 1_000, 16_000, 4_000, 100  # characters of one of them
_PAIRS = 200  # labels, and as many details
_OWN = ("severity: ", "status: ", "starts_at: ", "source: ")
_BREAK = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")
_NOT_KEY = re.compile(r"[\s:=]+")
_SENTENCE = re.compile(r"[^.!?;]{1,2000}[.!?;]*")
_QUOTED = re.compile(r"^(title|summary|service|label [^:\n]+|detail [^:\n]+): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class AlertLines:
    """The parsed text. `safe_text` is the whole text with every possible prompt injection blanked, by sentences;
    positions stay."""

    source: str = ""
    title: str = ""
    summary: str = ""
    service: str = ""
    severity: str = ""
    status: str = ""
    starts_at: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    details: Mapping[str, str] = field(default_factory=dict[str, str])
    safe_text: str = ""
    instructions: tuple[str, ...] = ()

    @property
    def fact_text(self) -> str:
        """`safe_text` without the lines about the alert itself (its severity, its time): the source of facts."""
        return "\n".join(" " * len(line) if line.startswith(_OWN) else line for line in self.safe_text.split("\n"))


def canonical_text(alert: Alert) -> tuple[str, bool]:
    """The canonical text, redacted and bounded, and whether something was left out."""
    lines: list[str] = []
    room, cut = LONGEST, False
    for line in _lines(alert):
        cut = cut or room < len(line) + 1 or line.endswith(" …")
        if room >= len(line) + 1:
            lines.append(line)
            room -= len(line) + 1
    more = len(alert.labels) > _PAIRS or len(alert.details) > _PAIRS
    return "\n".join(lines), cut or more


def _lines(alert: Alert) -> Iterator[str]:
    yield from _named("title", alert.title, _TITLE)
    yield f"severity: {alert.severity.value}"
    yield f"status: {alert.status.value}"
    yield f"starts_at: {alert.starts_at.isoformat()}"
    yield from _named("source", alert.source, _KEY)
    yield from _named("service", alert.service, _KEY)
    for word, pairs in (("label", alert.labels), ("detail", alert.details)):
        for key, value in sorted(pairs.items())[:_PAIRS]:
            yield from _named(
                f"{word} {_NOT_KEY.sub('_', clean(key[:_KEY])).strip('_') or '_'}",
                redact_named(key[:_KEY], value[: 2 * _VALUE]),
                _VALUE,
            )
    yield from _named("summary", alert.summary, _SUMMARY)


def _named(name: str, value: str, longest: int) -> Iterator[str]:
    """Lines of a field; a value of several lines becomes several lines of that name."""
    text = redact_text(clean(_BREAK.sub("\n", value[: 2 * longest])))
    short = text[:longest].rstrip() + " …" if len(text) > longest or len(value) > 2 * longest else text
    for part in short.split("\n"):
        if said := " ".join(part.split()):
            yield f"{name}: {said}"


def parse_canonical_text(text: str) -> AlertLines:
    found: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    details: dict[str, str] = {}
    told, orders = _field(text)
    for line in told.split("\n"):
        name, _, value = line.partition(": ")
        word, _, key = name.partition(" ")
        pairs = {"label": labels, "detail": details}.get(word) if key else None
        if pairs is None:
            found.setdefault(name, []).append(value)
        else:
            pairs[key] = f"{pairs[key]}\n{value}" if key in pairs else value
    one = {
        k: "\n".join(found.get(k, ())).strip()
        for k in ("source", "title", "summary", "service", "severity", "status", "starts_at")
    }
    return AlertLines(**one, labels=labels, details=details, safe_text=told, instructions=orders)


def _field(text: str) -> tuple[str, tuple[str, ...]]:
    orders: list[str] = []

    def sentences(match: re.Match[str]) -> str:
        return f"{match[1]}: {_SENTENCE.sub(blank, match[2])}"

    def blank(match: re.Match[str]) -> str:
        if not suspicious(match[0]):
            return match[0]
        orders.append(match[0].strip())
        return " " * len(match[0])

    return _QUOTED.sub(sentences, text), tuple(orders)
