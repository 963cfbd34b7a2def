"""requirements.yaml and the tests hold each other: nothing is called done without proof, and no proof is lost by
renaming."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

TESTS = Path(__file__).parent
REQUIREMENTS: dict[str, dict[str, Any]] = yaml.safe_load((TESTS / "requirements.yaml").read_text())
NAMED = sorted({proof for entry in REQUIREMENTS.values() for proof in entry.get("tests", ())})


def _functions(path: Path) -> set[str]:
    """And classes of them."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("key", REQUIREMENTS)
def test_an_entry_is_well_formed(key: str) -> None:
    entry = REQUIREMENTS[key]
    assert key[0] in "NADEB" and key[1:].isdigit() and len(key) == 3
    assert set(entry) <= {"what", "done", "tests"} and entry["what"]


@pytest.mark.parametrize("key", [key for key, entry in REQUIREMENTS.items() if entry.get("done")])
def test_what_is_done_is_proved(key: str) -> None:
    assert REQUIREMENTS[key].get("tests"), f"{key} is called done and names no test"


@pytest.mark.parametrize("proof", NAMED)
def test_a_proof_exists(proof: str) -> None:
    file, _, function = proof.partition("::")
    path = TESTS.parent / file
    found = _functions(path) if path.exists() else set[str]()
    assert any(name.startswith("test_") for name in found), f"{file} holds no tests"
    assert not function or function.rpartition("::")[2] in found, f"{file} has no {function}"


@pytest.mark.parametrize(
    "path", sorted((*TESTS.glob("flows/test_*.py"), *TESTS.glob("interfaces/**/test_*.py"))), ids=lambda p: p.name
)
def test_a_way_through_the_product_proves_something(path: Path) -> None:
    """Tests of flows and interfaces exist for a requirement; one that proves none of them is a requirement nobody wrote
    down."""
    name = str(path.relative_to(TESTS.parent))
    assert any(proof.partition("::")[0] == name for proof in NAMED), f"no requirement names {name}"
