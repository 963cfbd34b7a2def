"""Stack traces of Java, Python, Go, Node, .NET and Ruby: the thrown error, and its innermost cause."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FRAME = re.compile(
    r"^\s+at \S|^\s+File \"[^\"]*\", line \d+|^\s+\.\.\. \d+ (?:more|common frames)|^goroutine \d+ "
    r"\[|^\t/\S+:\d+|^\s+from \S+:\d+:in "
    r"|^(?:[\w./*()-]+)\([^()]*+\)$|^created by |^\s+\^+|^--- End of (?:inner|stack)"
    r"|^\s*node:internal/|^\s+(?:\S.*\s[^\s(]*+|[^\s(]++)\(\S+:\d+:\d+\)$"
)
_NAME = r"[A-Za-z_][\w$]*(?:[.:]{1,2}[A-Za-z_$][\w$]*)*"
_THROWN = re.compile(
    rf"(?:^|Exception in thread \"[^\"]*\" |Caused by: |Unhandled exception\. |---> |Uncaught |^\s*Error: )"
    rf"({_NAME}(?:Error|Exception|Fault|Failure|Interrupt|Exit|Throwable)\w*|\w+(?:\.\w+)+Exception\w*)(?: "
    rf"\[\w+\])?(?:: ?(.*))?$"
)
_PANIC = re.compile(r"^(?:panic|fatal error): (.*)$|^thread '[^']*' panicked at (.*)$")
_PYTHON = re.compile(r"^(?:\s*\S+ \|\s*)?Traceback \(most recent call last\):")
_RAISED = re.compile(rf"^({_NAME})(?:: (.*))?$")
_HEADER = re.compile(r"(?:Error|Exception|panic|Traceback|Caused by|fatal error|Fault|Throwable)")
_NEAR = 40  # lines between a head and its last frame that may be no frames (messages of several lines)


@dataclass(frozen=True, slots=True)
class CallTrace:
    """One stack trace. `line` is the line with the innermost cause; `outer` the type of the outermost error."""

    position: int
    line: str
    type: str
    message: str
    outer: str


def frame(text: str) -> bool:
    """Whether the line is a part of a trace without a reason."""
    return _FRAME.match(text) is not None


def traces(lines: Sequence[tuple[int, str]]) -> Iterator[CallTrace]:
    """Traces, oldest first. A head counts only when frames follow, or when its language prints the frames before it."""
    index = 0
    while index < len(lines):
        text = lines[index][1]
        if not _HEADER.search(text):
            index += 1
            continue
        found, after = _python(lines, index) if _PYTHON.match(text) else _thrown(lines, index)
        if found:
            yield found
        index = after


def _python(lines: Sequence[tuple[int, str]], start: int) -> tuple[CallTrace | None, int]:
    """Python traces: the exception stands below its frames, at the left edge. A chain of several has the cause first
    and its consequence last."""
    for index in range(start + 1, min(len(lines), start + 400)):
        position, text = lines[index]
        if text[:1].isspace() or _PYTHON.match(text):
            continue
        match = _RAISED.match(text)
        if match is None:
            return None, index
        return CallTrace(position, text, match[1], match[2] or "", match[1]), index + 1
    return None, start + 1


def _thrown(lines: Sequence[tuple[int, str]], start: int) -> tuple[CallTrace | None, int]:
    head = _head(lines[start][1])
    if head is None:
        return None, start + 1
    outer, inner, place, index, frames, since = head[0], head, start, start + 1, 0, 0
    while index < len(lines) and since < _NEAR:
        text = lines[index][1]
        if frame(text):
            frames, since = frames + 1, 0
        elif text.lstrip().startswith(("Caused by: ", "---> ")) and (cause := _head(text.strip())):
            inner, place, frames = cause, index, frames + 1
        elif frames or _head(text):
            break
        else:
            since += 1
        index += 1
    if not frames:
        return None, start + 1
    return CallTrace(lines[place][0], lines[place][1], inner[0], inner[1], outer), index


def _head(text: str) -> tuple[str, str] | None:
    if panic := _PANIC.match(text):
        return "panic", panic[1] or panic[2]
    thrown = _THROWN.search(text.rstrip())
    return (thrown[1], thrown[2] or "") if thrown else None
