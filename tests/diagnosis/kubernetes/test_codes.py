"""Every finding is proved by a test that names its code."""

import re
from importlib.resources import files
from pathlib import Path

from midwatch.diagnosis.kubernetes import codes
from midwatch.diagnosis.kubernetes.codes import CODES

_BY_LETTER = "accounts", "mounts"  # the first and the last file whose messages begin with the place
TESTS = Path(__file__).parents[2]


def test_every_code_is_named_by_a_test() -> None:
    named = {code for path in TESTS.rglob("*.py") for code in re.findall(r"K8S-\d{3}", path.read_text())}
    assert sorted(set(CODES) - named) == []


def test_no_test_names_a_code_that_is_gone() -> None:
    named = {code for path in TESTS.rglob("*.py") for code in re.findall(r"K8S-\d{3}", path.read_text())}
    assert sorted(named - set(CODES)) == []


def test_a_message_begins_with_the_place() -> None:
    first, last = _BY_LETTER
    entries = [
        (code, message)
        for path in Path(str(files(codes.__name__))).glob("*.yaml")
        if first <= path.stem <= last
        for code, message in re.findall(r"^(K8S-\d+):.*?^  message: (.*?)$", path.read_text(), re.DOTALL | re.MULTILINE)
    ]
    assert len(entries) > 100
    assert [code for code, message in entries if not message.startswith("'{at}: ")] == []
