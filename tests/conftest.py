"""`pytest -k test_turn` reads only the files that can hold such a test: to import all of them takes many seconds.

A name that begins with "test" stands in the source of its file or in the file's path, or it is part of an id that is
made of other tests' names (`MADE_OF_NAMES`). So a file without the name has nothing to select; test_narrowing.py holds
this true of every test that there is. Any other word may be part of an id that only exists once its file is imported:
an expression of such words goes over the whole tree, as does one with parentheses.
"""

import os
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is: neither is a fault of what is tested.
settings.register_profile("loaded", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("loaded")

# What this machine has for other programs is no setting of a test.
_OTHER_PROGRAMS = ("API_HOST", "API_PORT", "CORS_ORIGINS", "LOG_LEVEL", "K8S_ENABLED", "K8S_CONFIG_PATH", "K8S_CONTEXT")
for name in (*_OTHER_PROGRAMS, "K8S_NAMESPACE"):
    os.environ.pop(name, None)

TESTS = Path(__file__).parent
MADE_OF_NAMES = {TESTS / "test_requirements.py"}
COMPONENTS = {TESTS / "interfaces" / "http" / "test_boundaries.py"}  # has nothing else and is long to import
FEW = 3  # files: two workers would take longer to start than they save
Alternatives = tuple[frozenset[str], ...]


def alternatives(expression: str) -> Alternatives:
    """Of each part between "or" the names that a file must have, in small letters; nothing if some part has none."""
    if set(expression) & set("()"):
        return ()
    found: list[frozenset[str]] = []
    for part in re.split(r"\bor\b", expression.lower()):
        terms = (term.strip() for term in re.split(r"\band\b", part))
        found.append(frozenset(term for term in terms if re.fullmatch(r"test\w+", term)))
    return tuple(found) if all(found) else ()


@cache
def text(path: Path) -> str:
    """All that a name can stand in before the file is imported."""
    return f"{path.relative_to(TESTS.parent)}\n{path.read_text()}".lower()


def may_hold(path: Path, wanted: Alternatives) -> bool:
    return path in MADE_OF_NAMES or any(all(name in text(path) for name in names) for names in wanted)


@cache
def _wanted(config: pytest.Config) -> Alternatives:
    """A file that is named by its path is collected as it ever was."""
    folders = all((config.invocation_params.dir / argument).is_dir() for argument in config.args)
    return alternatives(config.option.keyword) if folders else ()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path in COMPONENTS and "not components" in config.option.markexpr:
        return True
    wanted = _wanted(config)
    if not wanted or not collection_path.is_relative_to(TESTS):
        return None
    # A folder as well, for the sake of its conftest.py: those import much of the product.
    files = collection_path.rglob("test_*.py") if collection_path.is_dir() else [collection_path]
    return None if any(may_hold(path, wanted) for path in files) else True


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    wanted = _wanted(config)
    few = wanted and sum(may_hold(path, wanted) for path in TESTS.rglob("test_*.py")) <= FEW
    return 0 if few else None
