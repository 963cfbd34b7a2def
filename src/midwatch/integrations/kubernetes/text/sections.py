"""A pasted text cut at its commands, cleaned of what terminals and chat programs add."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from midwatch.integrations.kubernetes.text.commands import PROGRAMS, Command, command

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]{0,32}[ -/]?[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)?)")
_CONTROL = bytes({*range(0x20), 0x7F} - {*b"\t\n"})
_BREAKS = {"\x85": " ", "\u2028": " ", "\u2029": " ", "\xa0": " ", "\ufeff": ""}
# A saved answer of another tool: its JSON header lines, and the names of the streams around the text.
# Of what every such line has one.
_WRAPPED = ("\n{", "stdout:", "stderr:", "```")
_WRAPPING = re.compile(r'(?:\{".*\}|stdout:|stderr:|```\w*)\s*')


@dataclass
class TextSection:
    """`text` is what stands below the command, from line `first` of the file; `introduced` when the command stands
    there too."""

    command: Command
    introduced: bool
    text: str
    first: int

    def lines(self) -> list[tuple[int, str]]:
        """With their numbers in the file."""
        return list(enumerate(self.text.split("\n"), self.first))


def sections(content: str, named: Command) -> list[TextSection]:
    text = clean(content)
    found: list[TextSection] = []
    above, introduced, start, first = named, False, 0, 1
    for begin, end in _candidates(text):
        if said := command(text[begin:end]):
            found.append(TextSection(above, introduced, text[start : max(start, begin - 1)], first))
            first += text.count("\n", start, end) + 1
            above, introduced, start = said, True, end + 1
    found.append(TextSection(above, introduced, text[start:], first))
    return [s for s in found if s.introduced or s.text.strip()]


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


def clean(content: str) -> str:
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    for sign, seen in _BREAKS.items():
        text = text.replace(sign, seen)
    # As bytes, because they are searched many times faster; of what is not ASCII no byte is a control sign.
    return text.encode("utf-8", "surrogatepass").translate(None, _CONTROL).decode("utf-8", "surrogatepass")


def output_lines(section: TextSection) -> list[tuple[int, str]]:
    """Lines of output alone: without wrapping, with tabs spread, moved to the left edge."""
    text, lines = section.text, section.lines()
    if text.startswith("{") or any(sign in text for sign in _WRAPPED):
        lines = [(n, line) for n, line in lines if not _WRAPPING.fullmatch(line)]
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
    if not kept or not kept[0][1][:1].isspace():
        return kept
    left = min(len(line) - len(line.lstrip()) for _, line in kept if line)
    return [(n, line[left:]) for n, line in kept]
