"""Text that speaks to a machine instead of about a program. It is told, and never taken for a reason."""

import re

_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in (
        (
            "an order to forget instructions",
            r"(?:ignore|disregard|forget)[\s_-]+(?:all |any |the )?[\s_-]*(?:previous|prior|above|earlier|rules|instructions)",
        ),
        (
            "a role it gives itself",
            r"(?:^|[\s'\">])(?:system|assistant|developer)\s*:\s*\S|</?(?:system|evidence|assistant|instructions?)>",
        ),
        (
            "an address to a model",
            r"\b(?:AI assistant|language model|LLM|on-?call agent|note to (?:ai|agent|llm)|you are (?:an? )?(?:ai|assistant))\b",
        ),
        ("an order about the verdict", r"(?:mark|report|declare|treat)\b[^\n]{0,40}\b(?:as )?(?:resolved|healthy|root[\s_-]cause)\b"),
        ("a command to run from the network", r"\b(?:curl|wget)\b[^\n|]{0,120}\|\s*(?:ba)?sh\b"),
        ("a destructive command", r"\bkubectl\s+delete\b|\brm\s+-rf\s+/|\bdrop\s+table\b"),
        ("hidden characters", "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"),
    )
)


def suspicious(text: str) -> tuple[str, ...]:
    """What is suspicious about a line, in words; empty for nearly every line."""
    return tuple(what for what, sign in _SIGNS if sign.search(text))
