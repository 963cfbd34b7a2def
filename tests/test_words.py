"""Names and texts use the field's terms. Refused are bare participles and moods as public names, and the wordings that
docs/glossary.md has better words for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "midwatch").rglob("*.py"))
TEXTS = [
    *SOURCES,
    *sorted((ROOT / "src" / "midwatch").rglob("*.yaml")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
]

# Participles without -ed; a function is named by what it does or gives, not by what happened to it.
_IRREGULAR = {
    *("begun", "bound", "broken", "chosen", "drawn", "found", "given", "gone", "grown", "heard", "held", "hidden"),
    *("kept", "known", "left", "lost", "made", "meant", "proven", "said", "seen", "sent", "shown", "spent", "spoken"),
    *("taken", "thrown", "told", "understood", "woken", "worn", "written"),
}
_VERBS = {"embed", "exceed", "feed", "need", "proceed", "seed", "speed", "succeed"}
_MOODS = {
    *("alone", "apart", "around", "blame", "bury", "crew", "desk", "dig", "door", "echo", "errand", "errands", "fine"),
    *("forged", "graveness", "inbox", "nobody", "nothing", "outbox", "remark", "somebody", "surroundings", "tape"),
    *("undelivered", "vouched", "wish", "wishes", "who", "whole"),
}
# Packages whose docstrings begin with a noun phrase or a description of the result. A list that only grows.
_PLAIN_DOCSTRINGS = (
    *("analysis", "domain", "engine", "kit", "questions", "reports", "store", "toolbox"),
    *("diagnosis/alerts", "diagnosis/traffic", "diagnosis/websites"),
    *(f"integrations/{name}" for name in ("alert_sources", "alertmanager", "aws", "cloudwatch", "datadog", "generic")),
    *(f"integrations/{name}" for name in ("grafana", "opsgenie", "pagerduty", "sentry", "webhook", "website")),
)
# Openings that make a riddle of the first line: a relative clause, or nobody in particular as its subject.
_CLAUSE = re.compile(
    r"(?:what|who|whose|whom|whoever|whatever|how|which|nobody|somebody|everybody|anybody)\b", re.IGNORECASE
)
# What texts said before, as the pattern that finds it.
_REPLACED = (
    r"\bLook:",
    r"\bMend:",
    r"So that it does not come back",
    r"misses a file",
    r"because it does not find the file",
    r"everything that was read is as it should be",
    r"Elsewhere, not part of the question",
    r"nothing there is cited",
    r"could prove itself",
    r"speaks? to a machine",
    r"Text is not believed",
    r"works in jerks",
    r"processor is busy",
    r"stands before a workload",
    r"nobody calls it",
    r"[Pp]robe is not allowed in",
    r"probe is impatient",
    r"Pod cannot go",
    r"forbids the way out",
    r"is no program for this node",
    r"names its user by a word",
    r"Somebody was quicker",
    r"There is no such thing",
    r"Its state does not allow this",
    r"The way of an alert",
    r"What becomes what",
    r"Made-up trouble",
    r"An unnamed system",
)


def is_participle(name: str) -> bool:
    return name in _IRREGULAR or (name.endswith("ed") and name not in _VERBS and "_" not in name)


def public_functions(tree: ast.Module) -> Iterator[str]:
    """Functions and methods, without properties: `closed` and `failed` are what a flag is called."""
    for node in tree.body:
        body = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        for one in body:
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and not one.name.startswith("_"):
                flags = [d for d in one.decorator_list if "property" in ast.unparse(d)]
                if not flags:
                    yield one.name


def first_lines(tree: ast.Module) -> Iterator[str]:
    """First lines of all docstrings, those of private functions too."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from (ast.get_docstring(node) or "").splitlines()[:1]


def has_plain_docstrings(path: Path) -> bool:
    inner = path.relative_to(ROOT / "src" / "midwatch")
    return any(inner.is_relative_to(package) for package in _PLAIN_DOCSTRINGS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_public_name_is_a_noun_or_a_verb(path: Path) -> None:
    tree = ast.parse(path.read_text())
    names = [*public_functions(tree), path.stem]
    classes = [n.name for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    assert [n for n in names if is_participle(n)] == []
    assert [n for n in (*names, *classes) if n.lower() in _MOODS] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_text_uses_the_terms_of_the_field(path: Path) -> None:
    text = path.read_text()
    assert [phrase for phrase in _REPLACED if re.search(phrase, text)] == []


@pytest.mark.parametrize(
    "path", list(filter(has_plain_docstrings, SOURCES)), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_a_docstring_begins_with_no_relative_clause(path: Path) -> None:
    assert [line for line in first_lines(ast.parse(path.read_text())) if _CLAUSE.match(line)] == []


def test_every_package_with_plain_docstrings_exists() -> None:
    assert [name for name in _PLAIN_DOCSTRINGS if not (ROOT / "src" / "midwatch" / name).is_dir()] == []


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("What a tool saw, in types no vendor owns.", True),
        ("Who did what.", True),
        ("How often who asks is answered.", True),
        ("Nobody waits.", True),
        ("Whether the run is over.", False),
        ("Usual values of a stream, computed from the rows before.", False),
    ],
)
def test_a_relative_clause_is_no_first_line(line: str, *, refused: bool) -> None:
    assert bool(_CLAUSE.match(line)) is refused
