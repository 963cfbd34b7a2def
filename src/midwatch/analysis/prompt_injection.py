"""Possible prompt injection: instructions to a language model in a log or alert. Reported, never used as a cause."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

LONGEST = 8_000  # characters of one line that are searched
# Zero-width and direction marks: they hide words from people, or show them in another order than a program reads them.
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _Sign(NamedTuple):
    """One sign of prompt injection. `hints` are texts (lower case) of which one must occur before the expression is
    tried. Most logs have none of them."""

    what: str
    expression: re.Pattern[str]
    hints: tuple[str, ...]


_SIGNS = tuple(
    _Sign(what, re.compile(pattern, re.IGNORECASE), hints)
    for what, hints, pattern in (
        (
            "an order to forget instructions",
            ("ignor", "disregard", "forget", "overrid"),
            r"(?:ignore|disregard|forget|override)[\s_-]++(?:(?:all|any|the|your) [\s_-]*+)?"
            r"(?:previous|prior|above|earlier|rules|instructions)",
        ),
        (
            "a role it gives itself",
            ("system", "assistant", "developer", "evidence>", "instruction", "tool_result", "|im_", "inst]"),
            r"(?:^|[\s'\">.;])(?-i:SYSTEM|ASSISTANT|DEVELOPER)\s*:\s*\w+\s|(?:^|['\">])(?:system|assistant|developer)\s*:\s*(?:you|please|ignore|mark|say|report)\b"
            r"|</?(?:system|evidence|assistant|instructions?|tool_result)>|<\|im_(?:start|end)\|>|\[/?INST\]",
        ),
        (
            "an address to a model",
            ("ai assistant", "language model", "llm", "call agent", "note to", "you are"),
            r"\b(?:AI assistant|language model|LLM|on-?call agent|note to (?:the )?(?:ai|agent|llm|model)"
            r"|you are (?:now )?(?:an? )?(?:ai|assistant))\b",
        ),
        (
            "an order about the verdict",
            ("resolved", "healthy", "root", "do not"),
            r"(?:mark|report|declare|treat)\b[^\n]{0,40}\b(?:as )?(?:resolved|healthy|root[\s_-]cause)\b|\bdo not "
            r"(?:mention|report)\b",
        ),
        (
            "a command to run from the network",
            ("curl", "wget"),
            r"\b(?:curl|wget)\b[^\n|]{0,120}\|\s*(?:sudo )?(?:ba|z|da)?sh\b",
        ),
        (
            "a destructive command",
            ("kubectl", "rm -rf", "table"),
            r"\bkubectl\s+delete\b|\brm -rf\s+/|\bdrop\s+table\b",
        ),
        (
            "a request for a secret",
            ("api", "credential", "system prompt"),
            r"\b(?:print|reveal|leak)\b[^\n]{0,30}\b(?:api[_ -]?key|credentials|system prompt|\w+_API_KEY)\b",
        ),
    )
)


def suspicious(text: str) -> tuple[str, ...]:
    """Signs of prompt injection in a line, in words; empty for nearly every line."""
    text = text[:LONGEST]
    return _reasons(text, _possible(text))


def suspicion(text: str) -> Callable[[str], bool]:
    """`suspicious` for the lines of one text; signs that do not occur in the text are not searched in each line."""
    signs = _possible(text) if text.isascii() else _SIGNS
    if not signs:
        return lambda _: False
    return lambda line: bool(_reasons(line[:LONGEST], _possible(line[:LONGEST], signs)))


def instructions(text: str) -> Iterator[str]:
    """Suspicious lines of a text, oldest first; signs that do not occur in the text are not searched line by line."""
    signs = _possible(text)
    if signs or not text.isascii():
        for line in text.splitlines():
            seen = line[:LONGEST]
            if _reasons(seen, _possible(seen, signs) if seen.isascii() else signs):
                yield line


def _possible(text: str, among: Sequence[_Sign] = _SIGNS) -> Sequence[_Sign]:
    lower = (text if text.isascii() else clean(text)).lower()
    return [sign for sign in among if any(hint in lower for hint in sign.hints)]


def _reasons(text: str, signs: Sequence[_Sign]) -> tuple[str, ...]:
    hidden = not text.isascii() and _HIDDEN.search(text) is not None
    plain = clean(text) if hidden else text
    found = tuple(sign.what for sign in signs if sign.expression.search(plain))
    return (*found, "hidden characters") if hidden else found


def clean(text: str) -> str:
    """The text without invisible content: colours, control characters, hidden and direction marks."""
    text = _CONTROL.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", _HIDDEN.sub("", text))
