"""Everything between the systems and the areas knows none by name: what is plugged in is read from the registry.

Docstrings and comments may give examples.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import midwatch
from midwatch.wiring.registry import registry

ROOT = Path(midwatch.__file__).parent
FOLDERS = (
    "domain",
    "questions",
    "engine",
    "services",
    "reasoning",
    "toolbox",
    "store",
    "wiring",
    "interfaces/http",
    "interfaces/aws_lambda",
)
WITHOUT_TOPICS = ("domain", "questions")  # the two that areas' grammar and topics come through
# Words of everybody that are also the name of a system or area.
NOUNS = {
    "alerts": "what every alert source sends, and a table of the store",
    "webhook": "a request of a monitoring system; the address that it calls",
}
TYPING = "Generic"
# (file, name): why it stands there. May only shrink.
EXCEPTIONS = {
    ("interfaces/http/query.py", "traffic"): "questions to choose from in the API's reference, as published",
    ("reasoning/alertscope.py", "kubernetes"): "a category of alerts in analysis' data, not the system",
    (
        "services/cluster_alerts.py",
        "kubernetes",
    ): "the beginning of published fingerprints: another would open incidents twice",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@cache
def names(folder: str) -> frozenset[str]:
    found = registry()
    topics = {t.id for area in found.areas.values() for t in area.topics} if folder in WITHOUT_TOPICS else set[str]()
    return frozenset({*found.integrations, *found.areas} - NOUNS.keys() | topics)


def texts(tree: ast.AST) -> Iterator[str]:
    """Identifiers, imported names and string literals."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, kinds) and ast.get_docstring(n) is not None}  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value
        for field in ("id", "attr", "name", "asname", "arg", "module"):
            if isinstance(text := getattr(node, field, None), str) and text != TYPING:
                yield text


def mentioned(source: str, wanted: frozenset[str]) -> set[str]:
    """Those that stand in it, as whole words: `aws` in `AwsSettings`, `aws_url` and "an AWS account"."""
    words = {f" {' '.join(_WORD.findall(text)).lower()} " for text in texts(ast.parse(source))}
    return {name for name in wanted if any(f" {re.sub('[-_]', ' ', name)} " in some for some in words)}


def test_no_system_and_no_area_is_named() -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in mentioned(path.read_text(), names(folder))
    }
    assert found == EXCEPTIONS.keys(), "read it from the registry; an exception that is not needed goes"


def test_every_noun_is_a_name() -> None:
    found = registry()
    assert NOUNS.keys() <= {*found.integrations, *found.areas}


@pytest.mark.parametrize(
    "source",
    [
        "def ask_aws() -> None: ...",
        "import midwatch.integrations.aws",
        "from x import aws as y",
        "from x import y as aws",
        "f(aws=1)",
        "x.aws",
        "def f(aws): ...",
        "class AwsSettings: ...",
        "def f() -> None:\n    '''Doc.'''\n    print(f'an AWS account {1}')",
    ],
)
def test_a_name_is_found(source: str) -> None:
    assert mentioned(source, frozenset(["aws"])) == {"aws"}


@pytest.mark.parametrize(
    "source", ["'''AWS.'''", "# aws", "laws = 'laws'", "def f() -> None:\n    '''Aws.'''", "awsome"]
)
def test_what_is_no_name(source: str) -> None:
    assert mentioned(source, frozenset(["aws"])) == set()


def test_a_topic_of_two_words_is_found() -> None:
    assert mentioned("x = 'nat-spike'", frozenset(["nat-spike"])) == {"nat-spike"}
    assert "nat-spike" in names("domain")
    assert "nat-spike" not in names("engine")
