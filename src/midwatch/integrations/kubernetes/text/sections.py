"""A pasted text cut into blocks: what stands below one command, or between commands, of one kind each.

The way of a text: `clean` takes off what terminals and chat programs add, `prompts` finds the lines that are commands,
`sections` cuts there and at the fences of Markdown, `reading` gives each block to the reader of its kind (a log, a
description, a table, events, YAML or JSON, a refusal, a journal), and what stands outside of any command is read by its
own look alone. A line that nobody could read is named with its number; a person's sentences are neither read nor named.
The same for standard input, a file and a folder: only the name of a file says more, where no command does.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.integrations.kubernetes.text.commands import Command
from midwatch.integrations.kubernetes.text.prompts import PROGRAMS, command_of, foreign_commands, join_lines
from midwatch.integrations.kubernetes.text.shapes import is_log_line, is_sentence

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]{0,32}[ -/]?[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)?)")
_CONTROL = bytes({*range(0x20), 0x7F} - {*b"\t\n"})
_BREAKS = {"\x85": " ", "\u2028": " ", "\u2029": " ", "\xa0": " ", "\ufeff": ""}
# A saved answer of another tool: its JSON header lines, and the names of the streams around the text.
# Of what every such line has one.
_WRAPPED = ("\n{", "stdout:", "stderr:", "```", "~~~")
_WRAPPING = re.compile(r'(?:\{".*\}|stdout:|stderr:|(?:```|~~~)[\w{}. -]{0,40})\s*')
_NO_WRAPPING = re.compile(
    r'\{\s*"(?:apiVersion|kind|items|metadata|level|ts|time|msg|message|severity|@timestamp|log)"'
)
_FENCE = re.compile(r"^[ \t>]*(?:```|~~~)[\w{}. -]{0,40}$", re.M)
_QUOTED = re.compile(r"^(?:> ?){1,8}")
_INSIDE = re.compile(
    r"NAME |NAMESPACE |LAST SEEN|Name:  |Events:|apiVersion:|kind:|Error from server|No resources found"
)
# What begins another block below a log, without a command of its own and behind an empty line: kubectl's tables and
# descriptions, and the journal of a node.
_NEXT = re.compile(
    r"\n[ \t]*\n(?= {0,12}(?:(?:NAMESPACE +NAME|NAME +(?:READY|STATUS|TYPE|CLASS|DESIRED|COMPLETIONS|REFERENCE)|"
    r"LAST SEEN) .*\n|Events:[ \t]*\n +Type +Reason|Name: +\S+[ \t]*\n *(?:Namespace|Labels|Roles|Priority): |"
    r"apiVersion: \S+\n *kind: |[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d [\w.-]{1,200} [\w@./-]{1,100}\[\d{1,9}\]: ))"
)


@dataclass
class TextSection:
    """`text` is what stands below the command, from line `first` of the file; `introduced` when the command stands
    there too. `foreign`: of a command of another program. `left`: how far the command is indented."""

    command: Command
    introduced: bool
    text: str
    first: int
    foreign: str = ""
    left: int = 0

    def lines(self) -> list[tuple[int, str]]:
        """With their numbers in the file, moved left as far as the command stands to the right."""
        lines = self.text.split("\n")
        if self.left:
            space = " " * self.left
            lines = [line.removeprefix(space) for line in lines]
        return list(enumerate(lines, self.first))


@dataclass(frozen=True)
class _Cut:
    """A line that begins another block: from `begin` to `end` it is no output itself."""

    begin: int
    end: int
    command: Command | None
    foreign: str = ""


def sections(content: str, named: Command) -> list[TextSection]:
    """`named` is what the file's name says of the text above the first command."""
    text = strip_quotes(clean(content))
    fences = [m.start() for m in _FENCE.finditer(text)] if "```" in text or "~~~" in text else []
    cuts = [_Cut(0, -1, None), *_cuts(text)]
    found: list[TextSection] = []
    counted, line = 0, 1
    for cut, following in zip(cuts, [*cuts[1:], None], strict=True):
        start, stop = cut.end + 1, following.begin - 1 if following else len(text)
        command = cut.command or (named if cut.end < 0 else Command())
        introduced = cut.command is not None
        for place, end, owned in _parts(text, cut, start, max(start, stop), fences):
            whole = owned and (introduced or command.verb == "logs")
            for begin, close in [(place, end)] if whole else _between(fences, place, end):
                line, counted = line + text.count("\n", counted, begin), begin
                of = command if owned else Command()
                found.append(TextSection(of, introduced and owned, text[begin:close], line))
                if owned and cut.end >= 0:
                    found[-1].foreign, found[-1].left = cut.foreign, _indentation(text, cut)
    return [s for s in found if s.introduced or s.text.strip()]


def _parts(text: str, cut: _Cut, start: int, stop: int, fences: list[int]) -> Iterator[tuple[int, int, bool]]:
    """Begin and end of the command's output, and of what stands below it and is not of it."""
    end = stop
    if cut.end >= 0 and fences:
        end = _fenced(text, start, stop, fences)
    elif cut.end < 0:
        yield start, stop, True
        return
    if cut.command and cut.command.verb == "logs" and (other := _NEXT.search(text, start, end)):
        end = other.start()
    end = _spoken(text, start, end) if cut.command and cut.command.verb == "logs" else end
    yield start, end, True
    if text[end:stop].strip():
        yield end, stop, False


def _indentation(text: str, cut: _Cut) -> int:
    line = text[cut.begin : cut.begin + 80]
    return len(line) - len(line.lstrip(" "))


