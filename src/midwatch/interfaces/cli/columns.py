"""Lists for a terminal, as kubectl prints them: a heading in capitals, and one line an object."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from midwatch.kit.clock import utc_now
from midwatch.reports import terminal

_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))


def show(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Only the last column is broken over lines."""
    table = Table(box=None, padding=(0, 3, 0, 0), show_edge=False)
    for name in names[:-1]:
        table.add_column(name.upper(), no_wrap=True)
    table.add_column(names[-1].upper(), overflow="fold")
    for row in rows:
        table.add_row(*(Text(terminal.plain(cell)) for cell in row))
    terminal.lay(terminal.console(), table)


def age(moment: str) -> str:
    """`3d`, `4h`, `12m`, `40s` since a time of the API; "-" for none."""
    if not moment:
        return "-"
    seconds = max(0, int((utc_now() - datetime.fromisoformat(moment)).total_seconds()))
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    return f"{seconds // size}{unit}"
