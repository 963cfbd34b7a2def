"""Lists for a terminal, as kubectl prints them: a heading in capitals, and one line an object."""

import shutil
import textwrap
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest

import typer

from midwatch.kit.clock import utc_now
from midwatch.reports import terminal

_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))
_GAP = "   "
_NARROWEST = 16  # columns of a text that is wrapped


def show(names: Sequence[str], rows: Sequence[Sequence[str]], wrapped: str = "") -> None:
    """Lines are never cut, and no word is broken, however narrow the terminal: names and ids are there to be copied.
    Only the column called `wrapped` is spread over several lines, between its words; below the others where it has
    longer words than there is room for."""
    table = [[name.upper() for name in names], *([terminal.plain(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    at = list(names).index(wrapped) if wrapped else -1
    if at >= 0:
        others = sum(widths) - widths[at] + len(_GAP) * (len(widths) - 1)
        room = max(_NARROWEST, _columns() - others)
        if max(len(word) for line in table for word in line[at].split() or [""]) > room:
            _below(table, at)
            return
        widths[at] = min(widths[at], room)
    for line in table:
        cells = [_lines(cell, widths[n]) if n == at else [cell] for n, cell in enumerate(line)]
        for parts in zip_longest(*cells, fillvalue=""):
            typer.echo(_joined(parts, widths))


def _below(table: Sequence[Sequence[str]], at: int) -> None:
    """The cell at `at` of each row on lines of its own."""
    short = [[*line[:at], *line[at + 1 :]] for line in table]
    widths = [max(map(len, column)) for column in zip(*short, strict=True)]
    for number, (cells, line) in enumerate(zip(short, table, strict=True)):
        typer.echo(_joined(cells, widths))
        if number:
            typer.echo(wrap("     " + line[at], "     "))


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def wrap(text: str, indent: str = "    ") -> str:
    """One text on as many lines as the terminal needs; no word is broken."""
    return "\n".join(_lines(text, _columns(), indent))


def _lines(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]


def _columns() -> int:
    return shutil.get_terminal_size().columns


def age(moment: str) -> str:
    """`3d`, `4h`, `12m`, `40s` since a time of the API; "-" for none."""
    if not moment:
        return "-"
    seconds = max(0, int((utc_now() - datetime.fromisoformat(moment)).total_seconds()))
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    return f"{seconds // size}{unit}"
