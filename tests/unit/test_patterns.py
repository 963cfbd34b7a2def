import pytest

from midwatch.analysis.patterns import Pattern, patterns
from midwatch.diagnosis.kubernetes.codes import CODES

EXAMPLES = [(p, line) for p in patterns() for line in p.examples]
COUNTEREXAMPLES = [(p, line) for p in patterns() for line in p.counterexamples]


@pytest.mark.parametrize(("pattern", "line"), EXAMPLES, ids=lambda v: v if isinstance(v, str) else "")
def test_a_reason_is_recognised(pattern: Pattern, line: str) -> None:
    assert pattern.facts(line) is not None
    assert pattern.code in CODES


@pytest.mark.parametrize(("pattern", "line"), COUNTEREXAMPLES, ids=lambda v: v if isinstance(v, str) else "")
def test_what_only_looks_alike_is_left_alone(pattern: Pattern, line: str) -> None:
    assert pattern.facts(line) is None
