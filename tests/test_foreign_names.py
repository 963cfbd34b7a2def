"""No rule knows the data it is measured with: the product holds none of the names whose hashes `evaluation names` wrote
down."""

import hashlib
import re
from collections.abc import Iterator, Set
from pathlib import Path

HASHES = Path(__file__).parent / "foreign_names.txt"
PRODUCT = Path(__file__).parents[1] / "src" / "midwatch"
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = 5  # parts between hyphens


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _words(text: str) -> Iterator[str]:
    """Each word, and each run of parts of a hyphenated one: a name may have got a suffix."""
    for word in set(_WORD.findall(text.lower())):
        parts = word.split("-")
        for start in range(len(parts)):
            for end in range(start + 1, min(len(parts), start + LONGEST) + 1):
                yield "-".join(parts[start:end])


def known(hashes: Set[str]) -> list[tuple[str, str]]:
    """Where in the product which of the names stand."""
    files = (p for p in sorted(PRODUCT.rglob("*")) if p.suffix in (".py", ".yaml", ".json", ".txt", ".md"))
    return [
        (str(p.relative_to(PRODUCT)), w)
        for p in files
        for w in sorted(set(_words(p.read_text())))
        if digest(w) in hashes
    ]


def test_the_product_knows_no_name_of_the_data() -> None:
    hashes = set(HASHES.read_text().split())
    assert len(hashes) > 20
    assert known(hashes) == []


def test_a_name_would_be_found() -> None:
    assert digest("evaluation") not in set(HASHES.read_text().split())
    assert {word for _, word in known({digest("crash-loop"), digest("causality")})} >= {"causality"}
