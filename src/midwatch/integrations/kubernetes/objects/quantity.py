"""Kubernetes quantities ("250m", "1Gi", "2e3") as plain numbers."""

import re
from functools import lru_cache

_DECIMAL = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_SUFFIX = _DECIMAL | {f"{p}i": 1024.0**n for n, p in enumerate("KMGTPE", 1)}
_QUANTITY = re.compile(r"([+-]?(?:\d++(?:\.\d++)?|\.\d++)(?:[eE][+-]?\d+)?)([numkMGTPE]?i?|Ki)$")


def amount(quantity: str | float | None) -> float:
    """Cores, bytes or pieces; 0.0 for nothing or for text that is no quantity."""
    if quantity is None or isinstance(quantity, int | float):
        return float(quantity or 0)
    return _parsed(quantity)


@lru_cache(maxsize=4096)  # thousands of pods request the same few amounts
def _parsed(quantity: str) -> float:
    match = _QUANTITY.fullmatch(quantity.strip())
    return float(match[1]) * _SUFFIX.get(match[2], 0.0) if match else 0.0
