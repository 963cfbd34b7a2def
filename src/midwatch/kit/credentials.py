"""The credentials that Midwatch itself uses, as exact values, so that no output can repeat one: not an error of a
vendor that echoes our header, not a log. They are noted where they are read, stay in memory, and are known in the forms
in which others write them."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections import OrderedDict
from threading import Lock
from urllib.parse import quote, quote_plus, unquote, urlsplit

MARK = "[REDACTED:own-credential]"
SHORTEST = 6  # characters; what is shorter would be found in ordinary words
PLAIN = 12  # characters; a shorter value of letters only (`postgres`) is a word, which evidence is full of
KEPT = 256  # values; tokens are renewed every some minutes for as long as a server runs

_lock = Lock()
_forms: "OrderedDict[str, tuple[str, ...]]" = OrderedDict()
_spelled: tuple[str, ...] = ()


def note_credential(value: str | None) -> None:
    """From now on this value is cut out of everything that leaves."""
    global _spelled
    secret = (value or "").strip()
    if len(secret) < SHORTEST or secret in _forms or (secret.isalpha() and len(secret) < PLAIN):
        return
    with _lock:
        _forms[secret] = _written(secret)
        while len(_forms) > KEPT:
            _forms.popitem(last=False)
        _spelled = tuple(sorted({form for forms in _forms.values() for form in forms}, key=len, reverse=True))


def note_login(user: str, password: str) -> None:
    """A password, also as basic authentication writes it."""
    note_credential(password)
    if len(password) >= SHORTEST:
        note_credential(b64encode(f"{user}:{password}".encode()).decode())


def note_address(url: str) -> None:
    """The password in an address."""
    try:
        parts = urlsplit(url)
        if parts.password:
            note_login(unquote(parts.username or ""), unquote(parts.password))
    except ValueError:  # no address: whoever uses it says so
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


def _written(secret: str) -> tuple[str, ...]:
    """As it is, in base64 (its end depends on what follows, so that is left out), quoted for an address, and escaped in
    JSON."""
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
