"""YAML line numbers for error messages."""

from collections.abc import Sequence
from typing import Any

import yaml


def line_of(text: str, path: Sequence[str | int]) -> int:
    """Line number, from 1, of the value at `path`; of the nearest one above it when there is none."""
    compose: Any = yaml.compose  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    node: yaml.Node | None = compose(text, Loader=yaml.CSafeLoader)
    line = 0
    for step in (None, *path):
        node = node if step is None else _child(node, step)
        if node is None:
            break
        line = _mark(node)
    return line + 1


def _mark(node: Any) -> int:
    return node.start_mark.line


def _child(node: Any, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None
