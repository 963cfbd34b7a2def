"""Text that speaks to a machine instead of about a program. It is told, and never taken for a reason."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

LONGEST = 8_000  # characters of one line that are looked at
# Zero-width and direction marks: they hide words from people, or show them in another order than a program reads them.
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in (
        (
            "an order to forget instructions",
            r"(?:ignore|disregard|forget|override)[\s_-]+(?:all |any |the |your )?"
            r"[\s_-]*(?:previous|prior|above|earlier|rules|instructions)",
        ),
        (
            "a role it gives itself",
            r"(?:^|[\s'\">.;])(?-i:SYSTEM|ASSISTANT|DEVELOPER)\s*:\s*\w+\s|(?:^|['\">])(?:system|assistant|developer)\s*:\s*(?:you|please|ignore|mark|say|report)\b"
            r"|</?(?:system|evidence|assistant|instructions?|tool_result)>|<\|im_(?:start|end)\|>|\[/?INST\]",
        ),
        (
            "an address to a model",
            r"\b(?:AI assistant|language model|LLM|on-?call agent|note to (?:the )?(?:ai|agent|llm|model)"
            r"|you are (?:now )?(?:an? )?(?:ai|assistant))\b",
        ),
        (
            "an order about the verdict",
            r"(?:mark|report|declare|treat)\b[^\n]{0,40}\b(?:as )?(?:resolved|healthy|root[\s_-]cause)\b|\bdo not (?:mention|report)\b",
        ),
        ("a command to run from the network", r"\b(?:curl|wget)\b[^\n|]{0,120}\|\s*(?:sudo )?(?:ba|z|da)?sh\b"),
        ("a destructive command", r"\bkubectl\s+delete\b|\brm -rf\s+/|\bdrop\s+table\b"),
        ("a request for a secret", r"\b(?:print|reveal|leak)\b[^\n]{0,30}\b(?:api[_ -]?key|credentials|system prompt|\w+_API_KEY)\b"),
    )
)
# In the order of _SIGNS: texts of which one must occur (lower case) before the expression is tried. Most logs have none of them.
_HINTS: tuple[tuple[str, ...], ...] = (
    ("ignor", "disregard", "forget", "overrid"),
    ("system", "assistant", "developer", "evidence>", "instruction", "tool_result", "|im_", "inst]"),
    ("ai assistant", "language model", "llm", "call agent", "note to", "you are"),
    ("resolved", "healthy", "root", "do not"),
    ("curl", "wget"),
    ("kubectl", "rm -rf", "table"),
    ("api", "credential", "system prompt"),
)
_Signs = Sequence[tuple[str, re.Pattern[str]]]


def suspicious(text: str) -> tuple[str, ...]:
    """What is suspicious about a line, in words; empty for nearly every line."""
    text = text[:LONGEST]
    return _reasons(text, _possible(text))


def instructions(text: str) -> Iterator[str]:
    """The suspicious lines of a text, oldest first; what occurs nowhere in it is not looked for line by line."""
    signs = _possible(text)
    if signs or not text.isascii():
        yield from (line for line in text.splitlines() if _reasons(line[:LONGEST], signs))


def _possible(text: str) -> _Signs:
    lower = (text if text.isascii() else clean(text)).lower()
    return [sign for sign, hints in zip(_SIGNS, _HINTS, strict=True) if any(hint in lower for hint in hints)]


def _reasons(text: str, signs: _Signs) -> tuple[str, ...]:
    hidden = not text.isascii() and _HIDDEN.search(text) is not None
    plain = clean(text) if hidden else text
    found = tuple(what for what, sign in signs if sign.search(plain))
    return (*found, "hidden characters") if hidden else found


def clean(text: str) -> str:
    """The text without what a reader would not see: colours, control signs, hidden and direction marks."""
    text = _CONTROL.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", _HIDDEN.sub("", text))
