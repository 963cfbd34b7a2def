"""YAML as Kubernetes tools write it, read safely and by document, so that a broken one costs only itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import yaml

from midwatch.integrations.kubernetes.objects.kinds import BY_NAME
from midwatch.kit import fast_yaml

LIKELY = re.compile(r"^(?:apiVersion|kind|items|metadata)[ \t]*:", re.M)
_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|$)", re.M)
_KIND = re.compile(r"^kind[ \t]*:[ \t]*[\"']?(\w+)", re.M)
_STATUS = re.compile(r"^[{ ]*(?:status|summary)[ \t]*:", re.M)
_LONG = ("CustomResourceDefinition",)
_ITEMS = re.compile(r"^items[ \t]*:[ \t]*\r?$", re.M)
_ITEM = re.compile(r"^( *)- ", re.M)
_ALIAS = re.compile(r"[ \t\[{,-]\*\w")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_INDENTING_TABS = re.compile(r"^[ ]*\t[ \t]*", re.M)
_INLINE_NESTING = re.compile(r"(?:[-?:][ \t]+){100}")
# What composes the values recurses on the machine's stack and dies, without an exception, somewhere above 10,000
# levels.
_DEPTH = 1000
# Aliases make a short text a huge tree (each level doubling it); a real document has a node for every few characters.
_NODES = 1_000_000
_MERGE = "tag:yaml.org,2002:merge"
# Merging (`<<`) copies, so here too each level of a hostile text multiplies; people merge a handful of maps.
_MERGES, _MERGED_KEYS = 20, 1000


class _Loader(fast_yaml.TreeLoader):
    """Times stay text (the structs decode them), `12:30` is no number in base 60, and `=` is just text."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        merged = [value for key, value in node.value if key.tag == _MERGE]
        wide = len(merged) > _MERGES or any(
            len(value.value) > _MERGES for value in merged if isinstance(value, yaml.SequenceNode)
        )
        if not wide:
            super().flatten_mapping(node)
        if wide or (merged and len(node.value) > _MERGED_KEYS):
            raise yaml.constructor.ConstructorError(None, None, "merges more than any object holds", node.start_mark)


_INTEGER = re.compile(r"^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$")
_FLOAT = re.compile(
    r"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_NARROWED = {"tag:yaml.org,2002:int": _INTEGER, "tag:yaml.org,2002:float": _FLOAT}
_DROPPED = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")
_Resolvers = dict[str, list[tuple[str, re.Pattern[str]]]]
_Loader.yaml_implicit_resolvers = {
    first: [(tag, _NARROWED.get(tag, pattern)) for tag, pattern in pairs if tag not in _DROPPED]
    for first, pairs in cast(_Resolvers, yaml.CSafeLoader.yaml_implicit_resolvers).items()
}


def _untagged(loader: yaml.CSafeLoader, _suffix: str, node: yaml.Node) -> Any:
    """A tag nobody here knows (`!Ref`) does not make the value unreadable."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(cast(yaml.ScalarNode, node))


_Loader.add_multi_constructor("!", _untagged)  # pyright: ignore[reportUnknownMemberType]


@dataclass(frozen=True)
class Piece:
    """One document; `line` is where it begins in its file."""

    text: str
    line: int

    @property
    def kind(self) -> str:
        found = _KIND.search(self.text)
        return found[1] if found else ""

    @property
    def skippable(self) -> bool:
        """Of a kind nobody asks for and without a status (definitions of custom resources are long), or empty."""
        kind = self.kind
        asked = not kind or kind.endswith("List") or kind in BY_NAME
        return not self.text.strip() or (not asked and (kind in _LONG or not _STATUS.search(self.text)))

    @property
    def a_list(self) -> bool:
        return _ITEMS.search(self.text) is not None

    def items(self) -> Iterator["Piece"]:
        """The items of a list, cut at the dashes that stand as far left as the first one."""
        opening = _ITEMS.search(self.text)
        first = _ITEM.search(self.text, opening.end()) if opening else None
        if first is None:
            return
        dash = re.compile("^" + first[1] + "- ", re.M)
        outer = re.compile(r"^\w", re.M).search(self.text, first.start() + len(first[1]))
        stop = outer.start() if outer else len(self.text)
        starts = [*(m.start() for m in dash.finditer(self.text, first.start(), stop)), stop]
        line, counted = self.line, 0
        for start, end in pairwise(starts):
            line, counted = line + self.text.count("\n", counted, start), start
            yield Piece(self.text[start:end], line)


def pieces(text: str, line: int) -> Iterator[Piece]:
    """A `---` at the left margin separates documents everywhere, even within a block of text."""
    start = 0
    for mark in _SEPARATOR.finditer(text):
        yield Piece(text[start : mark.start()], line)
        line += text.count("\n", start, mark.end())
        start = mark.end()
    yield Piece(text[start:], line)


def load(piece: Piece) -> tuple[Any, tuple[int, str] | None]:
    """The value, or why and at which line it is none. The reason never quotes the text: it may hold a secret."""
    value, problem = _parsed(piece.text, piece.line)
    if problem is not None:
        mended = _INDENTING_TABS.sub(lambda m: m[0].expandtabs(2), _UNPRINTABLE.sub("", piece.text))
        if mended != piece.text:
            again, still = _parsed(mended, piece.line)
            value, problem = (again, None) if still is None else (None, problem)
    if problem is None and _ALIAS.search(piece.text) and not _finite(value):
        return None, (piece.line, "its aliases expand to more than any object holds: not read")
    return value, problem


def _parsed(text: str, line: int) -> tuple[Any, tuple[int, str] | None]:
    if _too_deep(text):
        return None, (line, "nested deeper than any object: not read")
    try:
        return fast_yaml.load(text, _Loader), None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return None, (line + (mark.line if mark else 0), f"broken YAML: {error.problem or error.context or 'syntax'}")
    except yaml.reader.ReaderError as error:
        at = error.position if isinstance(error.position, int) else 0
        return None, (line + text.count("\n", 0, at), f"broken YAML: {error.reason}")
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        # Beside syntax: a date or number that Python has no value for, a key that cannot be one.
        return None, (line, f"broken YAML: {type(error).__name__}")


def _too_deep(text: str) -> bool:
    """The parser's events are counted only where so much could nest at all: it alone knows which brackets are text."""
    if (
        text.count("[") + text.count("{") < _DEPTH
        and "\n" + " " * _DEPTH not in text
        and not _INLINE_NESTING.search(text)
    ):
        return False
    depth = 0
    try:
        # Unlike loading, this does not recurse.
        for event in cast("Iterator[yaml.Event]", yaml.parse(text, _Loader)):  # pyright: ignore[reportUnknownMemberType]
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH:
                return True
    except yaml.YAMLError:
        return False  # it breaks before it gets deep
    return False


def _finite(value: Any) -> bool:
    waiting, left = [value], _NODES
    while waiting and left > 0:
        node = waiting.pop()
        left -= 1
        if isinstance(node, dict):
            waiting.extend(cast("dict[Any, Any]", node).values())
        elif isinstance(node, list):
            waiting.extend(cast("list[Any]", node))
    return not waiting
