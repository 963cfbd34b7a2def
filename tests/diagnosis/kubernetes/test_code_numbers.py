"""One stem for a rule, its texts and its tests; and numbers of codes that are given once."""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

import midwatch
from midwatch.diagnosis.kubernetes import analyzers, codes
from midwatch.diagnosis.kubernetes.codes import CODES

_SOURCE = Path(midwatch.__file__).parent
_TEXTS = Path(str(files(codes.__name__)))
_STEMS = sorted(path.stem for path in _TEXTS.glob("*.yaml"))
_PATTERNS = _SOURCE / "analysis" / "patterns.yaml"  # lines of logs, each with the code that it proves
# Analyzers whose tests stand with those of others. The list may only shrink.
_TESTED_WITH_OTHERS = {
    *(
        "accounts",
        "admission",
        "alerts",
        "autoscalers",
        "bindings",
        "budgets",
        "hpa_capacity",
        "volume_claims",
        "configuration",
    ),
    *("crashes", "cronjobs", "daemonsets", "databases", "deployments", "evictions", "gatewayroutes", "images"),
    *("ingresses", "jobs", "mounts", "nodeservices", "peers", "policies", "policypeers", "ports", "probes", "quotas"),
    *("replicasets", "resolvers", "routes", "scaling", "services", "not_ready", "startup", "statefulsets"),
    *("terminating", "usage", "versions", "volumes", "webhooks"),
}
_GIVEN = 334  # numbers when the list began; it only grows


def _numbers() -> list[tuple[str, str]]:
    lines = (_TEXTS / "numbers.txt").read_text().splitlines()
    return [(line.split()[0], line.split()[1]) for line in lines if not line.startswith("#")]


def _analyzer(stem: str) -> Path:
    return Path(str(files(analyzers.__name__))) / f"{stem}.py"


def _imported(path: Path) -> list[Path]:
    """The modules of the product that a module imports from."""
    names = [n.module for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom) and n.module]
    found = [_SOURCE.parent / f"{name.replace('.', '/')}.py" for name in names if name.startswith("midwatch.")]
    return [module for module in found if module.exists()]


def _stated(stem: str) -> set[str]:
    """The codes that an analyzer names, itself or in what it is built from, other analyzers left out."""
    own = _analyzer(stem)
    texts = [
        own,
        *(p for p in _imported(own) if p.parent != own.parent),
        *([_PATTERNS] if stem in ("logs", "known_errors") else []),
    ]
    return {code for path in texts for code in re.findall(r"K8S-\d{3}", path.read_text())}


def test_numbers_are_one_sorted_list() -> None:
    numbers = [number for number, _ in _numbers()]
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= _GIVEN


def test_a_number_is_never_given_twice() -> None:
    """A code is stated under its number by the analyzer in the list; one that is gone is given to nobody."""
    stated = {
        code: stem
        for stem in _STEMS
        for code in re.findall(r"^(K8S-\d{3}):", (_TEXTS / f"{stem}.yaml").read_text(), re.M)
    }
    assert {number: stem for number, stem in _numbers() if stem != "-"} == stated
    assert set(stated) == set(CODES)


@pytest.mark.parametrize("stem", _STEMS)
def test_texts_stand_beside_the_rule_that_states_them(stem: str) -> None:
    mine = set(re.findall(r"^(K8S-\d{3}):", (_TEXTS / f"{stem}.yaml").read_text(), re.M))
    assert _analyzer(stem).exists()
    assert mine <= _stated(stem)


def test_tests_have_the_name_of_the_rule() -> None:
    here = {p.stem.removeprefix("test_") for p in Path(__file__).parents[2].glob("*/kubernetes/test_*.py")}
    assert sorted(set(_STEMS) - here) == sorted(_TESTED_WITH_OTHERS)
