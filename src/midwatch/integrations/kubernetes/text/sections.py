"""A pasted text cut at its commands, cleaned of what terminals and chat programs add."""

import re
from dataclasses import dataclass, field

from midwatch.integrations.kubernetes.text.commands import Command, command

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]{0,32}[ -/]?[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)?)")
_CONTROL = bytes({*range(0x20), 0x7F} - {*b"\t\n"})
_BREAKS = {"\x85": " ", "\u2028": " ", "\u2029": " ", "\xa0": " ", "\ufeff": ""}
# A saved answer of another tool: its JSON header lines, and the names of the streams around the text.
_WRAPPED = ("{", "s", "`")
_WRAPPING = re.compile(r'(?:\{".*\}|stdout:|stderr:|```\w*)\s*')


@dataclass
class Section:
    """`lines` with their numbers in the file; `introduced` when the command stands in the text itself."""

    command: Command
    introduced: bool = False
    lines: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])


def sections(content: str, named: Command) -> list[Section]:
    found = [Section(named)]
    lines = found[-1].lines
    for number, line in enumerate(clean(content).split("\n"), 1):
        said = command(line)
        if said:
            found.append(Section(said, introduced=True))
            lines = found[-1].lines
        else:
            lines.append((number, line))
    return [s for s in found if s.introduced or any(line.strip() for _, line in s.lines)]


def clean(content: str) -> str:
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    for sign, seen in _BREAKS.items():
        text = text.replace(sign, seen)
    # As bytes, because they are searched many times faster; of what is not ASCII no byte is a control sign.
    return text.encode("utf-8", "surrogatepass").translate(None, _CONTROL).decode("utf-8", "surrogatepass")


def unwrapped(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines of output alone: without wrapping, with tabs spread, moved to the left edge."""
    kept = [(n, line.expandtabs(8).rstrip() if "\t" in line else line.rstrip()) for n, line in lines if not _wrapping(line)]
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


def _wrapping(line: str) -> bool:
    return line.startswith(_WRAPPED) and bool(_WRAPPING.fullmatch(line))