def _between(fences: list[int], start: int, stop: int) -> Iterator[tuple[int, int]]:
    """What fences part, each piece with the fence above it."""
    inner = fences[bisect_left(fences, start + 1) : bisect_left(fences, stop)]
    yield from zip([start, *inner], [*inner, stop], strict=True)


def _fenced(text: str, start: int, stop: int, fences: list[int]) -> int:
    """Where the fence closes that the command stands in, or that its output begins with; else where the next opens."""
    place = bisect_left(fences, start)
    inside = place % 2 == 1
    if not inside and place < len(fences) and fences[place] < stop and not text[start : fences[place]].strip():
        place += 1
    return min(stop, fences[place]) if place < len(fences) else stop


def _spoken(text: str, start: int, end: int) -> int:
    """A log without what a person says below it, behind an empty line."""
    while True:
        gap = text.rfind("\n\n", start, end)
        if gap < 0:
            return end
        said = text[gap:end].strip().split("\n")
        if said != [""] and not all(is_sentence(line) for line in said):
            return end
        end = gap


def _cuts(text: str) -> list[_Cut]:
    found: dict[int, _Cut] = {}
    for begin, end in foreign_commands(text):
        found[begin] = _Cut(begin, end, None, text[begin:end].strip())
    reached = -1
    for begin, end in _candidates(text):
        if begin < reached:
            continue
        line, after = join_lines(text, begin, end)
        if said := command_of(line):
            found[begin] = _Cut(begin, after, said if said.program == "kubectl" or said.verb else None, said.line)
            reached = after
    ordered = [found[begin] for begin in sorted(found)]
    return [cut for n, cut in enumerate(ordered) if n == 0 or cut.begin >= ordered[n - 1].end]


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """The lines that a command may stand in: of thousands only those are looked at that name a program."""
    found: dict[int, int] = {}
    for program in PROGRAMS:
        at = text.find(program)
        while at >= 0:
            end = text.find("\n", at)
            end = end if end >= 0 else len(text)
            found[text.rfind("\n", 0, at) + 1] = end
            at = text.find(program, end)
    return iter(sorted(found.items()))


def strip_quotes(text: str) -> str:
    """Without the `> ` of mails and forums, where a run of lines has it and one of them is kubectl's."""
    if "\n>" not in text and not text.startswith(">"):
        return text
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end].startswith(">"):
            end += 1
        if end - at > 1:
            bare = [_QUOTED.sub("", line) for line in lines[at:end]]
            if any(begins_block(line) for line in bare):
                lines[at:end] = bare
        at = max(end, at + 1)
    return "\n".join(lines)


def clean(content: str) -> str:
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    for sign, seen in _BREAKS.items():
        text = text.replace(sign, seen)
    # As bytes, because they are searched many times faster; of what is not ASCII no byte is a control sign.
    return text.encode("utf-8", "surrogatepass").translate(None, _CONTROL).decode("utf-8", "surrogatepass")


def log_lines(section: TextSection) -> list[tuple[int, str]]:
    """Lines of a log as they are, without a fence around them."""
    return [(n, line) for n, line in section.lines() if not _FENCE.fullmatch(line)]


def output_lines(section: TextSection) -> list[tuple[int, str]]:
    """Lines of output alone: without wrapping, with tabs spread, moved to the left edge."""
    text, lines = section.text, section.lines()
    if text.startswith("{") or any(sign in text for sign in _WRAPPED):
        lines = [
            (n, "" if line.lstrip().startswith(("```", "~~~")) else line)
            for n, line in lines
            if not (_WRAPPING.fullmatch(line) and line.startswith(("{", "std")) and not _NO_WRAPPING.match(line))
        ]
    kept = (
        [(n, line.expandtabs(8).rstrip()) for n, line in lines]
        if "\t" in text
        else [(n, line.rstrip()) for n, line in lines]
    )
    start = next((i for i, (_, line) in enumerate(kept) if line), len(kept))
    kept = kept[start:]
    if kept and re.match(r'\s*"(?:Name:|NAME|NAMESPACE|LAST SEEN)', kept[0][1]):
        kept = [(n, line.replace('\\"', '"')) for n, line in kept]
        kept[0] = (kept[0][0], kept[0][1].lstrip().removeprefix('"'))
        last = next(i for i in range(len(kept) - 1, -1, -1) if kept[i][1])
        kept[last] = (kept[last][0], kept[last][1].removesuffix('"'))
    return to_the_left(kept)


def outdent(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Blocks that a forum's indentation sets off, moved to the left edge; what is described above keeps its own."""
    found: list[tuple[int, str]] = []
    at = 0
    while at < len(lines):
        end = at
        if not found or not found[-1][1]:
            while end < len(lines) and lines[end][1].startswith("    "):
                end += 1
        if end > at and begins_block(lines[at][1].lstrip()):
            left = len(lines[at][1]) - len(lines[at][1].lstrip())
            found += [(n, line[left:] if line[:left].isspace() else line.lstrip()) for n, line in lines[at:end]]
        else:
            end = max(end, at + 1)
            found += lines[at:end]
            if any(line.startswith("Name:  ") for _, line in lines[at:end]):
                return found + lines[end:]
        at = end
    return found


def begins_block(line: str) -> bool:
    return _INSIDE.match(line) is not None or is_log_line(line) or command_of(line) is not None


def to_the_left(kept: list[tuple[int, str]]) -> list[tuple[int, str]]:
    if not kept or not kept[0][1][:1].isspace():
        return kept
    left = min(len(line) - len(line.lstrip()) for _, line in kept if line)
    return [(n, line[left:]) for n, line in kept]
