"""The shape of the house, measured. The list of exceptions is empty and may only stay so."""

import ast
import statistics
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "midwatch").rglob("*.py"))
EXCEPTIONS: dict[str, str] = {}  # path or path:function → why; shrinks, never grows
FORBIDDEN_NAMES = ("Manager", "Handler", "Helper", "Utils", "Base")
BROAD = ("Exception", "BaseException")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def lines(path: Path) -> int:
    return path.read_text().count("\n")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions() -> list[tuple[str, int]]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [(path, node) for path in SOURCES for node in ast.walk(tree(path)) if isinstance(node, kinds)]
    return [(f"{name(path)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1) for path, node in found]


def test_files_are_short() -> None:
    sizes = {name(p): lines(p) for p in SOURCES}
    assert statistics.median(sizes.values()) <= 100
    assert [f for f, size in sizes.items() if size > 400 and f not in EXCEPTIONS] == []


def test_functions_are_short() -> None:
    found = functions()
    assert [f for f, size in found if size > 60 and f not in EXCEPTIONS] == []
    assert sum(size <= 40 for _, size in found) / len(found) >= 0.95


# The edges of the loops that have to go on whatever happens: the worker's. (HTTP's edge is the framework's.)
# And the one where code of outside packages is called.
EDGES = {"src/midwatch/engine/worker.py", "src/midwatch/engine/durable.py", "src/midwatch/kit/containment.py"}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_module_keeps_to_the_house_rules(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith(FORBIDDEN_NAMES), f"{node.name}: say what it is"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"line {node.lineno}: a bare except"
            assert getattr(node.type, "id", "") not in BROAD or name(path) in EDGES, (
                f"line {node.lineno}: a broad except"
            )


def test_nothing_is_unfinished() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error", "for " + "now")
    found = [f"{name(p)}: {m}" for p in SOURCES for m in marks if m in p.read_text()]
    assert found == []


def test_no_test_patches_own_code() -> None:
    marks = ("patch(" + '"midwatch', "setattr(" + "midwatch", 'setattr("' + "midwatch")
    found = [name(p) for p in sorted((ROOT / "tests").rglob("*.py")) for m in marks if m in p.read_text()]
    assert found == []


def test_the_engine_names_nobody_who_is_notified() -> None:
    """A notifier is a value that wiring hands in: another one needs no edit of the engine."""
    engine = [p for p in SOURCES if p.parent.name == "engine"]
    names = [p.name for p in (ROOT / "src" / "midwatch" / "integrations").iterdir() if (p / "notify.py").exists()]
    assert len(names) >= 2 and engine
    assert [f"{name(p)}: {n}" for p in engine for n in names if n in p.read_text()] == []


# Public class names that stand in two modules, each with its reason; at most ten, and no more than these.
TWICE = {
    "Probe": "Kubernetes' own noun, and what was seen of a website",
    "WebhookClient": "Kubernetes' own noun (WebhookClientConfig), and what sends answers to an address",
}


def test_a_public_name_means_one_thing() -> None:
    names = Counter(
        node.name
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, times in names.items() if times > 1} == set(TWICE)
