"""Errors in a log: templates with count and onset, slow operations, refused requests."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from statistics import median

from midwatch.analysis.log_timestamps import moment
from midwatch.analysis.logs import CALM, ERROR, FATAL, LARGEST, Line, lines
from midwatch.analysis.templates import Templates
from midwatch.analysis.traces import frame
from midwatch.domain.window import Window

WHOLE = 20_000  # lines
_SLOW_S = 1.0  # seconds; few operations of a service that answers people may take longer
# Only lines with one of these words are parsed: few lines of a log have one, and finding a word is cheap.
_LOUD = (
    *(
        "err",
        "fatal",
        "panic",
        "except",
        "fail",
        "crit",
        "emerg",
        "severe",
        "refused",
        "denied",
        "timed out",
        "timeout",
        "unable",
    ),
    *(
        "cannot",
        "can't",
        "could not",
        "unavailable",
        '"level":50',
        '"level":60',
        '"level": 50',
        '"level": 60',
        "exhausted",
        "too many",
    ),
    *("not found", "no such", "unreachable", "reset by peer", "traceback"),
    *("not permitted", "bad address", "no servers could", "x509:"),
)
_CLAIM = re.compile(
    r"(?i)\b(?:fatal|panic|critical|emerg|severe|error|exception|fail(?:ed|ure|s)?|cannot|can't|could not|unable "
    r"to|refused|denied"
    r"|unavailable|unreachable|timed out|exhausted|not permitted|bad address|x509(?=:))\b"
    r"|[a-z](?:Error|Exception)\b|\b(?:E[A-Z]{5,})\b"
)
_CALM_WORD = re.compile(
    r"(?i)\b(?:no|0|without|zero) (?:errors?|failures?|exceptions?)\b|\berrors?[\"']?[:=] "
    r"?(?:0|null|nil|none|false|\[\]|<nil>)(?:\b|$)"
)
_WARN = re.compile(r"\bWARN(?:ING)?\b|(?i:level\"?[=:] ?\"?warn)|^W\d{4} ")
# Access logs: `"GET /x HTTP/1.1" 503`, `status=503`, `"statusCode":503`.
_STATUS = re.compile(r"HTTP/[\d.]+\"? ([1-5]\d\d)\b|(?i:\bstatus(?:_?code)?\"?[=: ]+\"?)([1-5]\d\d)\b")
_SPAN = re.compile(
    r"(?<![\w.-])(?P<n>\d{1,9}(?:\.\d+)?)\s?(?P<u>ms|milliseconds?|s|secs?|seconds?|min|minutes?)\b"
    r"|(?i:(?:duration|elapsed|latency|took|response_?time|dur)(?:_?(?P<ku>ms|s|seconds))?\"?[=:]\s?\"?)(?P<kn>\d{1,9}(?:\.\d+)?)(?![\w.µ])"
)
_WORK = (
    *(
        "took",
        "complet",
        "finish",
        "duration",
        "latenc",
        "elapsed",
        "slow",
        "render",
        "respon",
        "execut",
        "process",
        "handled",
        "dur=",
    ),
    *("served", "quer", "request", "call", "load", "fetch"),
)
_NO_WORK = (
    *(
        "retry",
        "sleep",
        "wait",
        "interval",
        "every",
        "back-off",
        "backoff",
        "expire",
        "ttl",
        "uptime",
        "grace",
        "timeout",
        "schedul",
    ),
    *("next run", "keep-alive", "keepalive", "cache", "started"),
)
_SECONDS = {"ms": 0.001, "millisecond": 0.001, "milliseconds": 0.001, "min": 60.0, "minute": 60.0, "minutes": 60.0}


@dataclass(frozen=True)
class _Words:
    """The keywords that occur in a log at all: only they are searched in each of its lines."""

    loud: tuple[str, ...]
    work: tuple[str, ...]
    no_work: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "_Words":
        low = text.lower()
        loud, work, no_work = (tuple(word for word in words if word in low) for words in (_LOUD, _WORK, _NO_WORK))
        return cls(loud, work, no_work)


@dataclass
class LogError:
    """One error template: count, onset, and newest line; `first` and `last` are None when the lines bear no time.

    `kind` is error, warning, status or slow; `spans` are the seconds of slow operations.
    """

    kind: str
    line: Line
    count: int = 0
    fatal: bool = False
    first: datetime | None = None
    last: datetime | None = None
    spans: list[float] = field(default_factory=list[float])

    @property
    def middle(self) -> float:
        return median(self.spans) if self.spans else 0.0


@lru_cache(maxsize=16)
def digest(text: str, within: Window | None = None) -> tuple[LogError, ...]:
    """Errors of a log, in the order of their first line; with `within` only of that period, when the lines have
    times."""
    groups = Templates()
    found: dict[tuple[str, int], LogError] = {}
    when: datetime | None = None
    text = text[-LARGEST:]
    words = _Words.of(text)
    for raw in text.splitlines():
        if raw[:1].isspace() and found:
            continue  # a continuation line: a trace, a printed object
        when = moment(raw) or when
        if within is not None and when is not None and not within.contains(when):
            continue
        for kind, line, seconds in _errors_in_line(raw, words):
            one = found.setdefault((kind, groups.group(f"{kind} {line.said}")), LogError(kind, line))
            _count(one, line, when, seconds)
    return tuple(c for c in found.values() if c.kind != "slow" or c.middle >= _SLOW_S)


def _count(one: LogError, line: Line, when: datetime | None, seconds: float) -> None:
    one.line, one.count = line, one.count + 1
    one.fatal = one.fatal or line.level == FATAL
    one.first, one.last = one.first or when, when or one.last
    if one.kind == "slow":
        one.spans.append(seconds)


def _errors_in_line(raw: str, words: _Words) -> Iterator[tuple[str, Line, float]]:
    """The error in one line, if any."""
    low = raw.lower()
    loud = any(word in low for word in words.loud)
    if (status := _STATUS.search(raw)) and (status[1] or status[2]).startswith("5"):
        yield from (("status", line, 0.0) for line in _line(raw))
    elif loud and not status and (kind := _error_kind(found := list(_line(raw)))):
        yield from ((kind, line, 0.0) for line in found)
    elif seconds := _seconds(raw, low, words):
        yield from (("slow", line, seconds) for line in _line(raw))
    elif "warn" in low or raw[:1] == "W":
        yield from (("warning", line, 0.0) for line in _line(raw) if _WARN.search(raw))


def _line(raw: str) -> Iterable[Line]:
    """One line, unless it is a possible prompt injection."""
    return lines(raw, newest=1)


def _error_kind(found: list[Line]) -> str:
    if not found or frame(found[0].text) or _CALM_WORD.search(found[0].said):
        return ""
    if found[0].level in (FATAL, ERROR):
        return "error"
    if found[0].level == CALM:
        return "warning" if _WARN.search(found[0].text) else ""
    return "error" if _CLAIM.search(found[0].said) else ""


def _seconds(raw: str, low: str, words: _Words) -> float:
    """Duration of the operation in a line; 0 when the line has none."""
    if not any(word in low for word in words.work) or any(word in low for word in words.no_work):
        return 0.0
    match = _SPAN.search(raw)
    if not match:
        return 0.0
    unit = (match["u"] or match["ku"] or "ms").lower()
    return float(match["n"] or match["kn"]) * _SECONDS.get(unit, 1.0)
