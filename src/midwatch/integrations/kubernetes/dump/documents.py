"""Text to raw objects: YAML or JSON, one or many, whole or damaged. What is damaged is named by its line; the rest is
kept."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from midwatch.integrations.kubernetes.dump import yamls

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[\s,]*")
_ITEMS = re.compile(r'"items"\s*:\s*\[')
_NEXT = re.compile(r"\n(?=[{\[])")
_HEAD = re.compile(r'"kind"\s*:\s*"(\w+)"')
# A file in which this many places are broken is no dump any more.
_TROUBLES = 50


@dataclass
class Documents:
    """`found`: (line, value). `salvaged`: lines of lists of which only a part could be read. `problems`: (line,
    reason)."""

    found: list[tuple[int, Any]] = field(default_factory=list[tuple[int, Any]])
    salvaged: set[int] = field(default_factory=set[int])
    problems: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])


def documents(text: str, line: int = 1) -> Documents:
    """`line` is that of the text's first character in its file."""
    found = Documents()
    if text.lstrip()[:1] in ("{", "["):
        _json(text, line, found)
        if found.found or not yamls.LIKELY.search(text):
            return found
        found = Documents()
    for piece in yamls.pieces(text, line):
        _yaml(piece, found)
    return found


def _json(text: str, line: int, found: Documents) -> None:
    try:
        found.found.append((line, msgspec.json.decode(text)))
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        _many(text, line, found)


def _many(text: str, line: int, found: Documents) -> None:
    """Several values one after another, as `kubectl cluster-info dump` and JSON lines have them, or a broken one."""
    at, counted, here = 0, 0, line
    while len(found.problems) < _TROUBLES:
        at = cast("re.Match[str]", _SPACE.match(text, at)).end()
        if at >= len(text):
            return
        here, counted = here + text.count("\n", counted, at), at
        try:
            _, after = _DECODER.raw_decode(text, at)
            found.found.append((here, msgspec.json.decode(text[at:after])))
            at = after
        except json.JSONDecodeError as error:
            found.problems.append((line + text.count("\n", 0, error.pos), f"broken JSON: {error.msg}"))
            _salvage(text, at, here, found)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
            found.problems.append((here, f"broken JSON: {type(error).__name__}"))
        else:
            continue
        following = _NEXT.search(text, at)
        if following is None:
            return
        at = following.end()


def _salvage(text: str, at: int, line: int, found: Documents) -> None:
    """The whole items of a list that breaks off."""
    opening = _ITEMS.search(text, at)
    following = _NEXT.search(text, at)
    if opening is None or (following is not None and following.start() < opening.start()):
        return
    items: list[Any] = []
    position = opening.end()
    try:
        while True:
            position = cast("re.Match[str]", _SPACE.match(text, position)).end()
            _, after = _DECODER.raw_decode(text, position)
            items.append(msgspec.json.decode(text[position:after]))
            position = after
    except (json.JSONDecodeError, msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        kind = _HEAD.search(text, at, opening.start())
        found.found.append((line, {"kind": kind[1] if kind else "List", "items": items}))
        found.salvaged.add(line)


def _yaml(piece: yamls.Piece, found: Documents) -> None:
    if piece.skippable:
        return
    value, problem = yamls.load(piece)
    if problem is None:
        found.found.append((piece.line, value))
        return
    found.problems.append(problem)
    items = list(_items(piece, found)) if piece.a_list else []
    if items:
        found.found.append((piece.line, {"kind": piece.kind or "List", "items": items}))
        found.salvaged.add(piece.line)


def _items(piece: yamls.Piece, found: Documents) -> Iterator[Any]:
    """The items of a list of which one is broken, each read by itself."""
    for part in piece.items():
        if len(found.problems) > _TROUBLES:
            return
        value, problem = yamls.load(part)
        if problem is None and isinstance(value, list):
            yield from cast("list[Any]", value)
