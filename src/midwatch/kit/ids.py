"""Ids that sort by time and say what they are: `inc_01jd…` (a ULID in Crockford's base 32, lower case)."""

import secrets
from datetime import datetime

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str, now: datetime) -> str:
    """48 bits of milliseconds, 80 random bits."""
    number = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    return prefix + "_" + "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))
