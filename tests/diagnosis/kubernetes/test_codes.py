"""Every finding is proved by a test that names its code."""

import re
from pathlib import Path

from midwatch.diagnosis.kubernetes.codes import CODES

TESTS = Path(__file__).parents[2]


def test_every_code_is_named_by_a_test() -> None:
    named = {code for path in TESTS.rglob("*.py") for code in re.findall(r"K8S-\d{3}", path.read_text())}
    assert sorted(set(CODES) - named) == []


def test_no_test_names_a_code_that_is_gone() -> None:
    named = {code for path in TESTS.rglob("*.py") for code in re.findall(r"K8S-\d{3}", path.read_text())}
    assert sorted(named - set(CODES)) == []
