"""nab: NAB's labelled time series; the alarm at a row may use that row and those before it. Scored as its authors do,
and by episodes."""

import argparse
import csv
import json
import math
import time
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import Pool
from pathlib import Path

from rich.console import Console
from rich.table import Table

from evaluation.accuracy import write_section
from midwatch.analysis.alarms import alarms

NAME = "nab"
NEAR = ("realAWSCloudwatch", "realKnownCause", "realTraffic")  # what is nearest to operations
_PROBATION, _PROBATION_ROWS = 0.15, 750  # of a file, and at most; NAB's own
_FALSE = 0.11  # what a false alarm costs, in hits: the standard profile
_APART = 13  # rows between alarms of one episode, at most


@dataclass(frozen=True)
class File:
    """`windows` are (first row, last row) of what is labelled; `rows` how many rows the file has."""

    rows: int
    windows: Sequence[tuple[int, int]]
    alarms: Sequence[int]
    cpu: float  # seconds

    @property
    def probation(self) -> int:
        return min(math.floor(_PROBATION * self.rows), _PROBATION_ROWS)


@dataclass(frozen=True)
class Score:
    """Sums over files: `gain` against no alarm at all, `most` the best there is, both in hits."""

    gain: float = 0.0
    most: float = 0.0
    windows: int = 0
    hit: int = 0
    episodes: int = 0
    right: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(*(getattr(self, f) + getattr(other, f) for f in self.__dataclass_fields__))

    @property
    def standard(self) -> float:
        """0 when nothing is ever said, 100 when all windows are found at once; undefined without windows."""
        return 100 * self.gain / self.most

    @property
    def f1(self) -> float:
        recall = self.hit / self.windows if self.windows else 0.0
        precision = self.right / self.episodes if self.episodes else 0.0
        return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, help="write the alarms here, as JSON")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/accuracy.md")


def run(folder: Path, chosen: argparse.Namespace) -> int:
    labelled = json.loads((folder / "windows.json").read_text())
    with Pool(2) as pool:
        found = pool.starmap(
            _file, [(folder / "series" / name, windows) for name, windows in labelled.items()], chunksize=1
        )
    files = dict(zip(labelled, found, strict=True))
    if chosen.out:
        chosen.out.write_text(json.dumps({name: file.alarms for name, file in files.items()}))
    rows = _rows(files)
    table = Table("set", "files", "standard", "F1", "windows found", "episodes right")
    for row in rows:
        table.add_row(*row)
    cpu = 1e4 * sum(f.cpu for f in found) / sum(f.rows for f in found)
    console = Console(width=200)
    console.print(table, f"CPU for 10,000 rows: {cpu:.2f} s")
    if chosen.write:
        lines = ["| set | files | standard | F1 | windows found | episodes right |", "|---|---|---|---|---|---|"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
        write_section(NAME, (__doc__ or "").strip(), [*lines, "", f"- CPU for 10,000 rows: {cpu:.1f} s"])
    return 0


def _file(path: Path, windows: Sequence[tuple[str, str]]) -> File:
    with path.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    moments = [_moment(row["timestamp"]) for row in rows]
    spans = [(bisect_left(moments, _moment(a)), bisect_right(moments, _moment(b)) - 1) for a, b in windows]
    started = time.process_time()
    found = alarms(moments, [float(row["value"]) for row in rows])
    return File(len(rows), sorted(s for s in spans if s[0] <= s[1]), found, time.process_time() - started)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.partition(".")[0].strip()).replace(tzinfo=UTC).timestamp()


def _rows(files: Mapping[str, File]) -> list[tuple[str, ...]]:
    kinds = sorted({name.partition("/")[0] for name in files})
    sets = {"all": kinds, "+".join(NEAR): NEAR, **{kind: (kind,) for kind in kinds}}
    rows: list[tuple[str, ...]] = []
    for name, kept in sets.items():
        scores = [score(file) for path, file in files.items() if path.partition("/")[0] in kept]
        sums = sum(scores, Score())
        found, right = f"{sums.hit} of {sums.windows}", f"{sums.right} of {sums.episodes}"
        figures = (f"{sums.standard:.1f}", f"{sums.f1:.3f}") if sums.windows else ("-", "-")
        rows.append((name, str(len(scores)), *figures, found, right))
    return rows


def score(file: File) -> Score:
    """Of each window the earliest alarm counts, more the earlier; a false one costs less shortly after a window (Lavin
    & Ahmad 2015)."""
    live = [w for w in file.windows if w[1] >= file.probation]
    counted = [row for row in file.alarms if row >= file.probation]
    first = {w: min((row for row in counted if w[0] <= row <= w[1]), default=None) for w in live}
    gain = sum(1 + _early(row, w) for w, row in first.items() if row is not None)
    gain += sum(_FALSE * _false(row, file.windows) for row in counted if _around(row, file.windows) is None)
    hit = sum(row is not None for row in first.values())
    episodes = _episodes(counted)
    right = sum(any(_around(row, file.windows) for row in episode) for episode in episodes)
    return Score(gain, len(live) + len(file.windows), len(live), hit, len(episodes), right)


def _early(row: int, window: tuple[int, int]) -> float:
    return _decay(-(window[1] - row + 1) / (window[1] - window[0] + 1)) / _decay(-1)


def _false(row: int, windows: Sequence[tuple[int, int]]) -> float:
    """-1, or less when it follows on a window."""
    before = [w for w in windows if w[1] < row]
    if not before or before[-1][0] == before[-1][1]:
        return -1.0
    first, last = before[-1]
    return _decay((row - last) / (last - first))


def _decay(position: float) -> float:
    return -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1


def _around(row: int, windows: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    return next((w for w in windows if w[0] <= row <= w[1]), None)


def _episodes(rows: Sequence[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for row in rows:
        if found and row - found[-1][-1] <= _APART:
            found[-1].append(row)
        else:
            found.append([row])
    return found
