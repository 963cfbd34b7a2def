"""YAML and JSON where it stands within a text: after a command, in a fence, between sentences."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

Lines = Sequence[tuple[int, str]]
_OPENING = re.compile(
    r"(?P<indent> {0,40})(?:- )?(?:apiVersion|kind|items|metadata): *(?:\S.{0,200})?$|(?P<mark>---) *$"
)
_INLINE = re.compile(r'\s*\{\s*"(?:apiVersion|kind|items|metadata)"\s*:.*\}\s*$')
_KEY = re.compile(r"(?:- |-$|[\"']?[a-z][\w./-]{0,200}[\"']?:(?: |$)|#|---$|\.\.\.$|\})")
_NAMING = ("kind:", "apiVersion:", "items:")
_FILLING = ("metadata:", "items:", "spec:", "status:")


def documents(lines: Lines) -> Iterator[tuple[int, int]]:
    """First and last + 1 of the lines (as positions, not numbers) of each YAML or JSON document."""
    closing = _closing(lines)
    at = 0
    while at < len(lines):
        line = lines[at][1]
        end, whole = at, False
        if line.lstrip()[:1] in ("{", "["):
            end = _json_end(lines, at, closing)
            whole = end > at
        elif _OPENING.match(line[:300]):
            end, whole = _yaml_end(lines, at)
        if whole:
            yield at, end
        at = max(end, at + 1)


def _closing(lines: Lines) -> dict[str, list[int]]:
    """Where lines stand that close what was opened at the same indentation."""
    found: dict[str, list[int]] = {}
    for at, (_, line) in enumerate(lines):
        bare = line.rstrip().rstrip(",")
        if bare.endswith(("}", "]")) and not bare[:-1].strip():
            found.setdefault(bare, []).append(at)
    return found


def _json_end(lines: Lines, at: int, closing: dict[str, list[int]]) -> int:
    line = lines[at][1].rstrip()
    if _INLINE.match(line[:1_000_000]):
        return at + 1
    bare = line.lstrip()
    if bare not in ("{", "["):
        return at
    ends = closing.get(line[: len(line) - 1] + {"{": "}", "[": "]"}[bare], [])
    place = bisect_left(ends, at)
    end = ends[place] + 1 if place < len(ends) else at
    told = any('"kind"' in text or '"apiVersion"' in text or '"items"' in text for _, text in lines[at + 1 : at + 6])
    return end if told else at


def _yaml_end(lines: Lines, at: int) -> tuple[int, bool]:
    """Up to the first line that is neither deeper than the opening one nor a further key or item beside it, and
    whether all that is an object of Kubernetes. What is none holds none either: no line is looked at twice."""
    first = lines[at][1]
    left = len(first) - len(first.lstrip())
    end, named, filled = at + 1, False, False
    for place in range(at, len(lines)):
        line = lines[place][1]
        bare = line.lstrip()
        if not bare:
            continue
        depth = len(line) - len(bare)
        if depth < left or (depth == left and not _KEY.match(bare[:300])):
            break
        word = bare.removeprefix("- ")
        named = named or word.startswith(_NAMING)
        filled = filled or word.startswith(_FILLING)
        end = place + 1
    return end, named and filled
