"""Exit reasons in a log: the error lines, and the head of the last stack trace."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from midwatch.analysis.prompt_injection import clean, suspicion
from midwatch.analysis.traces import frame, traces

NEWEST = 120  # lines from the end; the reason for an end stands at the end
_PREFIX, _PREFIX_WORDS = 320, 3  # characters and words before an entry
LARGEST = 512 * 1024
FATAL, ERROR, CALM = "fatal", "error", "calm"
_ERROR = re.compile(
    r"(?i)\b(?:fatal|panic|critical|emerg|severe|error|err|exception|fail(?:ed|ure)?|cannot|can't|could not|unable "
    r"to|refused)\b"
    r"|[a-z]Error\b|[a-z]Exception\b"
)
_HEAD = re.compile(
    r"^(?:Caused by: |Exception in thread \"[^\"]+\" |panic: |fatal error: |Uncaught |Unhandled[^:]{0,40}: )?"
    r"[\w.$]*(?:Error|Exception|Interrupt|Exit)\b:?.*|^(?:panic|fatal error): .+"
)
_HEADING = re.compile(
    r"(?i)\bfollowing (?:\[?\d{1,3}\]? )?(?:lines?|errors?|problems?|reasons?|checks?|points?)\b[^\n]{0,60}$"
    r"|\b(?:errors?|checks?|problems?)(?: (?:were|was|have|has|is|are))?(?: been)? (?:found|failed|reported):$"
)
_FATAL = re.compile(
    r"(?i)\b(?:fatal|panic|emerg|critical)\b|^(?:Traceback|Exception in thread|Caused by)|Segmentation fault|core "
    r"dumped"
)
_FRAME = re.compile(r"^\s+(?:at |File \"|\.\.\. \d+ more|\^)|^goroutine \d+|^\s+/\S+\.go:\d+|^Traceback \(most recent")
_DATE = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d| UTC| GMT)?"
_TIME = re.compile(rf"^(?:\[?{_DATE}\]?|\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?|\w{{3}} +\d+ \d\d:\d\d:\d\d)[\s|:,-]+")
_KLOG = re.compile(r"^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [^\]\s]+\] ")
_LEVEL = re.compile(
    r"(?i:\b(?:level|lvl|severity)=\"?(\w+)|^[\[<(]?(fatal|panic|crit|critical|emerg|error|err|warn|warning|notice|info|debug|trace)[\])>:]"
    r"|[\[<](fatal|crit|emerg|error|warn|warning|notice|info|debug|trace)[\]>])"
    r"|\b(FATAL|PANIC|CRITICAL|SEVERE|ERROR|WARN|WARNING|INFO|NOTICE|DEBUG|TRACE)\b"
)
_GRADES = {
    **dict.fromkeys(("fatal", "panic", "critical", "crit", "emerg", "dpanic", "f", "60"), FATAL),
    **dict.fromkeys(("error", "err", "severe", "e", "50"), ERROR),
    **dict.fromkeys(
        ("warn", "warning", "notice", "info", "information", "debug", "trace", "w", "i", "10", "20", "30", "40"), CALM
    ),
}
_MESSAGE_KEYS = ("message", "msg", "error", "err", "exception", "reason", "exc_info", "stack_trace", "stack")
_LEVEL_KEYS = ("level", "severity", "lvl", "levelname", "log.level")
_JSON_FIELD = re.compile(r'"([\w.-]{1,40})":\s?"((?:[^"\\]|\\.){0,8000}+)"?')
_QUOTED_ERROR = re.compile(r"\b(?:ERROR|FATAL|PANIC|CRITICAL): ")
_LOGFMT = re.compile(r'(?:^|\s)(?:msg|message|err|error|reason)=("(?:[^"\\]|\\.)*"|\S+)')
_MASK = re.compile(
    rf"{_DATE}|0x[0-9a-fA-F]+|\b[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}\b|\b[0-9a-fA-F]{{16,}}\b|\d+"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One log line. `text` is the raw line, `said` its message without its wrapping (JSON, logfmt, time, colours).

    `level` is fatal, error, calm (a warning or less), or "" where the line has none.
    """

    text: str
    said: str
    number: int
    level: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One error, and the number of lines that differ only in numbers and ids; the newest of them is shown."""

    line: Line
    count: int


def lines(text: str, newest: int = NEWEST) -> list[Line]:
    """The last lines of a log, oldest first, without possible prompt injections."""
    text = text[-LARGEST:]
    found, suspicious = text.splitlines(), suspicion(text)
    first = max(0, len(found) - newest)
    return [_line(raw, n) for n, raw in enumerate(found[first:], first) if raw.strip() and not suspicious(raw)]


def message(line: str) -> str:
    """The message of a line, without its wrapping."""
    return _line(line, 0).said


def _line(raw: str, number: int) -> Line:
    bare = raw if raw.isascii() and raw.isprintable() else clean(raw)
    indented, bare = bare[:1].isspace(), bare.strip()
    bare = _TIME.sub("", bare, count=1) if not indented else bare
    if entry := _json_entry(bare):
        return _json(raw, bare, entry, number)
    if klog := _KLOG.match(bare):
        return Line(raw, bare[klog.end() :], number, _GRADES[klog[1].lower()])
    level = _LEVEL.search(bare[:160])
    grade = _GRADES.get(next(g for g in level.groups() if g).lower(), "") if level else ""
    return Line(raw, _logfmt(bare), number, grade)


def _json_entry(bare: str) -> str:
    """An entry, alone or behind what stern, kubectl --prefix or a shell's quotes put before it; "" for other lines."""
    start = bare.find('{"', 0, _PREFIX)
    if start < 0 or len(bare[:start].split()) > _PREFIX_WORDS:
        return bare if bare.startswith("{") and bare.endswith("}") else ""
    return bare[start:]


