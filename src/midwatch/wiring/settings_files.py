"""midwatch.yaml as it is written: in which file and line a setting stands, and what no reader of YAML would object to.

A reader of YAML lets the last of two keys win, and a file that is a folder is passed over: what was meant would
silently not be set.
"""

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import yaml

from midwatch.domain.refusal import Refusal
from midwatch.settings import files

HINT = "Correct midwatch.yaml or the variable; docs/settings.md has all of them"
_DEEPEST, _MOST = 6, 10_000  # no setting lies as deep; aliases can multiply without end
_MERGE = "tag:yaml.org,2002:merge"
_NULL = "tag:yaml.org,2002:null"
_TEXT = "tag:yaml.org,2002:str"


def check_files(sections: Collection[str]) -> None:
    """Raises Refusal for a file that is none, that is no table of names and values, with a key that stands twice, or
    with a section that is not in `sections`; what is no YAML at all is left to who reads it."""
    for file in files():
        if file.is_dir():
            raise _refusal(f"{absolute_path(file)} is a folder, not a file")
        node = _composed(file)
        if node is not None and node.tag != _NULL:
            _check_sections(file, node, sections)
            for path, key in _repeated(node):
                raise _refusal(f"{'.'.join(path)} is a duplicate key ({_place(file, key)})")


def _check_sections(file: Path, node: Any, sections: Collection[str]) -> None:
    if not isinstance(node, yaml.MappingNode):
        where = _place(file, node)
        raise _refusal(f"a settings file is a list of sections, one a line: `server:`, `senders:`, … ({where})")
    for key, _ in cast("list[tuple[Any, Any]]", node.value):
        if key.tag != _TEXT:
            raise _refusal(f"a section has a name of letters ({_place(file, key)})")
        if key.value not in sections:
            raise _refusal(f"unknown setting {key.value}{near(key.value, sections)} ({_place(file, key)})")


def near(name: str, known: Collection[str]) -> str:
    """ " (did you mean X?)", or nothing."""
    found = get_close_matches(name.lower(), known, n=1)
    return f" (did you mean {found[0]}?)" if found else ""


def places(path: Sequence[str]) -> Iterator[str]:
    """The file and line of a setting, of the file that wins."""
    for file in reversed(files()):
        node = _composed(file)
        if node is not None and (line := _line(node, path)):
            yield f"{absolute_path(file)}, line {line}"


def setting_places() -> Iterator[tuple[tuple[str, ...], str]]:
    """Each setting that a file has, with its file and line, of the file that wins first; a list is one setting."""
    for file in reversed(files()):
        left: list[tuple[tuple[str, ...], int, Any]] = [((), 0, _composed(file))]
        while left and len(left) < _MOST:
            path, line, node = left.pop()
            entries = cast("list[tuple[Any, Any]]", node.value) if isinstance(node, yaml.MappingNode) else []
            if entries and len(path) < _DEEPEST:
                left += [((*path, str(key.value)), key.start_mark.line + 1, inner) for key, inner in reversed(entries)]
            elif path:
                yield path, f"{absolute_path(file)}, line {line}"


def is_empty(path: Sequence[str]) -> bool:
    """Whether the file that wins has the key, with nothing below it."""
    found = (_value(node, path) for node in map(_composed, reversed(files())) if node is not None)
    value = next((node for node in found if node is not None), None)
    return value is not None and value.tag == _NULL


def absolute_path(file: Path) -> str:
    return str(file if file.is_absolute() else file.absolute())


def _refusal(problem: str) -> Refusal:
    return Refusal(f"Invalid settings: {problem}.", HINT)


def _place(file: Path, node: Any) -> str:
    return f"{absolute_path(file)}, line {node.start_mark.line + 1}"


def _composed(file: Path) -> Any:
    """None where there is no file, or none that can be read."""
    try:
        return cast(Any, yaml).compose(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return None


def _repeated(root: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Keys that stand in one table for the second time; each node once, since aliases can multiply without end."""
    left: list[tuple[tuple[str, ...], Any]] = [((), root)]
    seen: set[int] = set()
    while left:
        path, node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += [((*path, str(n)), inner) for n, inner in enumerate(cast("list[Any]", node.value))]
        if isinstance(node, yaml.MappingNode):
            entries = cast("list[tuple[Any, Any]]", node.value)
            names: set[tuple[str, str]] = set()
            for key, value in entries:
                name = (str(key.tag), str(key.value))
                if name in names and key.tag != _MERGE:
                    yield (*path, str(key.value)), key
                names.add(name)
                left.append(((*path, str(key.value)), value))


def _line(node: Any, path: Sequence[str]) -> int:
    """Of the key, counted from 1; 0 where the file does not have it."""
    line = 0
    for part in path:
        step = _step(node, part)
        if step is None:
            return 0
        key, node = step
        line = int(key.start_mark.line) + 1
    return line


def _value(node: Any, path: Sequence[str]) -> Any:
    for part in path:
        step = _step(node, part)
        if step is None:
            return None
        node = step[1]
    return node


def _step(node: Any, part: str) -> tuple[Any, Any] | None:
    """The key, or the item itself in a list, and what stands there."""
    items = cast("list[Any]", node.value) if isinstance(node, yaml.SequenceNode) else []
    if part.isdigit() and int(part) < len(items):
        return items[int(part)], items[int(part)]
    entries = cast("list[tuple[Any, Any]]", node.value) if isinstance(node, yaml.MappingNode) else []
    return next(((key, value) for key, value in entries if key.value == part), None)
