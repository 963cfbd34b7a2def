"""A Report in a terminal: as wide as the window, coloured only on a terminal, safe whatever the text contains."""

import re
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from midwatch.domain.diagnosis import Verdict
from midwatch.domain.report import Block, Commands, Grid, Items, Report, Section, Text

STYLES = {
    Verdict.CONFIRMED: "bold white on red",
    Verdict.LIKELY: "bold black on yellow",
    Verdict.INCONCLUSIVE: "bold black on yellow",
    Verdict.EXPECTED: "bold white on blue",
    Verdict.HEALTHY: "bold white on green",
}
WIDEST = 110  # columns; longer lines are hard to read
# Escape sequences and invisible direction marks in a log line must not reach the reader's terminal.
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def console(*, stderr: bool = False) -> Console:
    found = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if found.width > WIDEST:
        found.width = WIDEST
    return found


def plain(text: str) -> str:
    return _CONTROL.sub("", text.replace("\t", " ").replace("\n", " "))


def report(found: Report) -> RenderableType:
    head = Styled.assemble(
        (f" {found.verdict} ", STYLES[found.verdict]), " ", (plain(found.headline), "bold"), f" {found.marks}" if found.marks else ""
    )
    return Group(head, *(_section(s) for s in found.sections))


def _section(section: Section) -> RenderableType:
    return Group("", Styled(section.title, style="bold cyan"), *(r for b in section.blocks for r in _block(b)))


def _block(block: Block) -> Iterator[RenderableType]:
    match block:
        case Text():
            yield Padding(_text(block), (0, 0, 0, 2), expand=False)
        case Items():
            for item in block.items:
                line = Table.grid(padding=(0, 1))
                line.add_row("  -", _text(item))
                yield line
        case Commands():
            yield from (Styled("    " + plain(c), style="green", no_wrap=True, overflow="ignore") for c in block.commands)
        case Grid():
            yield Padding(_grid(block), (0, 0, 0, 2), expand=False)


def _text(text: Text) -> Styled:
    return Styled.assemble(plain(text.text), (f" {text.marks}" if text.marks else "", "dim"))


def _grid(grid: Grid) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=any(grid.columns), header_style="dim")
    for column in grid.columns[:-1]:
        table.add_column(column, no_wrap=True)
    for column in grid.columns[-1:]:
        table.add_column(column, overflow="fold")
    for row in grid.rows:
        table.add_row(*(Styled(plain(cell)) for cell in row))
    return table
