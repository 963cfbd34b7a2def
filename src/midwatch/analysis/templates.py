"""Groups log lines that differ only in numbers, ids and names into templates, by Drain (He et al., 2017)."""

import re

_ALIKE = 0.7  # share of words two messages of one length must have in common to be one template
_MOST = 400  # templates held; a log with more has no repetitions
_LONGEST = 60  # words compared
_SHORT = 8  # words; in a short message one word is the whole difference
_VARIES = re.compile(r"\d|^0x|^[\"'].*[\"']$|^/")
_PARTS = re.compile(r"[\s,;=()\[\]{}]+")


class Templates:
    """Assigns each message the number of its group; a message without a similar one opens a group."""

    def __init__(self) -> None:
        self._groups: dict[tuple[int, str], list[tuple[int, list[str]]]] = {}
        self._known: dict[tuple[str, ...], int] = {}
        self._count = 0

    def group(self, message: str) -> int:
        words = [_masked(word) for word in _PARTS.split(message.strip())[:_LONGEST]]
        key = tuple(words)
        if key not in self._known:
            self._known[key] = self._near(words)
        return self._known[key]

    def _near(self, words: list[str]) -> int:
        """Group of a similar message: of the same length, with the same first or second word; the rest may differ in
        part."""
        shelf = self._groups.setdefault((len(words), words[1] if len(words) > 6 else words[0]), [])
        for number, pattern in shelf if len(words) > _SHORT else ():
            same = sum(a == b for a, b in zip(words, pattern, strict=True))
            if same >= _ALIKE * len(words):
                return number
        if self._count < _MOST:
            shelf.append((self._count, words))
        self._count += 1
        return self._count - 1


def _masked(word: str) -> str:
    return "#" if _VARIES.search(word) else word
