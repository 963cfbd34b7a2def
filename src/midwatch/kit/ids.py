"""Ids that sort by time and carry their type: `inc_01jd…` (a ULID in Crockford's base 32, lower case)."""

import secrets
from datetime import datetime
from hashlib import sha256

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str, now: datetime) -> str:
    """A new id of 48 bits of milliseconds and 80 random bits."""
    return _encode(prefix, now, secrets.randbits(80))


def repeatable_id(prefix: str, at: datetime, name: str) -> str:
    """A deterministic id: equal for equal time and name."""
    return _encode(prefix, at, int.from_bytes(sha256(name.encode()).digest()[:10]))


def _encode(prefix: str, at: datetime, rest: int) -> str:
    number = int(at.timestamp() * 1000) << 80 | rest
    return prefix + "_" + "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))
