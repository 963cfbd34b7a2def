"""Progress counters in the newest lines of a log: `step 24 of 40`, `12/80 files`, `57 %`."""

import re
from collections.abc import Sequence
from itertools import pairwise

from midwatch.analysis.logs import ERROR, FATAL, Line, template

_COUNTED = re.compile(r"(?<![\d./-])(?P<done>\d{1,9})\s?(?:/|of|out of)\s?(?P<all>\d{1,9})(?![\d./-])")
_SHARE = re.compile(r"(?<![\d.-])(?P<done>\d{1,3}(?:\.\d{1,6})?)\s?%")
_LEAST = 3  # lines that count up; two may be chance
_LAST = 5  # lines at the end, one of which must be such a line


def progress(found: Sequence[Line]) -> Line | None:
    """The newest counting line, when it is near the end, unfinished, and no error follows the first of them."""
    series: dict[str, list[tuple[int, float, float, Line]]] = {}
    for place, line in enumerate(found):
        match = _COUNTED.search(line.said) or _SHARE.search(line.said)
        if match:
            total = float(match.groupdict().get("all") or 100)
            series.setdefault(template(line.said), []).append((place, float(match["done"]), total, line))
    for steps in series.values():
        (first, begun, _, _), (last, done, total, line) = steps[0], steps[-1]
        rising = all(a[1] <= b[1] for a, b in pairwise(steps)) and begun < done < total
        loud = any(one.level in (ERROR, FATAL) for one in found[first:])
        if len(steps) >= _LEAST and rising and not loud and last >= len(found) - _LAST:
            return line
    return None
