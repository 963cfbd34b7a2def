"""Spelling correction against the words of the grammar: one letter wrong, missing or extra, or two neighbours swapped;
two such errors in a word of eight letters or more. Words with digits, dashes or dots are names and stay."""

import re
from collections.abc import Set
from functools import lru_cache

_WORD = re.compile(r"(?<![\w§./@:-])[a-z]{5,20}(?![\w§/@-]|[.:]\w)")
_LONG = 8


def correct_spelling(text: str, right: Set[str], known: Set[str]) -> str:
    """The corrected text. `known` are words that stay unchanged."""
    fixed = frozenset(right)
    return _WORD.sub(lambda m: m[0] if m[0] in known else _nearest(m[0], fixed), text)


@lru_cache(maxsize=4096)
def _nearest(word: str, right: frozenset[str]) -> str:
    """The only similar correct word; the word itself when there are none or several."""
    near = [
        w for w in sorted(right) if abs(len(w) - len(word)) <= 1 and w[0] == word[0] and edit_distance(word, w) == 1
    ]
    if not near and len(word) >= _LONG:
        near = [
            w for w in sorted(right) if abs(len(w) - len(word)) <= 2 and w[0] == word[0] and edit_distance(word, w) == 2
        ]
    return near[0] if len(near) == 1 else word


def edit_distance(one: str, two: str) -> int:
    """Edit distance: letters to change, add, drop or swap with their neighbour (optimal string alignment)."""
    rows = [list(range(len(two) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(two, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
