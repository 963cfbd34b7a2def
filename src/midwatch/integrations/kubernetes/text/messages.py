"""Messages outside of any table and log: one quoted line, inline code, a cell of a table, a row without its header.

Only of what nothing else could read. Lines that a terminal or a mail wrapped are joined first, as the reason stands at
the end of a message.
"""

import re
from collections.abc import Iterator, Sequence

from midwatch.analysis.failure_words import FAILURE, speaks_of_failure
from midwatch.integrations.kubernetes.text import answers, events
from midwatch.integrations.kubernetes.text.message_kinds import Message, message_of
from midwatch.integrations.kubernetes.text.parse_result import Json, Parsed, ParsedLog, ParsedScene
from midwatch.integrations.kubernetes.text.shapes import LONGEST, is_log_line, is_sentence

Lines = Sequence[tuple[int, str]]
NOT_NAMED = "not-named"
_MARKS = re.compile(r"\s*(?:(?:[>*|•-]|\d{1,2}[.)]) +)*")
_CODE = re.compile(r"(?<!`)`([^`\n]{6,20000})`(?!`)")
_QUOTATION = re.compile(
    r"(?:(?<=\s)|^)(?:\"([^\n]{8,4000})\"|'([^\n]{8,4000})'|`([^`\n]{8,4000})`|[“„]([^”“\n]{8,4000})[”“])(?=[\s.,;:?!)]|$)"
)
_QUOTES = "\"'“”„«» "
_WIDE = 66  # letters of a line that may have been wrapped at the width of a terminal or a mail
_ON = re.compile(r"[a-z0-9(\[{\"'/<=&@%:,;.…-]")
_FIELD = re.compile(r"\s*(?:- )?[\w./ -]{1,60}:(?:\s|$)")
_LIST = re.compile(r"\s*(?:[>*•-]|\d{1,2}[.)]) ")
# What a person says of it all: not a message of a program.
_SPOKEN = re.compile(
    r"(?i)(?:^|[\s(])(?:i|we|my|our|you|your|me|us|anyone|somebody|please|thanks|help|i'm|i've|we've)(?=[\s,.'’]|$)"
    r"|\?\s*$"
)
_TECHNICAL = re.compile(r"[:=\"'/\\\[\]{}<>;]|\d|\w\.\w")  # signs that a program's words have, and few sentences
_NO_MESSAGE = re.compile(r"\s*(?:#{1,6} |\"[\w.@/-]{1,80}\"\s*:|[{}\[\]])")  # a heading, or a part of JSON
_LINES = 40  # of one message
_MOST = 20_000  # lines of a text that are looked at
_UNFINISHED = ("…", "\\", "...")


def read_messages(lines: Lines, scene: ParsedScene, parsed: Parsed) -> set[int]:
    """Adds an event for each message of Kubernetes and a refused command for each of kubectl's; the numbers of the
    lines that were taken."""
    used: set[int] = set()
    found: list[Json] = []
    for numbers, text in join_wrapped(lines[:_MOST]):
        for piece in pieces(text):
            message = message_of(piece)
            if is_log_line(piece) and (message is None or message.start):
                continue  # the log is read as one
            if message is None and answers.error(piece, sure=False):
                _refused(numbers[0], piece, scene, parsed)
            elif message:
                found.append(_event(message, scene))
            else:
                continue
            used.update(numbers)
    for event in events.with_names(found):
        parsed.add(event)
    return used


def _refused(number: int, piece: str, scene: ParsedScene, parsed: Parsed) -> None:
    parsed.problems.append((number, piece))
    if refused := answers.command_error(piece, f"{scene.file or 'text'} line {number}", "", scene.namespace):
        parsed.add(refused)


def spoken_errors(lines: Lines, name: str) -> tuple[list[ParsedLog], set[int]]:
    """What programs said of a failure, where it looks like no log: each run of such lines as one log."""
    found: list[ParsedLog] = []
    run: list[tuple[tuple[int, ...], str]] = []
    used: set[int] = set()
    for numbers, text in [*join_wrapped(lines[:_MOST]), ((), "")]:
        beside = bool(run) and bool(numbers) and numbers[0] == run[-1][0][-1] + 1
        said = _program_error(text) or ("" if not beside or _SPOKEN.search(text[:LONGEST]) else text)
        if said:
            run.append((numbers, said))
            used.update(numbers)
        elif run:
            found.append(ParsedLog("", _place(name, run[0][0][0]), "", False, "\n".join(t for _, t in run), "Log"))
            run = []
    return found, used


def quotations(lines: Lines) -> list[tuple[int, str]]:
    """What stands in quotation marks or is inline code, each as a line."""
    return [
        (number, (match[1] or match[2] or match[3] or match[4]).strip())
        for number, line in lines
        for match in _QUOTATION.finditer(line[:LONGEST])
    ]


