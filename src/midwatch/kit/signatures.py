"""Signature checks with a shared secret. Always over raw bytes, in constant time."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

WINDOW = timedelta(
    minutes=5
)  # how far a signed time may be from ours: Slack's and Stripe's figure, enough for a slow retry


def sign(secret: str, *parts: bytes) -> str:
    """HMAC-SHA256 over the concatenated parts; lower-case hex."""
    digest = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def is_signed(given: Iterable[str], secrets: Iterable[str], *parts: bytes) -> bool:
    """Whether one of the given signatures was made with one of the secrets; a blank secret proves nothing."""
    return same_any(given, [sign(secret, *parts) for secret in secrets if secret.strip()])


def same_any(given: Iterable[str], known: Iterable[str]) -> bool:
    """Whether a given text equals one of the expected ones. Every pair is compared, in constant time. Blanks prove
    nothing."""
    wanted = [k.encode(errors="surrogatepass") for k in known if k.strip()]
    found = False
    for text in given:
        raw = text.encode(errors="surrogatepass")
        for one in wanted:
            found |= hmac.compare_digest(raw, one)
    return found


def credential(authorization: str) -> str:
    """The bearer token, or the password of basic authentication; "" when the header holds neither."""
    scheme, _, rest = authorization.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            return _password(rest.strip())
        case _:
            return ""


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def fresh(seconds: str, now: datetime, window: timedelta = WINDOW) -> bool:
    """Whether the moment, in whole seconds since 1970, is within the window around now."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12):
        return False
    return abs(now.timestamp() - int(seconds)) <= window.total_seconds()
