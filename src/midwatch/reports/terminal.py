"""A Report in a terminal: as wide as the window, coloured only on a terminal, safe whatever the text contains."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from midwatch.domain.report import Commands, Grid, Items, Report, Text
from midwatch.kit.printable import one_line
from midwatch.kit.redaction import redact_text

STYLES = {
    "CRITICAL": "bold white on red",
    "WARNING": "bold black on yellow",
    "UNKNOWN": "bold black on yellow",
    "INFO": "bold white on blue",
    "OK": "bold white on green",
    "ANSWER": "bold white on blue",
}
_INDENT = 2  # columns before a table, and between two of its columns
_ROOM = 28  # columns that a text of several lines needs
WIDEST = 110  # columns; longer lines are hard to read


def console(*, stderr: bool = False) -> Console:
    found = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if found.width > WIDEST:
        found.width = WIDEST
    return found


def plain(text: str) -> str:
    """One line that is safe to print. Evidence is redacted where it was read; errors of libraries and vendors arrive
    here unredacted."""
    return one_line(redact_text(text))


def show(out: Console, found: Report, heading: str = "") -> None:
    """Prints a report, below `heading` where several follow each other. Commands are never broken or cut, so that they
    can be copied."""
    if heading:
        title = plain(heading)
        lay(out, Styled(title, style="bold underline"), Styled("=" * len(title), style="bold"))
    lay(out, _first_line(found))
    for section in found.sections:
        lay(out, Styled(f"\n{plain(section.title)}", style="bold cyan"))
        for block in section.blocks:
            if isinstance(block, Commands):
                for command in block.commands:
                    out.print(Styled("    " + plain(command), style="green"), soft_wrap=True)
            elif isinstance(block, Grid) and not _fits(block, out.width):
                _stack(out, block)
            elif parts := tuple(_block(block)):
                lay(out, *parts)


def _first_line(found: Report) -> Styled:
    certainty = f" {found.certainty} ·" if found.certainty else ""
    place = f" {plain(found.source)} · " if found.source else " "
    began = f" · {found.since}" if found.since else ""
    return Styled.assemble(
        (f" {found.label} ", STYLES[found.label]),
        f"{certainty}{place}",
        (plain(found.headline), "bold"),
        f"{began} {found.marks}".rstrip(),
    )


def lay(out: Console, *parts: RenderableType) -> None:
    """Text without trailing spaces that fill lines up to the window's edge: they would be copied along."""
    with out.capture() as captured:
        out.print(*parts, sep="\n")
    out.file.write("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")


def _fits(grid: Grid, width: int) -> bool:
    """Whether the table has room for each word of its last column beside the others."""
    table = [[plain(cell) for cell in row] for row in (grid.columns, *grid.rows)]
    *others, last = zip(*table, strict=True)
    room = width - _INDENT - sum(max(map(len, column)) + _INDENT for column in others) - _INDENT
    longest = max((len(word) for cell in last for word in cell.split()), default=0)
    return longest <= room and (room >= _ROOM or max(map(len, last)) <= room)


def _stack(out: Console, grid: Grid) -> None:
    """The last cell of each row on lines of its own, where no word is broken: long names and addresses are there to be
    copied."""
    rows = [[plain(cell) for cell in row] for row in grid.rows]
    widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in (grid.columns, *rows)), strict=True)]
    aligned = sum(widths) + _INDENT * len(widths) <= out.width
    if aligned and any(grid.columns[:-1]):
        out.print(Styled("  " + _joined(grid.columns[:-1], widths), style="dim"))
    for row in rows:
        if aligned:
            first = [_joined(row[:-1], widths)]
        else:
            first = _wrapped(
                " · ".join(f"{c} {v}".strip() for c, v in zip(grid.columns, row[:-1], strict=False)), out.width
            )
        lines = ["  " + line for line in first] + ["    " + line for line in _wrapped(row[-1], out.width - 4)]
        out.print(Styled("\n".join(lines)), soft_wrap=True)


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _block(block: Text | Items | Grid) -> Iterator[RenderableType]:
    match block:
        case Text():
            yield Padding(_text(block), (0, 0, 0, 2), expand=False)
        case Items():
            for item in block.items:
                line = Table.grid(padding=(0, 1))
                line.add_row("  -", _text(item))
                yield line
        case Grid():
            yield Padding(_grid(block), (0, 0, 0, 2), expand=False)


def _text(text: Text) -> Styled:
    return Styled.assemble(plain(text.text), (f" {text.marks}" if text.marks else "", "dim"))


def _grid(grid: Grid) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=any(grid.columns), header_style="dim")
    for column in grid.columns[:-1]:
        table.add_column(plain(column), no_wrap=True)
    for column in grid.columns[-1:]:
        table.add_column(plain(column), overflow="fold")
    for row in grid.rows:
        table.add_row(*(Styled(plain(cell)) for cell in row))
    return table
