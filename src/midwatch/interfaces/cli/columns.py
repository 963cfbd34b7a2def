"""Lists for a terminal, as kubectl prints them: a heading in capitals, and one line an object."""

from collections.abc import Sequence
from datetime import datetime

import typer

from midwatch.kit.clock import utc_now
from midwatch.reports import terminal

_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))


def show(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Lines are never cut or broken, however narrow the terminal: ids are there to be copied."""
    table = [[name.upper() for name in names], *([terminal.plain(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        typer.echo("   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def age(moment: str) -> str:
    """`3d`, `4h`, `12m`, `40s` since a time of the API; "-" for none."""
    if not moment:
        return "-"
    seconds = max(0, int((utc_now() - datetime.fromisoformat(moment)).total_seconds()))
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    return f"{seconds // size}{unit}"
