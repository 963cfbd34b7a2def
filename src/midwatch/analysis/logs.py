"""What a log says about why its program ended: the error lines, and the head of the last stack trace."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from midwatch.analysis.untrusted import suspicious

NEWEST = 120  # lines from the end; the reason for an end stands at the end
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ERROR = re.compile(
    r"(?i)\b(?:fatal|panic|critical|emerg|severe|error|err|exception|fail(?:ed|ure)?|cannot|can't|could not|unable to|refused)\b|[a-z]Error\b|[a-z]Exception\b"
)
_HEAD = re.compile(
    r"^(?:Caused by: |Exception in thread \"[^\"]+\" |panic: |fatal error: |Uncaught |Unhandled[^:]{0,40}: )?[\w.$]*(?:Error|Exception|Interrupt|Exit)\b:?.*|^(?:panic|fatal error): .+"
)
_FATAL = re.compile(r"(?i)\b(?:fatal|panic|emerg|critical)\b|^(?:Traceback|Exception in thread|Caused by)|Segmentation fault|core dumped")
_FRAME = re.compile(r"^\s+(?:at |File \"|\.\.\. \d+ more|\^)|^goroutine \d+|^\s+/\S+\.go:\d+|^Traceback \(most recent")
_MESSAGE_KEYS = ("message", "msg", "error", "err", "exception", "reason")


@dataclass(frozen=True)
class Line:
    """`text` is the line as it stands in the log, `said` what it says without its wrapping (JSON, colours)."""

    text: str
    said: str
    number: int


def lines(text: str) -> list[Line]:
    """The last lines of a log, oldest first, without those that speak to a machine."""
    found = text.splitlines()
    first = max(0, len(found) - NEWEST)
    return [Line(raw, said(raw), n) for n, raw in enumerate(found[first:], first) if raw.strip() and not suspicious(raw)]


def said(line: str) -> str:
    """The message of a line: of a JSON line its message and error, of any other the line without colours."""
    bare = _COLOUR.sub("", line).strip()
    if not (bare.startswith("{") and bare.endswith("}")):
        return bare
    try:
        entry: Any = json.loads(bare)
    except ValueError:
        return bare
    if not isinstance(entry, dict):
        return bare
    parts = [str(entry[key]) for key in _MESSAGE_KEYS if entry.get(key)]  # pyright: ignore[reportUnknownArgumentType]
    return "; ".join(dict.fromkeys(parts)) or bare


def last_reason(found: list[Line]) -> Line | None:
    """The line a person would quote: the innermost exception or panic near the end, else the last fatal line, else the last error."""
    for test in (_heads, _fatal, _errors):
        if line := next(test(found), None):
            return line
    return None


def _heads(found: list[Line]) -> Iterator[Line]:
    """Heads of stack traces, last first; a `Caused by` is nearer to the cause than what it caused."""
    return (line for line in reversed(found) if _HEAD.match(line.said) and not _FRAME.match(line.said))


def _fatal(found: list[Line]) -> Iterator[Line]:
    return (line for line in reversed(found) if _FATAL.search(line.said) and not _FRAME.match(line.text))


def _errors(found: list[Line]) -> Iterator[Line]:
    return (line for line in reversed(found) if _ERROR.search(line.said) and not _FRAME.match(line.text))
