"""The engine of questions and the nouns know no area: no name of one, and no topic of one, stands in their code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import midwatch
from tests.questions.table import AREAS

ROOT = Path(midwatch.__file__).parent
SOURCES = sorted(path for folder in ("domain", "questions") for path in (ROOT / folder).rglob("*.py"))
# The noun of an alert is one of everybody.
WORDS = {word for area in AREAS for word in (area.name, *(topic.id for topic in area.topics))} - {"alerts"}


def words(path: Path) -> Iterator[str]:
    """Those of identifiers and string literals; a docstring may give an example."""
    tree = ast.parse(path.read_text())
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, kinds) and _documented(node)}  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield from re.findall(r"[a-z]+(?:-[a-z]+)*", node.value.lower())
        named = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
        if isinstance(named, str):
            yield from named.lower().split("_")


def _documented(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return ast.get_docstring(node) is not None


def test_no_area_and_no_topic_is_named() -> None:
    assert {path.name: sorted(found) for path in SOURCES if (found := WORDS & set(words(path)))} == {}
