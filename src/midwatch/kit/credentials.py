"""Midwatch's own credentials as exact values, so that no output can repeat one: not an error of a vendor that echoes
our header, not a log. They are registered where they are read, stay in memory, and are matched in the forms in which
others write them."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections import OrderedDict
from threading import Lock
from urllib.parse import quote, quote_plus, unquote, urlsplit

MARK = "[REDACTED:own-credential]"
SHORTEST = 6  # characters; shorter values occur in ordinary words
PLAIN = 12  # characters; a shorter value of letters only (`postgres`) is a word, frequent in evidence
KEPT = 256  # values; tokens are renewed every some minutes for as long as a server runs

_lock = Lock()
_forms: "OrderedDict[str, tuple[str, ...]]" = OrderedDict()
_spelled: tuple[str, ...] = ()


def note_credential(value: str | None) -> None:
    """Registers a value: it is cut out of all output from now on."""
    global _spelled
    secret = (value or "").strip()
    if len(secret) < SHORTEST or secret in _forms or (secret.isalpha() and len(secret) < PLAIN):
        return
    with _lock:
        _forms[secret] = _spellings(secret)
        while len(_forms) > KEPT:
            _forms.popitem(last=False)
        _spelled = tuple(sorted({form for forms in _forms.values() for form in forms}, key=len, reverse=True))


def note_login(user: str, password: str) -> None:
    """Registers a password, also in the form of basic authentication."""
    note_credential(password)
    if len(password) >= SHORTEST:
        note_credential(b64encode(f"{user}:{password}".encode()).decode())


def note_address(url: str) -> None:
    """Registers the password in an address."""
    try:
        parts = urlsplit(url)
        if parts.password:
            note_login(unquote(parts.username or ""), unquote(parts.password))
    except ValueError:  # no address: reported where it is used
        return


def cut_credentials(text: str) -> str:
    for form in _spelled:
        if form in text:
            text = text.replace(form, MARK)
    return text


def cut_credentials_of(body: bytes) -> bytes:
    for form in _spelled:
        if (found := form.encode()) in body:
            body = body.replace(found, MARK.encode())
    return body


def _spellings(secret: str) -> tuple[str, ...]:
    """Spellings of a secret: as it is, in base64 (its end depends on the following bytes, so that is left out), quoted
    for an address, and escaped in JSON."""
    raw = secret.encode()
    encoded = (encode(raw).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode))
    lines = (
        line for line in secret.splitlines() if len(line) >= 40 and "-----" not in line
    )  # of a key: any of its lines alone
    forms = (
        secret,
        *encoded,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        *lines,
    )
    return tuple(dict.fromkeys(form for form in forms if len(form) >= SHORTEST))
