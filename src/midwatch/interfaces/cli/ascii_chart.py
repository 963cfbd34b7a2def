"""A series as a picture of braille dots: what was measured, what was usual, and marks under what stands out."""

import math
from collections.abc import Iterable, Iterator, Sequence

_WIDTH, _HEIGHT = 66, 12  # characters of the picture; with the scale before it a line stays under 78
_DOTS_ACROSS, _DOTS_UP = 2, 4  # of one character
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # Unicode 2800: the dots of a character, row by row
_MARK = "▲"
_SIZES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))

Values = Sequence[float | None]


def amount(value: float) -> str:
    """Three digits and a letter for thousands, millions and so on: 12.5G."""
    for size, letter in _SIZES:
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def draw(values: Values, usual: Values, spans: Iterable[tuple[int, int]]) -> list[str]:
    """Lines of at most 78 columns. `spans` are (first row, last row) to mark; rows are evenly spread. None is left
    blank."""
    known = [v for v in (*values, *usual) if v is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    canvas = _Canvas(low, high)
    columns = _WIDTH * _DOTS_ACROSS
    for column, least, most in _joined(_reach(values, columns)):
        canvas.bar(column, least, most)
    for column, (least, most) in _reach(usual, columns):
        if column % _DOTS_ACROSS == 0:
            canvas.bar(column, (least + most) / 2, (least + most) / 2)
    lines = [f"{_scale(row, low, high):>8} {line}".rstrip() for row, line in enumerate(canvas.lines())]
    marks = _marks(len(values), spans)
    return [*lines, f"{'':>8} {marks}".rstrip()] if marks else lines


def _reach(values: Values, columns: int) -> Iterator[tuple[int, tuple[float, float]]]:
    """For each column of dots the lowest and the highest of its values; few rows are spread over the whole width."""
    rows = len(values)
    for column in range(columns):
        first = column * rows // columns
        last = max(first + 1, (column + 1) * rows // columns)
        known = [v for v in values[first:last] if v is not None]
        if known:
            yield column, (min(known), max(known))


def _joined(reach: Iterable[tuple[int, tuple[float, float]]]) -> Iterator[tuple[int, float, float]]:
    """Neighbours touch, so that a jump is a line and not two dots far apart. A gap stays one."""
    before, lowest, highest = -2, 0.0, 0.0
    for column, (least, most) in reach:
        touches = column == before + 1
        yield column, min(least, highest) if touches else least, max(most, lowest) if touches else most
        before, lowest, highest = column, least, most


def _marks(rows: int, spans: Iterable[tuple[int, int]]) -> str:
    line = [" "] * _WIDTH
    for first, last in spans:
        left, right = first * _WIDTH // rows, max(first * _WIDTH // rows, ((last + 1) * _WIDTH - 1) // rows)
        line[left : right + 1] = _MARK * (right + 1 - left)
    return "".join(line).rstrip()


def _scale(row: int, low: float, high: float) -> str:
    return {0: amount(high), _HEIGHT - 1: amount(low)}.get(row, "")


class _Canvas:
    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high
        self._cells = [[0] * _WIDTH for _ in range(_HEIGHT)]

    def bar(self, column: int, least: float, most: float) -> None:
        for dot in range(self._row(most), self._row(least) + 1):
            self._cells[dot // _DOTS_UP][column // _DOTS_ACROSS] |= _BITS[dot % _DOTS_UP][column % _DOTS_ACROSS]

    def _row(self, value: float) -> int:
        """Dots from the top. Halved first: the distance of two numbers may be more than a number can be."""
        most = _HEIGHT * _DOTS_UP - 1
        reach = self._high / 2 - self._low / 2
        part = (self._high / 2 - value / 2) / reach if reach > 0 and math.isfinite(reach) else 1.0
        return min(most, max(0, round(part * most)))

    def lines(self) -> Iterator[str]:
        for cells in self._cells:
            yield "".join(chr(0x2800 + bits) if bits else " " for bits in cells)
