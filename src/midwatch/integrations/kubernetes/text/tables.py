"""Tables of `kubectl get`: cells by the positions of the header's words, because a cell may be empty or hold spaces."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_WORD = re.compile(
    r"ACCESS MODES|LAST SEEN|FIRST SEEN|NODE SELECTOR|NOMINATED NODE|READINESS GATES|RECLAIM POLICY|LAST "
    r"SCHEDULE|MIN AVAILABLE"
    r"|MAX UNAVAILABLE|ALLOWED DISRUPTIONS|CREATED AT|CPU Requests|CPU Limits|Memory Requests|Memory Limits|\S+"
)
_HEADER = re.compile(
    r"(?:NAMESPACE\s+)?(?:NAME|LAST SEEN|FIRST SEEN|LASTSEEN|FIRSTSEEN|POD)(?:\s+[A-Z%(][A-Za-z0-9/()%-]*)+\s*",
    re.ASCII,
)
_GAP = re.compile(r"\s{2,}")
_LONGEST_MESSAGE = 16_384  # letters of a message of several lines: the API server takes 1,024 for an event
# A space that parts cells, unlike those in `5 (10s ago)` and `4s (x9 over 111s)`.
_SPACE = re.compile(r"\s+(?!\()(?![^()]{0,80}\))")


@dataclass(frozen=True)
class Columns:
    """`starts[i]` is where the cells of `names[i]` begin; `tight` when single spaces are all that part them."""

    names: tuple[str, ...]
    starts: tuple[int, ...]
    tight: bool

    def cells(self, row: str) -> dict[str, str]:
        """{} for a row that does not fit the header."""
        if not self.tight and all(start == 0 or row[start - 1 : start] in ("", " ") for start in self.starts):
            ends = (*self.starts[1:], len(row))
            cells = {
                name: row[start:end].strip() for name, start, end in zip(self.names, self.starts, ends, strict=True)
            }
            # Two cells in one: the row was edited, or printed by --watch, and stands on its own.
            if not any("  " in cell for cell in cells.values()) or len(_GAP.split(row.strip())) != len(self.names):
                return cells
        parts = _GAP.split(row.strip())
        if len(parts) != len(self.names):
            parts = _SPACE.split(row.strip(), maxsplit=len(self.names) - 1)
        return dict(zip(self.names, parts, strict=True)) if len(parts) == len(self.names) else {}


@dataclass
class TextTable:
    columns: Columns
    number: int
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list[tuple[int, dict[str, str]]])
    unread: int = 0
    last: int = 0  # the number of its last line


def columns(header: str) -> Columns:
    words = list(_WORD.finditer(header))
    tight = len(words) > 1 and "  " not in header.strip()
    return Columns(tuple(w[0] for w in words), tuple(w.start() for w in words), tight)


def tables(lines: Sequence[tuple[int, str]]) -> Iterator[TextTable]:
    """Every table in the lines: a header in capitals, and rows up to an empty line or the next header."""
    table: TextTable | None = None
    for number, line in lines:
        if line[:1] in ("N", "L", "F", "P") and _HEADER.fullmatch(line):
            if table:
                yield table
            table = TextTable(columns(line), number, last=number)
        elif table and not line.strip():
            yield table
            table = None
        elif table:
            _take(table, number, line)
    if table:
        yield table


def _take(table: TextTable, number: int, line: str) -> None:
    table.last = number
    cells = table.columns.cells(line) if not line.startswith(" ") else {}
    if cells:
        table.rows.append((number, cells))
    elif table.rows and len(table.rows[-1][1].get("MESSAGE", " " * _LONGEST_MESSAGE)) < _LONGEST_MESSAGE:
        table.rows[-1][1]["MESSAGE"] += "\n" + line
    else:
        table.unread += 1