def suspects(lines: Lines, most: int = 3) -> list[tuple[int, str]]:
    """The first lines that speak of a failure."""
    found: list[tuple[int, str]] = []
    for number, line in lines:
        if len(found) < most and speaks_of_failure(line[:LONGEST]):
            found.append((number, line.strip()))
    return found


def without_marks(lines: Lines) -> list[tuple[int, str]]:
    """Lines that are a quotation or inline code as a whole, without its marks."""
    return [(number, _bare(line)) for number, line in lines]


def _bare(line: str) -> str:
    text = line[2:] if line.startswith("> ") and line[2:].strip() else line
    inner = text.strip()
    if inner.count("`") == 1 and "`" in (inner[0], inner[-1]):
        return text.replace("`", "", 1)  # inline code of several lines
    for mark in ("`", '"', "'"):
        if len(inner) > 8 and inner[0] == inner[-1] == mark and (mark != "`" or "`" not in inner[1:-1]):
            return inner[1:-1] if mark == "`" or is_log_line(inner[1:-1]) else text
    return text


def join_wrapped(lines: Lines) -> Iterator[tuple[tuple[int, ...], str]]:
    """Each line with those that go on with it, as one text."""
    run: list[tuple[int, str]] = []
    for number, line in lines:
        if run and continues(run, line):
            run.append((number, line))
            continue
        if run:
            yield tuple(n for n, _ in run), _one(run)
        run = [(number, line)] if line.strip() else []
    if run:
        yield tuple(n for n, _ in run), _one(run)


def continues(run: Sequence[tuple[int, str]], line: str) -> bool:
    """Whether a line goes on with the message of the lines of `run`: deeper, or where a terminal or a mail wrapped."""
    before, bare = run[-1][1].rstrip(), line.strip()
    if not bare or is_log_line(line) or _LIST.match(line) or len(run) > _LINES:
        return False
    return _goes_on(run, before, line, bare) and ((another := message_of(bare)) is None or another.start > 0)


def _goes_on(run: Sequence[tuple[int, str]], before: str, line: str, bare: str) -> bool:
    if before.endswith(_UNFINISHED) or run[0][1].count("`") % 2:
        return True
    wrapped = len(before) >= _WIDE and _ON.match(bare) is not None
    deeper = len(line) - len(bare) > len(run[0][1]) - len(run[0][1].lstrip()) + 1
    if _FIELD.match(line) and (deeper or not before.endswith((":", ","))):
        return wrapped and not deeper
    return deeper or wrapped


def _one(run: list[tuple[int, str]]) -> str:
    text = " ".join(line.strip().removesuffix("\\").removesuffix("…").strip() for _, line in run[:-1])
    return f"{text} {run[-1][1].strip()}".strip()


def pieces(text: str) -> list[str]:
    """The parts of a line that a message may fill: inline code, cells of a table, else all of it."""
    bare = _MARKS.sub("", text, count=1)
    if codes := [found.strip() for found in _CODE.findall(bare[:LONGEST])]:
        outside = _CODE.sub(" ", bare[:LONGEST]).strip()
        return [*codes, *([outside] if not is_sentence(outside) and message_of(outside) else [])]
    if text.lstrip().startswith("|") and text.count("|") > 2:
        return [cell for cell in (c.strip(_QUOTES + "`") for c in text.split("|")) if len(cell) > 8]
    bare = bare.strip()
    return [bare.strip(_QUOTES) if bare[:1] in _QUOTES else bare]


def _program_error(text: str) -> str:
    codes = [code for code in _CODE.findall(text[:LONGEST]) if FAILURE.search(code) and " " in code.strip()]
    if codes:
        return "\n".join(codes)
    if not text.strip() or _NO_MESSAGE.match(text) or not speaks_of_failure(text[:LONGEST]):
        return ""
    if _SPOKEN.search(text[:LONGEST]) or is_sentence(text.strip()) or not _TECHNICAL.search(text[:LONGEST]):
        return ""
    return text.strip().strip("> ")


def _place(name: str, number: int) -> str:
    return f"{name} line {number}" if number > 1 else name


def _event(message: Message, scene: ParsedScene) -> Json:
    about = message.about or {"kind": "Object", "name": NOT_NAMED, "namespace": scene.namespace}
    if not about.get("namespace") and scene.namespace and about.get("kind") != "Node":
        about = {**about, "namespace": scene.namespace}
    cells = {"TYPE": "Warning", "REASON": message.reason, "MESSAGE": message.text.rstrip(_QUOTES + "`")}
    return events.event(cells, {k: v for k, v in about.items() if v}, scene.now)