def _json(raw: str, bare: str, text: str, number: int) -> Line:
    try:
        entry: Any = json.loads(text)
    except (ValueError, RecursionError):
        entry = _cut_off(text)
    fields = cast("dict[str, object]", entry)
    if text != bare and not any(key in fields for key in _LEVEL_KEYS):
        return Line(raw, bare, number)  # an answer or an object that the line quotes
    grade = next((_GRADES.get(str(fields[k]).lower(), "") for k in _LEVEL_KEYS if k in fields), "")
    parts = [_text(fields[key]) for key in _MESSAGE_KEYS if fields.get(key)]
    said = "; ".join(dict.fromkeys(p for p in parts if p))[:4000] or bare
    # A program that runs another one often logs that one's errors as INFO.
    return Line(raw, said, number, ERROR if grade == CALM and _QUOTED_ERROR.search(said) else grade)


def _cut_off(text: str) -> dict[str, object]:
    """The leading fields of an entry that was cut at its end when it was copied."""
    return {m[1]: m[2].replace('\\"', '"').replace("\\n", "\n") for m in _JSON_FIELD.finditer(text)}


def _text(value: object) -> str:
    """Text of a logged value; loggers of Node and .NET write an error as an object of its own."""
    if not isinstance(value, dict):
        return str(value)
    fields = cast("dict[str, object]", value)
    return ": ".join(str(fields[k]) for k in ("type", "name", "code", "message") if fields.get(k))


def _logfmt(text: str) -> str:
    parts = (
        [m[1][1:-1].replace('\\"', '"') if m[1].startswith('"') else m[1] for m in _LOGFMT.finditer(text)]
        if "=" in text
        else []
    )
    return "; ".join(parts) if parts and re.search(r"\b(?:level|lvl|msg)=", text) else text


def faults(found: Sequence[Line]) -> tuple[Fault, ...]:
    """Errors by template, in the order of their newest line."""
    counts: dict[str, int] = {}
    newest: dict[str, Line] = {}
    for line in found:
        if line.level in (FATAL, ERROR) or (not line.level and _ERROR.search(line.said) and not frame(line.text)):
            key = template(line.said)
            counts[key] = counts.get(key, 0) + 1
            newest[key] = line
    return tuple(Fault(line, counts[key]) for key, line in sorted(newest.items(), key=lambda item: item[1].number))


def template(message: str) -> str:
    """The message without its numbers, ids and times: the same for all of its repetitions."""
    return _MASK.sub("#", message[:400])


def last_reason(found: list[Line]) -> Line | None:
    """The most relevant line: the innermost cause of the last trace near the end, else the last fatal line, else the
    last error."""
    loud = [line for line in found if line.level != CALM]
    for test in (_traced, _below_heading, _heads, _fatal, _errors):
        if line := next(test(loud), None):
            return line
    return None


def _below_heading(found: list[Line]) -> Iterator[Line]:
    """The line below a heading such as `checks failed … the following 2 lines`: the heading has only a count."""
    return (below for line, below in zip(reversed(found[:-1]), reversed(found[1:]), strict=True) if _heads_list(line))


def _heads_list(line: Line) -> bool:
    return _HEADING.search(line.said) is not None and _ERROR.search(line.said) is not None


def _traced(found: list[Line]) -> Iterator[Line]:
    by_number = {line.number: line for line in found}
    heads = list(traces([(line.number, clean(line.text)) for line in found]))
    return (by_number[head.position] for head in reversed(heads))


def _heads(found: list[Line]) -> Iterator[Line]:
    """Heads of stack traces, last first; a `Caused by` is nearer to the cause than its consequence."""
    return (line for line in reversed(found) if _HEAD.match(line.said) and not _FRAME.match(line.said))


def _fatal(found: list[Line]) -> Iterator[Line]:
    return (
        line
        for line in reversed(found)
        if (line.level == FATAL or _FATAL.search(line.said)) and not _FRAME.match(line.text)
    )


def _errors(found: list[Line]) -> Iterator[Line]:
    return (
        line
        for line in reversed(found)
        if (line.level == ERROR or _ERROR.search(line.said)) and not _FRAME.match(line.text)
    )
