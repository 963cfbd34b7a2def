"""A fact that the evidence lacks leaves a whole sentence behind: each message without each of its facts."""

import re
from itertools import combinations

import pytest

from midwatch.analysis.codes import fill
from midwatch.diagnosis.kubernetes.codes import CODES

_PLACE = re.compile(r"(?<![%$])\{([a-z_]+)\}")
_WORDS = "of|on|in|to|by|from|with|for|over|is|has|at|than|and|or|but|needs|requires|are|the|a|points|called|per|only"
_BROKEN = re.compile(
    rf"\b(?:{_WORDS})(?=\s*(?:[,;:)]|$))|\b(?:of|from|to|on|in|by|with|for|over|per|at) (?:{_WORDS}|also|exceeds)\b"
    r"|\b(?:used|limited|requested|declare|has)(?=[,;]|$)|\(\s|  | [,;:)]|\([,;:)]|[,:;]\s*[,:;)]|[,:;]$"
    r"|\((?:key|ports|Service|claim)\)"
)


@pytest.mark.parametrize("code", CODES)
def test_a_message_without_some_of_its_facts_is_still_a_sentence(code: str) -> None:
    message = CODES[code].message
    names = [name for name in dict.fromkeys(_PLACE.findall(message)) if name != "at"]
    whole = fill(message, {name: f"X{name}" for name in names} | {"at": "AT"}, nouns=False)
    usual = {match[0] for match in _BROKEN.finditer(whole.removeprefix("AT: "))}
    for count in range(1, len(names) + 1):
        for left_out in combinations(names, count):
            facts = {name: f"X{name}" for name in names if name not in left_out}
            said = fill(message, facts | {"at": "AT"}, nouns=False).removeprefix("AT: ")
            assert {match[0] for match in _BROKEN.finditer(said)} <= usual, f"without {left_out}: {said}"
            nouns = (f"the {name.replace('_', ' ')}" for name in left_out)
            assert not any(said.count(noun) > message.count(noun) for noun in nouns), said
            assert "[[" not in said and "]]" not in said


def test_a_finding_leaves_out_what_is_not_known() -> None:
    from_empty = CODES["K8S-122"].message
    assert fill(from_empty, {"at": "shop/deployment/web"}, nouns=False) == (
        "shop/deployment/web: image not present and imagePullPolicy is Never"
    )
    assert fill(from_empty, {"at": "shop/deployment/web", "image": "a:1", "node": "n1"}, nouns=False) == (
        "shop/deployment/web: image a:1 not present on node n1 and imagePullPolicy is Never"
    )
